import { expect, test } from "vitest";
import { NoWorkProcess } from "../../../backend/worker/packs/isolation/no-work-process.ts";
import { createProcessPool, POOL_LIMITS } from "../../../backend/worker/packs/isolation/process-pool.ts";
import type { WorkProcess } from "../../../backend/worker/packs/isolation/work-process.ts";

const signal = new AbortController().signal;
const processThat = (ended: boolean): WorkProcess<string, string> => ({
  ended,
  work: async (request) => ({ kind: "ok", answer: request }),
  end: () => Promise.resolve(),
});

test("a process that could not be started is told apart from work that failed, and its place is free again", async () => {
  const started = [processThat(true), processThat(true), processThat(false)];
  const pool = createProcessPool(() => started.shift() ?? processThat(true), { ...POOL_LIMITS, processes: 1 });
  await expect(pool("first", signal)).rejects.toBeInstanceOf(NoWorkProcess);
  await expect(pool("second", signal)).rejects.toBeInstanceOf(NoWorkProcess);
  expect(await pool("third", signal)).toEqual({ kind: "ok", answer: "third" });
});
