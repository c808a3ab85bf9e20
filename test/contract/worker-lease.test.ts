import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { type RunHarness, done, hang, packOf, runHarness, stillClock, untilAborted } from "./support/run-harness.ts";

describe("a worker that holds a lease", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const work: RunHarness["work"] = (...given) => h.work(...given);

  test("a heartbeat that finds the lease lost aborts the pack and writes nothing", async () => {
    const run_id = await h.submit();
    let beats = 0;
    const sleeper: Sleeper = {
      sleep: async (ms, until) => {
        if (ms !== 30_000) return untilAborted(until);
        if (beats++ === 0)
          await h.owner.query("UPDATE runs SET lease_token = gen_random_uuid() WHERE run_id = $1", [run_id]);
      },
    };
    let signal: AbortSignal | undefined;
    await work(run_id, {
      clock: stillClock(),
      sleeper,
      packs: packOf((context) => {
        signal = context.signal;
        return hang();
      }),
    });
    expect(signal?.aborted).toBe(true);
    expect(await h.run(run_id)).toMatchObject({ status: "PROCESSING", money_state: "RESERVED", finalize_stage: null });
    expect(h.queueCalls.deleted).not.toContain(run_id);
  });

  test("heartbeats that get no answer abort nothing: the next one asks again", async () => {
    const run_id = await h.submit();
    const beaten = Promise.withResolvers<void>();
    let beats = 0;
    const real = h.deps({});
    const db: typeof real.db = {
      query: async (statement, values) => {
        if (statement.name === "extend-lease" && beats++ < 3) throw new Outage("database", new Error("lost"));
        if (beats === 4) beaten.resolve();
        return real.db.query(statement, values);
      },
    };
    const sleeper: Sleeper = {
      sleep: (ms, until) => (ms <= 30_000 && beats < 4 ? Promise.resolve() : untilAborted(until)),
    };
    await work(run_id, { db, sleeper, packs: packOf(() => beaten.promise.then(() => done({}))) });
    expect(beats).toBe(4);
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED" });
  });

  test("a worker that must stop hands its run back, queued and not counted, and signals it", async () => {
    const run_id = await h.submit();
    const stop = new AbortController();
    const packs = packOf(() => {
      stop.abort();
      return hang();
    });
    await work(run_id, { packs }, stop.signal);
    expect(await h.run(run_id)).toMatchObject({
      status: "QUEUED",
      money_state: "RESERVED",
      attempt: 1,
      uncounted_requeues: 1,
      lease_token: null,
      lease_expires_at: null,
    });
    expect(h.queueCalls.sent.some((body) => body.includes(run_id))).toBe(true);
    await work(run_id, { packs: packOf(async () => done({})) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", attempt: 2, charged_micros: "1000" });
  });

  test("a visibility call that never ends holds up neither the result nor a requeue-uncounted", async () => {
    const run_id = await h.submit();
    const hidden = Promise.withResolvers<void>();
    let beats = 0;
    const queue = {
      ...h.deps({}).queue,
      hide: () => {
        hidden.resolve();
        return hang();
      },
    };
    const sleeper: Sleeper = {
      sleep: (ms, until) => (ms === 30_000 && beats++ === 0 ? Promise.resolve() : untilAborted(until)),
    };
    await work(run_id, {
      queue,
      clock: stillClock(),
      sleeper,
      packs: packOf(() => hidden.promise.then(() => done({}))),
    });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED" });
  });

  test("a requeue-uncounted that gets no answer is tried again", async () => {
    const run_id = await h.submit();
    const stop = new AbortController();
    const real = h.deps({});
    let tries = 0;
    const db: typeof real.db = {
      query: async (statement, values) => {
        if (statement.name === "requeue-uncounted" && tries++ === 0) throw new Outage("database", new Error("blip"));
        return real.db.query(statement, values);
      },
    };
    const packs = packOf(() => {
      stop.abort();
      return hang();
    });
    await work(run_id, { db, packs }, stop.signal);
    expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: 1 });
  });

  test.each([
    ["none", 0],
    ["minimum", 5_000],
  ] as const)("a run whose pack no worker has goes back, and at last fails at the fee %s", async (fee, charge) => {
    const run_id = await h.submit();
    const platform_failure_fee = fee;
    for (let round = 0; round < 5; round++) {
      await work(run_id, { packs: new Map(), platform_failure_fee });
      expect(await h.run(run_id)).toMatchObject({ status: "QUEUED", uncounted_requeues: round + 1 });
    }
    expect(h.queueCalls.sent.some((body) => body.includes(run_id))).toBe(false);
    await work(run_id, { packs: new Map(), platform_failure_fee });
    const money = { money_state: charge === 0 ? "REFUNDED" : "SETTLED", charged_micros: String(charge) };
    expect(await h.run(run_id)).toMatchObject({ status: "FAILED", reason_code: "PACK_UNKNOWN", ...money });
  });
});
