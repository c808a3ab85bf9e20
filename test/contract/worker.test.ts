import { GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metadataOf } from "#core/domain/object-metadata.ts";
import type { PackOutcome } from "#core/domain/pack.ts";
import { resultKey } from "#core/domain/receipt.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { NotBegun } from "../../backend/worker/packs/isolation/work-process.ts";
import { processMessage } from "../../backend/worker/process-run.ts";
import {
  type RunHarness,
  NEVER,
  TIMES,
  done,
  hang,
  packOf,
  runHarness,
  stillClock,
  untilAborted,
} from "./support/run-harness.ts";

describe("a worker with one message", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const work: RunHarness["work"] = (...given) => h.work(...given);

  test("completes the run, charges what it cost, refunds the rest and deletes the message", async () => {
    const run_id = await h.submit();
    await work(run_id, { packs: packOf(async () => done({ answer: 42 }, 7)) });
    const run = await h.run(run_id);
    expect(run).toMatchObject({
      status: "COMPLETED",
      money_state: "SETTLED",
      finalize_stage: "COMMITTED",
      charged_micros: "7000",
    });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, CHARGE: 7_000, REFUND: 93_000 });
    expect(h.queueCalls.deleted).toContain(run_id);
    const object = await h.s3.send(
      new GetObjectCommand({ Bucket: h.stack.bucket, Key: resultKey(h.tenant.tenant_id, run_id, 1) }),
    );
    expect(metadataOf(object.ContentDisposition)).toMatchObject({ "actual-cost-usd-micros": "7000" });
    expect(JSON.parse((await object.Body?.transformToString()) ?? "")).toMatchObject({
      run_id,
      status: "COMPLETED",
      cost: { reserved_usd: "0.1000", actual_usd: "0.0070", minimum_fee_usd: "0.0050" },
      units: { base: 7 },
      data: { answer: 42 },
      meta: { trace_id: "a".repeat(32) },
    });
  });

  test("a cost above the reservation is no discount: no result, and the minimum fee", async () => {
    const run_id = await h.submit({ reserve: 8_000 });
    await work(run_id, { packs: packOf(async () => done({}, 9)) });
    const failed = { status: "FAILED", reason_code: "COST_EXCEEDS_CAP", charged_micros: "5000", result_sha256: null };
    expect(await h.run(run_id)).toMatchObject(failed);
    expect(await h.closing(run_id)).toEqual({ RESERVE: 8_000, CHARGE: 5_000, REFUND: 3_000 });
  });

  test("a cost that is all of the reservation is charged whole", async () => {
    const run_id = await h.submit({ reserve: 9_000 });
    await work(run_id, { packs: packOf(async () => done({}, 9)) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "9000" });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 9_000, CHARGE: 9_000 });
  });

  test("work for nothing is refunded whole", async () => {
    const run_id = await h.submit();
    await work(run_id, { packs: packOf(async () => done({}, 0)) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", money_state: "REFUNDED", charged_micros: "0" });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, REFUND: 100_000 });
  });

  test.each([
    [
      "inputs that the pack refuses cost nothing",
      { kind: "input_rejected", reason_code: "BAD", detail: "no" },
      0,
      "BAD",
    ],
    [
      "work that failed costs the minimum fee",
      { kind: "pack_failed", reason_code: "GONE", detail: "no" },
      5_000,
      "GONE",
    ],
    [
      "a result below the asked reliability costs the minimum fee",
      done({}, 5, 0.5),
      5_000,
      "RELIABILITY_BELOW_MINIMUM",
    ],
    ["a result that JSON cannot hold is the platform's failure", done({ value: Number.NaN }), 0, "RESULT_INVALID"],
    ["so is a unit without a price", { ...done({}), units: { gold: 1 } }, 0, "RESULT_INVALID"],
    [
      "so is one in a result below the asked reliability",
      { ...done({}, 1, 0), units: { gold: 1 } },
      0,
      "RESULT_INVALID",
    ],
    ["so is a reliability above 1", done({}, 1, 1.0000000000000002), 0, "RESULT_INVALID"],
    ["so is an answer that is no outcome", { kind: "unheard-of" } as unknown as PackOutcome, 0, "RESULT_INVALID"],
    ["a result that is too large fails", done("x".repeat(9 * 1024 * 1024), 5), 5_000, "RESULT_TOO_LARGE"],
    ["and costs no more than it would have cost", done("x".repeat(9 * 1024 * 1024)), 1_000, "RESULT_TOO_LARGE"],
    [
      "a question back that is not reliable enough costs nothing, as any other",
      { ...done({}, 0, 0), units: {} },
      0,
      "RELIABILITY_BELOW_MINIMUM",
    ],
  ] as const)("%s", async (_, outcome, charge, reason_code) => {
    const run_id = await h.submit({ min_reliability: 0.9 });
    await work(run_id, { packs: packOf(async () => outcome) });
    expect(await h.run(run_id)).toMatchObject({ status: "FAILED", reason_code, charged_micros: String(charge) });
    expect(h.queueCalls.deleted).toContain(run_id);
  });

  const failure: PackOutcome = { kind: "pack_failed", reason_code: "GONE", detail: "no" };
  const refusal: PackOutcome = { kind: "input_rejected", reason_code: "BAD", detail: "no" };
  test.each([
    ["work that failed", failure, [9, 7], 7_000],
    ["work that failed and owes less than the minimum fee", failure, [4], 5_000],
    ["work that failed and owes more than is reserved", failure, [101], 100_000],
    ["work that failed and says what nobody can owe", failure, [Number.NaN], 5_000],
    ["a result below the asked reliability", done({}, 9, 0.5), [7], 7_000],
    ["a result that is too large", done("x".repeat(9 * 1024 * 1024), 9), [7], 7_000],
    ["a result above the cap", done({}, 101), [7], 7_000],
    ["inputs that the pack refuses", refusal, [7], 0],
    ["a result that cannot be written", done({ value: Number.NaN }), [7], 0],
    ["an answer that is no outcome", { kind: "unheard-of" } as unknown as PackOutcome, [7], 0],
  ] as const)("%s: what is owed in any case is charged, never above the cap", async (_, outcome, owed, charge) => {
    const run_id = await h.submit({ min_reliability: 0.9 });
    const packs = packOf(async (context) => {
      for (const base of owed) context.owe({ base });
      return outcome;
    });
    await work(run_id, { packs });
    expect(await h.run(run_id)).toMatchObject({ status: "FAILED", charged_micros: String(charge) });
  });

  test("a pack that throws has crashed, and what it threw stays inside", async () => {
    const run_id = await h.submit();
    await work(run_id, { packs: packOf(() => Promise.reject(new Error("secret of the house"))) });
    const run = await h.run(run_id);
    expect(run).toMatchObject({ status: "FAILED", reason_code: "PACK_CRASHED" });
    expect(JSON.stringify(run)).not.toContain("secret of the house");
  });

  test("a pack that is given no process to work in costs nothing, when it went back as often as it may", async () => {
    const run_id = await h.submit();
    const packs = packOf(() => Promise.reject(new NotBegun("no file descriptor is left")));
    for (let turn = 0; turn < 5; turn++) await work(run_id, { packs });
    expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: 5 });
    await work(run_id, { packs });
    expect(await h.run(run_id)).toMatchObject({
      status: "FAILED",
      reason_code: "NO_WORK_PROCESS",
      charged_micros: "0",
    });
  });

  test("a pack that hangs and ignores its signal ends at its timebox, and owes what it used", async () => {
    const run_id = await h.submit({ timebox_sec: 77 });
    let signal: AbortSignal | undefined;
    const owing = Promise.withResolvers<void>();
    const sleeper: Sleeper = { sleep: (ms, until) => (ms === 77_000 ? owing.promise : untilAborted(until)) };
    const packs = packOf((context) => {
      signal = context.signal;
      context.owe({ base: 8 });
      owing.resolve();
      return hang();
    });
    await work(run_id, { packs, clock: stillClock(), sleeper });
    expect(await h.run(run_id)).toMatchObject({
      status: "FAILED",
      reason_code: "TIMEBOX_EXCEEDED",
      charged_micros: "8000",
    });
    expect(signal?.aborted).toBe(true);
  });

  test("a second signal for the same run does nothing but end itself", async () => {
    const run_id = await h.submit();
    let times = 0;
    const packs = packOf(async () => done({ times: ++times }));
    await work(run_id, { packs });
    await work(run_id, { packs });
    expect(times).toBe(1);
    expect(h.queueCalls.deleted.filter((receipt) => receipt === run_id)).toHaveLength(2);
  });

  test("a signal for a run that another worker holds is deleted: its holder, or a sweep, goes on with the run", async () => {
    const run_id = await h.submit();
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const first = work(run_id, {
      packs: packOf(async () => {
        started.resolve();
        await finish.promise;
        return done({});
      }),
    });
    await started.promise;
    await work(run_id, { packs: packOf(async () => done({})) });
    expect(h.queueCalls.deleted).toEqual(expect.arrayContaining([run_id]));
    finish.resolve();
    await first;
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
  });

  test("a message that is no signal is left for the dead letters", async () => {
    await processMessage(h.deps({}), TIMES, { body: '{"run_id":"x"}', handle: "junk" }, NEVER);
    await processMessage(h.deps({}), TIMES, { body: "\u0000", handle: "junk" }, NEVER);
    expect(h.queueCalls.deleted).not.toContain("junk");
  });

  test("after all of this the balance is what its ledger adds up to", async () => {
    const [sums] = await h.owner.query(
      `SELECT sum(CASE kind WHEN 'GRANT' THEN amount_micros WHEN 'REFUND' THEN amount_micros WHEN 'RESERVE' THEN -amount_micros ELSE 0 END) AS available,
              sum(CASE kind WHEN 'CHARGE' THEN amount_micros ELSE 0 END) AS charged
         FROM ledger_transfers WHERE tenant_id = $1`,
      [h.tenant.tenant_id],
    );
    expect(await h.balance()).toMatchObject(sums ?? {});
  });
});
