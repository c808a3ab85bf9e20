import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Server {
  /** What it has printed. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a program of the machine that serves until it is told to stop; its lines go to a file. */
export function startServer(
  dir: string,
  name: string,
  [program, ...args]: readonly [string, ...string[]],
  stopSignal: NodeJS.Signals = "SIGTERM",
): Server {
  const file = join(dir, `${name}.log`);
  const output = createWriteStream(file);
  // In a group of its own, so that Ctrl-C leaves it to the one that started it.
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  // Not "exit": what it printed last comes afterwards.
  const ended = once(child, "close");
  ended.catch(() => undefined);
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  return {
    log: () => readFileSync(file, "utf8"),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill(stopSignal);
      await ended;
      output.end();
    },
  };
}
