import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileOf } from "../referees/tools.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, whatever that is. */
export async function outcomeOf(
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly input?: string } = {},
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code === null) throw new Error(`${program} was ended by ${String(signal)}: ${err}`);
  return { code, out, err };
}

/** What a program printed. Throws with all that it said unless it succeeded. */
export async function run(...[program, args, options]: Parameters<typeof outcomeOf>): Promise<string> {
  const { code, out, err } = await outcomeOf(program, args, options);
  if (code === 0) return out;
  throw new Error(
    `${program} ${args.slice(0, 6).join(" ")} ended with ${code}:\n${err.slice(-3_000)}${out.slice(-3_000)}`,
  );
}

/** Where each program is. Throws with the names of those that this machine has not. */
export function needed(...names: readonly string[]): void {
  const missing = names.filter((name) => fileOf(name) === undefined);
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(", ")} (see .ci/run)`);
}

/** Only ever waited for when something is wrong, or the machine is very busy. */
const LIMIT_MS = 600_000;
const INTERVAL_MS = 100;

/** Asks again until the answer is as wanted, and returns it. Throws with the last one after ten minutes. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + LIMIT_MS; ; await sleep(INTERVAL_MS)) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${LIMIT_MS / 1_000} s`);
  }
}
