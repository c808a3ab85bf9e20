import { afterAll, describe, expect, test } from "vitest";
import { parseApiKey } from "#core/domain/api-key.ts";
import { REASONS } from "#core/domain/run.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { sweepClaims } from "../../backend/reaper/sweeps/claimed.ts";
import { NEVER, done, hang, packOf, runHarness, stillClock, untilAborted } from "./support/run-harness.ts";

const h = await runHarness();
afterAll(() => h.close());

const cancel = async (run_id: string) =>
  (await cancelRun(h.edge, parseApiKey(h.tenant.api_key)?.sha256 ?? "", run_id)).outcome;

/** The worker's own stores, but for what the test does before a statement of this name. */
function before(name: string, act: () => Promise<unknown>): Db {
  return {
    query: async (statement, values) => {
      if (statement.name === name) await act();
      return h.backend.query(statement, values);
    },
  };
}

describe("a worker whose run is canceled", () => {
  test("while its pack works: the next heartbeat ends the pack, and the message", async () => {
    const run_id = await h.submit();
    let signal: AbortSignal | undefined;
    const sleeper: Sleeper = { sleep: (ms, until) => (ms === 30_000 ? Promise.resolve() : untilAborted(until)) };
    const packs = packOf((context) => {
      signal = context.signal;
      return hang();
    });
    const db = before("extend-lease", () => cancel(run_id));
    await h.work(run_id, { db, clock: stillClock(), sleeper, packs });
    expect(signal?.aborted).toBe(true);
    expect(await h.run(run_id)).toMatchObject({
      status: "CANCELED",
      charged_micros: "5000",
      reason_code: "CANCELED",
      reason_detail: REASONS.CANCELED,
      attempt: 1,
    });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, CHARGE: 5_000, REFUND: 95_000 });
    expect(h.queueCalls.deleted).toContain(run_id);
  });

  test.each([
    ["before W3", "begin-finalizes", done({ late: true })],
    ["before a failure is written", "close-run", { kind: "pack_failed", reason_code: "GONE", detail: "no" } as const],
  ])("%s: nothing of its own is written, and the message is deleted", async (_, name, outcome) => {
    const run_id = await h.submit();
    const answers: string[] = [];
    const db = before(name, async () => answers.push(await cancel(run_id)));
    await h.work(run_id, { db, packs: packOf(async () => outcome) });
    expect(answers).toEqual(["canceled"]);
    expect(await h.run(run_id)).toMatchObject({ status: "CANCELED", charged_micros: "5000", result_sha256: null });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, CHARGE: 5_000, REFUND: 95_000 });
    expect(h.queueCalls.deleted).toContain(run_id);
  });

  test("before it is claimed: the signal finds the run over and is deleted", async () => {
    const run_id = await h.submit();
    expect(await cancel(run_id)).toBe("canceled");
    await h.work(run_id, { packs: packOf(() => Promise.reject(new Error("it must not run"))) });
    expect(await h.run(run_id)).toMatchObject({ status: "CANCELED", charged_micros: "0", attempt: 0 });
    expect(h.queueCalls.deleted).toContain(run_id);
  });

  test("after W3: its receipt wins, and the run completes at its cost", async () => {
    const run_id = await h.submit();
    const answers: string[] = [];
    const db = before("complete-runs", async () => answers.push(await cancel(run_id)));
    await h.work(run_id, { db, packs: packOf(async () => done({ answer: 42 }, 7)) });
    expect(answers).toEqual(["requested"]);
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "7000" });
    expect(await cancel(run_id)).toBe("already-terminal");
  });
});

describe("the claimed sweep", () => {
  /** A run whose worker died in W4, before or after its upload; the attempt is its last where `max_attempts` is 1. */
  const abandoned = async (died: "before" | "after"): Promise<string> => {
    const run_id = await h.submit();
    const objects = {
      ...h.objects,
      create: async (...put: Parameters<typeof h.objects.create>) => {
        if (died === "after") await h.objects.create(...put);
        throw new Error("the worker died");
      },
    };
    await h.work(run_id, { objects, packs: packOf(async () => done({}, 7)) });
    expect(await h.run(run_id)).toMatchObject({ status: "PROCESSING", finalize_stage: "CLAIMED" });
    return run_id;
  };
  const sweep = (max_attempts: number, db: Db = h.backend) =>
    sweepClaims(h.deps({ db }), { claimed_seconds: 0, max_attempts }, NEVER);

  test.each([
    ["a receipt: it completes at its cost", "after", { status: "COMPLETED", charged_micros: "7000" }],
    ["a tombstone: it is canceled for the minimum fee", "before", { status: "CANCELED", charged_micros: "5000" }],
  ] as const)("decides a run that was asked to stop by %s", async (_, died, end) => {
    const run_id = await abandoned(died);
    expect(await cancel(run_id)).toBe("requested");
    await sweep(3);
    expect(await h.run(run_id)).toMatchObject(end);
  });

  test.each([
    ["to queue again", 3, "roll-back"],
    ["to fail for want of attempts", 1, "close-after-tombstone"],
  ])("cancels a run that was asked to stop while it was about %s", async (_, max_attempts, name) => {
    const run_id = await abandoned("before");
    const answers: string[] = [];
    await sweep(
      max_attempts,
      before(name, async () => answers.push(await cancel(run_id))),
    );
    await sweep(max_attempts);
    expect(answers).toEqual(["requested"]);
    expect(await h.run(run_id)).toMatchObject({
      status: "CANCELED",
      reason_code: "CANCELED",
      reason_detail: REASONS.CANCELED,
      charged_micros: "5000",
    });
    expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, CHARGE: 5_000, REFUND: 95_000 });
  });
});

test("after all of this the tenant holds no reservation and no open run", async () => {
  expect(await h.balance()).toMatchObject({ reserved: "0", open_runs: 0 });
});
