import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Sleeper } from "#core/ports/clock.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { workerLoop } from "../../backend/worker/loop.ts";
import { between, dying, losing } from "./support/faults.ts";
import { COST, createPaidWorld, aggressive, type PaidWorld } from "./support/paid-world.ts";
import { done, hang, packOf, TIMES } from "./support/run-harness.ts";

// What systems of this kind do wrong between a queued run and its result.

let world: PaidWorld;
beforeAll(async () => {
  world = await createPaidWorld();
});
afterEach(async () => {
  expect(await world.money.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const HELD = 100_000;
const FEE = 5_000;
const PAID = { RESERVE: HELD, CHARGE: COST, REFUND: HELD - COST };
const BEAT_MS = TIMES.heartbeat_seconds * 1000;

const start = async (options: { reserve?: number; timebox_sec?: number } = {}) => {
  const account = await world.account();
  return { account, run_id: await world.accepted(account, options) };
};
const leaseOf = async (run_id: string) => {
  const sql = "SELECT lease_token, lease_expires_at, version FROM runs WHERE run_id = $1";
  const [row] = await world.money.owner.query(sql, [run_id]);
  return { token: String(row?.["lease_token"]), until: row?.["lease_expires_at"] as Date, version: row?.["version"] };
};
/** Beats whenever a heartbeat waits, each half a minute after the other; everything else waits for ever. */
const beating = (onBeat: (beat: number) => Promise<void> = async () => undefined): Sleeper => {
  let beats = 0;
  return {
    sleep: async (ms, until) => {
      if (ms !== BEAT_MS) return aggressive.sleep(ms, until);
      if (until?.aborted !== true) await world.clock.advance(TIMES.heartbeat_seconds);
      await onBeat((beats += 1));
    },
  };
};

describe("a worker that dies", () => {
  test("after its result was uploaded: the result is paid and delivered", async () => {
    const { account, run_id } = await start();
    const death = dying("objects.create", "after");
    void world.work(run_id, { through: death.through });
    await death.died;
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 1 });
    expect(await world.transfers(run_id)).toEqual(PAID);
    expect(await world.isDelivered(account, run_id)).toBe(true);
  });

  test.each(["before", "after"] as const)(
    "%s the one step that settles and commits: the charge is never there without the result",
    async (when) => {
      const { account, run_id } = await start();
      const death = dying("complete-runs", when);
      void world.work(run_id, { through: death.through });
      await death.died;
      const paid = { status: "COMPLETED", charged_micros: COST };
      const open = { status: "PROCESSING", charged_micros: null };
      expect(await world.run(account, run_id)).toMatchObject(when === "after" ? paid : open);
      expect(await world.transfers(run_id)).toEqual(when === "after" ? PAID : { RESERVE: HELD });
      await world.goOn();
      expect(await world.run(account, run_id)).toMatchObject(paid);
      expect(await world.transfers(run_id)).toEqual(PAID);
      expect(await world.isDelivered(account, run_id)).toBe(true);
    },
  );
});

test.each([
  ["Postgres's reply to the settling", "complete-runs", "after"],
  ["Redis's reply to the settling", "settle", "after"],
  ["the settling on its way to Redis", "settle", "before"],
] as const)("%s is lost: charged once, refunded once, and nothing is held", async (_, call, when) => {
  const { account, run_id } = await start();
  await world.work(run_id, { through: losing(call, when) });
  expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  await world.goOn();
  expect(await world.transfers(run_id)).toEqual(PAID);
  const { available } = await world.balance(account);
  expect(await world.balance(account)).toMatchObject({ charged: COST, reserved: 0, open_runs: 0 });
  expect(await world.mirror(account)).toEqual({ available, open_runs: 0 });
});

describe("a heartbeat", () => {
  test("whose acknowledgement was lost does not fail those after it", async () => {
    const { account, run_id } = await start({ timebox_sec: 900 });
    const leases: Date[] = [];
    const beaten = Promise.withResolvers<void>();
    const sleeper = beating(async (beat) => {
      leases.push((await leaseOf(run_id)).until);
      if (beat === 4) beaten.resolve();
    });
    const packs = packOf(() => beaten.promise.then(() => done({}, 7)));
    await world.work(run_id, { packs, sleeper, through: losing("extend-lease", "after") });
    const reached = leases.slice(0, 4).map((until) => until.getTime() - (leases[0]?.getTime() ?? 0));
    expect(reached).toEqual([0, BEAT_MS, 2 * BEAT_MS, 3 * BEAT_MS]);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 1 });
  });

  test("does not outlive its run: none is sent after the close, and a late one changes nothing", async () => {
    const { account, run_id } = await start();
    const timers: (AbortSignal | undefined)[] = [];
    const beats: string[] = [];
    const sleeper: Sleeper = {
      sleep: (ms, until) => {
        if (ms === BEAT_MS) timers.push(until);
        return aggressive.sleep(ms, until);
      },
    };
    const through = between(async (call, apply) => {
      if (call === "extend-lease" || call === "complete-runs") beats.push(call);
      return apply();
    });
    let lease_token = "";
    const packs = packOf(async () => {
      lease_token = (await leaseOf(run_id)).token;
      return done({}, 7);
    });
    await world.work(run_id, { packs, sleeper, through });
    expect(timers.map((timer) => timer?.aborted)).toEqual([true]);
    expect(beats).toEqual(["complete-runs"]);
    const closed = await leaseOf(run_id);
    const late = await extendLease(
      world.money.backend,
      { run_id, lease_token },
      { lease_seconds: 120, grace_seconds: 30 },
    );
    expect(late).toBe("lost");
    expect(await leaseOf(run_id)).toEqual(closed);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  });
});

test("deploys neither fail nor charge a run, however many there are while it runs", async () => {
  const { account, run_id } = await start();
  for (let deploy = 0; deploy < 7; deploy++) {
    const stopping = new AbortController();
    const packs = packOf(() => {
      stopping.abort();
      return hang();
    });
    const settings = { ...TIMES, concurrency: 1, stop_seconds: 0 };
    await workerLoop({ ...world.worker, packs }, settings, stopping.signal);
    const handedBack = deploy < 5;
    const status = handedBack ? "QUEUED" : "PROCESSING";
    expect(await world.run(account, run_id)).toMatchObject({ status, money_state: "RESERVED", attempt: deploy + 1 });
    if (handedBack) continue;
    await world.clock.advance(121);
    await world.leases();
  }
  await world.goOn();
  expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  expect(await world.transfers(run_id)).toEqual(PAID);
});

describe("S3", () => {
  test.each(["before", "after"] as const)(
    "failing once, %s the upload arrived, loses no work and costs no fee",
    async (when) => {
      const { account, run_id } = await start();
      await world.work(run_id, { through: losing("objects.create", when) });
      expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 1 });
      expect(await world.isDelivered(account, run_id)).toBe(true);
    },
  );

  test("failing for as long as a worker tries delays a run and costs no fee", async () => {
    const { account, run_id } = await start();
    let waited_ms = 0;
    const clock = { now: () => world.clock.now() + waited_ms };
    const sleeper: Sleeper = { sleep: (ms, until) => (until === undefined ? wait(ms) : aggressive.sleep(ms, until)) };
    const wait = async (ms: number) => void (waited_ms += ms);
    await world.work(run_id, { clock, sleeper, through: losing("objects.create", "before", 10_000) });
    expect(waited_ms).toBeGreaterThan(90_000);
    expect(await world.run(account, run_id)).toMatchObject({ status: "PROCESSING", money_state: "RESERVED" });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 2 });
    expect(await world.transfers(run_id)).toEqual(PAID);
  });
});

describe("a pack that hangs", () => {
  test("is ended by its timebox, at the minimum fee, whatever it does with its signal", async () => {
    const { account, run_id } = await start({ timebox_sec: 77 });
    const sleeper: Sleeper = {
      sleep: (ms, until) => (ms === 77_000 ? Promise.resolve() : aggressive.sleep(ms, until)),
    };
    let signal: AbortSignal | undefined;
    const packs = packOf((context) => {
      signal = context.signal;
      return hang();
    });
    await world.work(run_id, { packs, sleeper });
    expect(signal?.aborted).toBe(true);
    const ended = { status: "FAILED", reason_code: "TIMEBOX_EXCEEDED", charged_micros: FEE };
    expect(await world.run(account, run_id)).toMatchObject(ended);
  });

  test("cannot renew its lease for ever, even where no timebox ends it: another worker takes its run", async () => {
    const { account, run_id } = await start({ timebox_sec: 77 });
    const tooMany = Promise.withResolvers<never>();
    let beats = 0;
    const sleeper = beating(async () => {
      await world.leases();
      if ((beats += 1) > 20) tooMany.reject(new Error("the lease is renewed for ever"));
    });
    await Promise.race([world.work(run_id, { packs: packOf(hang), sleeper }), tooMany.promise]);
    expect(beats * TIMES.heartbeat_seconds).toBeLessThanOrEqual(77 + TIMES.lease_seconds + TIMES.heartbeat_seconds);
    expect(await world.run(account, run_id)).toMatchObject({ status: "QUEUED", attempt: 1 });
    await world.goOn();
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 2 });
  });
});

test("a cost above the cap fails at the minimum fee, and nothing is uploaded and stuck", async () => {
  const { account, run_id } = await start({ reserve: 8_000 });
  let uploads = 0;
  const through = between((call, apply) => {
    if (call === "objects.create") uploads += 1;
    return apply();
  });
  await world.work(run_id, { packs: packOf(async () => done({}, 9)), through });
  const failed = { status: "FAILED", reason_code: "COST_EXCEEDS_CAP", charged_micros: 5_000 };
  expect(await world.run(account, run_id)).toMatchObject(failed);
  expect(await world.transfers(run_id)).toEqual({ RESERVE: 8_000, CHARGE: 5_000, REFUND: 3_000 });
  expect(uploads).toBe(0);
});
