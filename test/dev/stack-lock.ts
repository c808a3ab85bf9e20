import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processes } from "./processes.ts";

/** The file in a state directory. */
export const LOCK = "stack.lock";

interface Holder {
  pid: number;
  startedAt: number;
}

const self: Holder = { pid: process.pid, startedAt: performance.timeOrigin };

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

// A pid alone proves nothing: containers hand out the same small numbers at every start.
function isAlive(holder: Holder): boolean {
  if (holder.pid === self.pid) return holder.startedAt === self.startedAt;
  return processes().some(({ pid, command }) => pid === holder.pid && /node|vitest/.test(command));
}

/** Makes sure that only one stack runs from a state directory; returns the release. */
export function lockStateDir(stateDir: string): () => void {
  // The database's own user must pass through; nobody else may look.
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  const file = join(stateDir, LOCK);
  const holder = holderOf(file);
  if (holder && isAlive(holder)) throw new Error(`a stack already runs from ${stateDir} (pid ${holder.pid})`);
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(self), { flag: "wx" });
  return () => rmSync(file, { force: true });
}
