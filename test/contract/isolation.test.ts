import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PackOutcome } from "#core/domain/pack.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { resultOf } from "../../backend/worker/packs/isolation/result-of.ts";
import { createOutcomePool } from "../../backend/worker/packs/isolation/outcome-pool.ts";
import { createProcessPool, POOL_LIMITS } from "../../backend/worker/packs/isolation/process-pool.ts";
import { startWorkProcess } from "../../backend/worker/packs/isolation/work-process.ts";
import type { PackContext } from "../../backend/worker/packs/pack.ts";
import type { Deed } from "./support/hostile/work-process.ts";
import { turn } from "../unit/packs/decision-fixture.ts";
import { done, hang, packOf, type RunHarness, runHarness, TIMES, untilAborted } from "./support/run-harness.ts";

const SCRIPT = new URL("./support/hostile/work-process.ts", import.meta.url);
const MEMORY = { heap_mb: 64, resident_mb: 300 };
const TIMEBOX_SEC = 77;
const asker = { signal: new AbortController().signal, turn };

const isolated = createProcessPool("test", () => startWorkProcess<{ deed: Deed }, unknown>(SCRIPT, MEMORY), {
  ...POOL_LIMITS,
  processes: 2,
});

const unwritable = createOutcomePool<{ readonly value: unknown }>(
  "test",
  new URL("./support/hostile/unwritable-process.ts", import.meta.url),
  MEMORY,
);

/** A pack whose work is done as the product's heavy packs do theirs. */
const heavyPack = (deed: Deed) =>
  packOf(async (context: PackContext) => done(resultOf(await isolated({ deed }, context), "the work")));

/** Passes the timebox, which a process that loads its code may have stopped, when it is told to and no other time. */
function timebox() {
  const passed = Promise.withResolvers<void>();
  const sleeper: Sleeper = {
    sleep: (ms, until) => (ms > 60_000 ? passed.promise : untilAborted(until)),
  };
  return { sleeper, pass: passed.resolve };
}

describe("a worker among hostile packs", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const failed = (reason_code: string) => ({ status: "FAILED", reason_code, charged_micros: "5000" });

  test.each([
    "fills_the_heap",
    "fills_buffers",
    "exits",
    "recurses",
    "throws_null",
    "throws_what_cannot_be_described",
    "throws_later",
    "rejects_later",
    "writes_a_file",
    "starts_a_process",
  ] as const)("work that %s in its process fails its run alone, at the minimum fee", async (deed) => {
    const [hostile, neighbour] = await Promise.all([h.submit(), h.submit()]);
    await Promise.all([
      h.work(hostile, { packs: heavyPack(deed) }),
      h.work(neighbour, { packs: heavyPack("answers") }),
    ]);
    expect(await h.run(hostile)).toMatchObject(failed("PACK_CRASHED"));
    expect(await h.run(neighbour)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
  });

  test("work whose process is killed from outside is tried as often as attempts allow, and costs nothing", async () => {
    const hostile = await h.submit();
    for (let attempt = 1; attempt < TIMES.max_attempts; attempt++) {
      await h.work(hostile, { packs: heavyPack("kills_itself") });
      expect(await h.run(hostile)).toMatchObject({
        status: "QUEUED",
        attempt,
        uncounted_requeues: 0,
        lease_token: null,
      });
    }
    expect(h.queueCalls.sent.some((body) => body.includes(hostile))).toBe(false);
    await h.work(hostile, { packs: heavyPack("kills_itself") });
    const lost = { status: "FAILED", reason_code: "WORK_PROCESS_LOST", charged_micros: "0", money_state: "REFUNDED" };
    expect(await h.run(hostile)).toMatchObject({ ...lost, attempt: TIMES.max_attempts });
  });

  test("an attempt whose process was killed is followed by one that succeeds, at its price", async () => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: heavyPack("kills_itself") });
    await h.work(run_id, { packs: heavyPack("answers") });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", attempt: 2, charged_micros: "1000" });
  });

  test("data that a pack's process cannot write fail its run for nothing: the pack is ours", async () => {
    const run_id = await h.submit();
    const packs = packOf(async (context) => resultOf(await unwritable({ value: "not JSON" }, context), "the work"));
    await h.work(run_id, { packs });
    const failure = { status: "FAILED", reason_code: "RESULT_INVALID", charged_micros: "0" };
    expect(await h.run(run_id)).toMatchObject(failure);
  });

  test.each(["hangs", "spins"] as const)("work that %s in its process ends at its timebox", async (deed) => {
    const { sleeper, pass } = timebox();
    const hostile = await h.submit({ timebox_sec: TIMEBOX_SEC });
    const working = h.work(hostile, { packs: heavyPack(deed), sleeper });
    for (let turn = 0; turn < 3; turn++) {
      const neighbour = await h.submit();
      await h.work(neighbour, { packs: heavyPack("answers") });
      expect(await h.run(neighbour)).toMatchObject({ status: "COMPLETED" });
    }
    pass();
    await working;
    expect(await h.run(hostile)).toMatchObject(failed("TIMEBOX_EXCEEDED"));
    // Its process is gone, so that both places are free again.
    const both = await Promise.all([isolated({ deed: "answers" }, asker), isolated({ deed: "answers" }, asker)]);
    expect(both).toEqual([
      { kind: "ok", result: "sound" },
      { kind: "ok", result: "sound" },
    ]);
  });

  const here: readonly [string, () => unknown][] = [
    [
      "throws at once",
      () => {
        throw new Error("at once");
      },
    ],
    [
      "throws null",
      () => {
        throw null;
      },
    ],
    ["rejects with undefined", () => Promise.reject(undefined)],
    ["rejects with what cannot be described", () => Promise.reject(Object.create(null))],
  ];

  test.each(here)("a pack that %s fails its run at the minimum fee", async (_, answer) => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: packOf(() => answer() as Promise<PackOutcome>) });
    expect(await h.run(run_id)).toMatchObject(failed("PACK_CRASHED"));
  });

  test.each<readonly [string, () => unknown]>([
    ["answers nothing", () => undefined],
    ["answers null", () => Promise.resolve(null)],
    ["answers an unknown kind", () => Promise.resolve({ kind: "gone" })],
    ["answers without units", () => Promise.resolve({ kind: "done", data: {}, artifacts: [], reliability: 1 })],
  ])("a pack that %s fails its run for nothing: the pack is ours", async (_, answer) => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: packOf(() => answer() as Promise<PackOutcome>) });
    const failure = { status: "FAILED", reason_code: "RESULT_INVALID", charged_micros: "0" };
    expect(await h.run(run_id)).toMatchObject(failure);
  });

  test("a pack that hangs here ends at its timebox, and neighbours end before it", async () => {
    const { sleeper, pass } = timebox();
    const hostile = await h.submit({ timebox_sec: TIMEBOX_SEC });
    const working = h.work(hostile, { packs: packOf(hang), sleeper });
    const neighbour = await h.submit();
    await h.work(neighbour, { packs: heavyPack("answers") });
    expect(await h.run(neighbour)).toMatchObject({ status: "COMPLETED" });
    pass();
    await working;
    expect(await h.run(hostile)).toMatchObject(failed("TIMEBOX_EXCEEDED"));
  });
});

describe("a process for work", () => {
  test("sees nothing of the worker's environment", async () => {
    expect(await isolated({ deed: "reads_the_environment" }, asker)).toEqual({ kind: "ok", result: [] });
  });

  test("goes on with its work when a supervisor tells all processes to stop", async () => {
    expect(await isolated({ deed: "is_sent_signals" }, asker)).toEqual({ kind: "ok", result: "sound" });
  });

  test("is refused reading what is not code, writing files and starting processes", async () => {
    for (const deed of ["reads_its_parent", "writes_a_file", "starts_a_process"] as const) {
      expect(await isolated({ deed }, asker)).toMatchObject({ kind: "failed", reason: "Error" });
    }
    expect(existsSync(new URL("./support/hostile/left-behind", import.meta.url))).toBe(false);
  });

  test.each(["fills_the_heap", "fills_buffers"] as const)("that %s has run out of memory", async (deed) => {
    expect(await isolated({ deed }, asker)).toMatchObject({ kind: "failed", reason: "out-of-memory" });
  });
});

test("a process that could not be started, for want of files, is nobody's to work in later", async () => {
  const script = fileURLToPath(new URL("./support/hostile/crowded-process.ts", import.meta.url));
  const loader = fileURLToPath(new URL("../../backend/text-loader.ts", import.meta.url));
  const few = ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--import", loader, script];
  const { stdout } = await promisify(execFile)("/bin/sh", few);
  expect(JSON.parse(stdout)).toEqual(["NotBegun", { kind: "ok", result: "sound" }]);
});

test("what packs leave behind in the worker's own process fails their runs, and no neighbour's", async () => {
  const script = fileURLToPath(new URL("./support/hostile/unhandled-process.ts", import.meta.url));
  const loader = fileURLToPath(new URL("../../backend/text-loader.ts", import.meta.url));
  const child = fork(script, { execArgv: ["--import", loader] });
  const [[ended], [code]] = await Promise.all([once(child, "message"), once(child, "exit")]);
  const crashed = { kind: "pack_failed", reason_code: "PACK_CRASHED" };
  expect(ended).toMatchObject({
    "a rejection of undefined": crashed,
    "a throwing timer": crashed,
    "a throwing microtask": crashed,
    "a throwing tick of null": crashed,
    neighbour: '{"answer":42}',
  });
  expect(code).toBe(0);
});
