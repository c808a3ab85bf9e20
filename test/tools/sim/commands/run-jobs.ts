import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JobSpec, Tally } from "../job.ts";

const LOADER = fileURLToPath(new URL("../../../../backend/text-loader.ts", import.meta.url));
const MUTANT_LOADER = fileURLToPath(new URL("../mutants/loader.ts", import.meta.url));
const JOB = fileURLToPath(new URL("job-process.ts", import.meta.url));

interface Report {
  readonly kind: "progress" | "done";
  readonly tally: Omit<Tally, "met"> & { readonly met: readonly string[] };
}

/** Runs one job in a process of its own, which loads the product anew: with a mutant's text where one is named. */
export function runJob(spec: JobSpec, onReport: (tally: Tally) => void): Promise<void> {
  const child = fork(JOB, {
    execArgv: ["--import", LOADER, ...(spec.mutant === undefined ? [] : ["--import", MUTANT_LOADER])],
    env: { ...process.env, ...(spec.mutant === undefined ? {} : { DPP_SIM_MUTANT: spec.mutant }) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.send(spec);
  child.on("message", (message) => {
    const { tally } = message as Report;
    onReport({ ...tally, met: new Set(tally.met) });
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a job ended with ${code ?? "a signal"}`)),
    );
  });
}

/** Does all of the work, so many at once; each is given the slot in which it runs. */
export async function inSlots<T>(
  slots: number,
  work: readonly T[],
  run: (item: T, slot: number) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  await Promise.all(
    Array.from({ length: slots }, async (_, slot) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await run(item, slot);
    }),
  );
}
