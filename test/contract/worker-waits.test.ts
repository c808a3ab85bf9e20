import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { createOffThread, SMALL } from "../../backend/worker/off-thread/off-thread.ts";
import { NotBegun } from "../../backend/worker/packs/isolation/work-process.ts";
import type { PackContext } from "../../backend/worker/packs/pack.ts";
import { virtualTime } from "../unit/virtual-time.ts";
import { done, hang, packOf, type RunHarness, runHarness, stillClock, untilAborted } from "./support/run-harness.ts";

const LONGEST_WAIT_MS = 60_000;
const LAST_WAIT_MS = 86_400_000;
const MINIMUM_FEE = "5000";

/** A pack that waits for a process which others hold, and never gets one. */
const waiting = () => packOf(({ turn }: PackContext) => turn.wait(hang()));

/** A wait of a second, between two tries. */
const SHORT_MS = 1_000;

/** Short waits and the longest wait for a process are over at once; nothing else ends, but for other waits that are named. */
function impatient(...waits_ms: readonly number[]) {
  const asked: number[] = [];
  const sleeper: Sleeper = {
    sleep: (ms, until) => {
      asked.push(ms);
      if (ms < SHORT_MS || [LONGEST_WAIT_MS, ...waits_ms].includes(ms)) return Promise.resolve();
      return untilAborted(until);
    },
  };
  return { asked, sleeper };
}

describe("a run that waits its turn for a process", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const signals = (run_id: string) => h.queueCalls.sent.filter((body) => body.includes(run_id)).length;

  test("goes back when it waited too long: queued and signaled, not counted, not charged", async () => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: waiting(), sleeper: impatient().sleeper });
    expect(await h.run(run_id)).toMatchObject({
      status: "QUEUED",
      money_state: "RESERVED",
      attempt: 1,
      uncounted_requeues: 1,
      lease_token: null,
    });
    expect(signals(run_id)).toBe(1);
    expect(h.queueCalls.deleted).toContain(run_id);
    await h.work(run_id, { packs: packOf(async () => done({})) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", attempt: 2, charged_micros: "1000" });
  });

  test("goes back three times, then waits for its turn under its lease, and is charged for its work alone", async () => {
    const run_id = await h.submit();
    for (let turn = 1; turn <= 3; turn++) {
      await h.work(run_id, { packs: waiting(), sleeper: impatient().sleeper });
      expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: turn, charged_micros: null });
    }
    const { asked, sleeper } = impatient();
    const [entered, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const packs = packOf(async ({ turn }) => {
      const queued = turn.wait(free.promise);
      entered.resolve();
      await queued;
      return done({});
    });
    const working = h.work(run_id, { packs, sleeper });
    await entered.promise;
    expect(asked).toContain(LAST_WAIT_MS);
    expect(asked).not.toContain(LONGEST_WAIT_MS);
    // A worker that is told to stop could still hand it back.
    expect(await h.run(run_id)).toMatchObject({ status: "PROCESSING", uncounted_requeues: 3 });
    free.resolve();
    await working;
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
  });

  test("fails for nothing when a day later no process was given to it", async () => {
    const run_id = await h.submit();
    const before = await h.balance();
    for (let turn = 1; turn <= 4; turn++) {
      await h.work(run_id, { packs: waiting(), sleeper: impatient(LAST_WAIT_MS).sleeper });
    }
    const failed = { status: "FAILED", reason_code: "NO_WORK_PROCESS", charged_micros: "0", money_state: "REFUNDED" };
    expect(await h.run(run_id)).toMatchObject({ ...failed, attempt: 4, uncounted_requeues: 3 });
    expect(await h.balance()).toMatchObject({ charged: before["charged"] });
    expect(h.queueCalls.deleted.filter((handle) => handle === run_id)).toHaveLength(4);
  });

  test("goes back without a signal, to wait for the sweep's, where no process can be started", async () => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: packOf(() => Promise.reject(new NotBegun("exit"))) });
    expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: 1, charged_micros: null });
    expect(signals(run_id)).toBe(0);
    expect(h.queueCalls.deleted).toContain(run_id);
  });

  test("is signaled once when the reply to its requeue-uncounted was lost", async () => {
    const run_id = await h.submit();
    const real = h.deps({});
    let tries = 0;
    const db: typeof real.db = {
      query: async (statement, values) => {
        const rows = await real.db.query(statement, values);
        if (statement.name === "requeue-uncounted" && tries++ === 0)
          throw new Outage("database", new Error("the reply was lost"));
        return rows;
      },
    };
    await h.work(run_id, { db, packs: waiting(), sleeper: impatient().sleeper });
    expect(tries).toBe(2);
    expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: 1 });
    expect(signals(run_id)).toBe(1);
  });

  test("has its whole timebox left when its turn comes, and its lease reaches as far", async () => {
    const run_id = await h.submit({ timebox_sec: 5 });
    const time = virtualTime();
    const beats: unknown[] = [];
    const real = h.deps({});
    const db: typeof real.db = {
      query: (statement, values) => {
        if (statement.name === "extend-lease") beats.push(values[3]);
        return real.db.query(statement, values);
      },
    };
    const packs = packOf(async ({ turn }) => {
      await turn.wait(time.pass(45_000));
      await time.pass(4_999);
      return done({});
    });
    await h.work(run_id, { db, packs, clock: time.clock, sleeper: time.sleeper });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
    // One lease of grace, 120 s, and what it had waited by then.
    expect(beats).toEqual([150]);
  });

  test("fails when its work, after the wait, takes longer than its timebox", async () => {
    const run_id = await h.submit({ timebox_sec: 5 });
    const time = virtualTime();
    const packs = packOf(async ({ turn }) => {
      await turn.wait(time.pass(20_000));
      await time.pass(5_000);
      return hang();
    });
    await h.work(run_id, { packs, clock: time.clock, sleeper: time.sleeper });
    expect(await h.run(run_id)).toMatchObject({ status: "FAILED", reason_code: "TIMEBOX_EXCEEDED" });
  });
});

describe("inputs whose check takes too long", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const large = () => h.submit({ timebox_sec: 7, inputs: JSON.stringify(" ".repeat(SMALL.input_chars)) });
  const packs = packOf(async () => done({}));

  test("cost the minimum fee at the timebox, and keep no neighbour from its work", async () => {
    const passed = Promise.withResolvers<void>();
    const sleeper: Sleeper = {
      sleep: (ms, until) => (ms === 7_000 ? passed.promise : untilAborted(until)),
    };
    const ended = Promise.withResolvers<void>();
    const offThread = createOffThread((_, { signal }) => {
      signal.addEventListener("abort", () => ended.resolve(), { once: true });
      return hang();
    });
    const [hostile, neighbour] = [await large(), await h.submit()];
    const working = h.work(hostile, { packs, offThread, clock: stillClock(), sleeper });
    await h.work(neighbour, { packs, offThread });
    expect(await h.run(neighbour)).toMatchObject({ status: "COMPLETED" });
    passed.resolve();
    await Promise.all([working, ended.promise]);
    const failed = { status: "FAILED", reason_code: "TIMEBOX_EXCEEDED", charged_micros: MINIMUM_FEE };
    expect(await h.run(hostile)).toMatchObject(failed);
  });

  test.each(["timeout", "out-of-memory"])("cost the minimum fee when their process ends by %s", async (fault) => {
    const offThread = createOffThread(async () => ({ kind: "failed", reason: fault, stage: undefined }));
    const run_id = await large();
    await h.work(run_id, { packs, offThread });
    const failed = { status: "FAILED", reason_code: "INPUTS_TOO_COSTLY", charged_micros: MINIMUM_FEE };
    expect(await h.run(run_id)).toMatchObject(failed);
  });
});
