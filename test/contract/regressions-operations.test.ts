import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { decodeSignal } from "#core/domain/message.ts";
import { Outage } from "#core/domain/outage.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { between, dying, type Through } from "./support/faults.ts";
import type { Account } from "../dev/add-tenant.ts";
import { COST, createPaidWorld, type PaidWorld } from "./support/paid-world.ts";
import { packOf } from "./support/run-harness.ts";

// What systems of this kind do wrong when they watch over their runs, and when their stores restart.

let world: PaidWorld;
beforeAll(async () => {
  world = await createPaidWorld();
});
afterEach(async () => {
  expect(await world.money.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const LEASE_SECONDS = 120;
const DAY_SECONDS = 86_400;
const MANY = 120;

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));
const start = async (account: Account) => {
  const run_id = await world.accepted(account, { timebox_sec: 900 });
  const lease = { run_id, lease_token: crypto.randomUUID(), lease_seconds: LEASE_SECONDS, max_attempts: 3 };
  expect((await leaseRun(createLeaseBatch(world.money.backend), lease)).kind).toBe("leased");
  return lease;
};
/** What happens between a sweep's look and its step. */
const afterLooking = (look: string, then: () => Promise<unknown>): Through => {
  let done = false;
  return between(async (call, apply) => {
    const answer = await apply();
    if (call === look && !done) {
      done = true;
      await then();
    }
    return answer;
  });
};

/** Steps of these runs raise, as a row may that contradicts itself. */
const stuck = (calls: readonly string[], isStuck: (first: string) => boolean): Through =>
  between(async (call, apply, { store, args: [first, values] }) => {
    const subject = String(store === "database" ? (values as readonly unknown[])[0] : first);
    if (calls.includes(call) && isStuck(subject)) throw new Error("stuck");
    return apply();
  });

describe("the retention job", () => {
  /** As S3 itself refuses to delete a list of none. */
  const neverEmpty = between(async (call, apply, { args: [keys] }) => {
    if (call === "objects.delete" && (keys as readonly string[]).length === 0) throw new Outage("s3", "MalformedXML");
    return apply();
  });
  const kept = async (run_id: string) => {
    const sql = "SELECT inputs IS NOT NULL AS inputs, charged_micros FROM runs WHERE run_id = $1";
    return (await world.money.owner.query(sql, [run_id]))[0];
  };

  test("does its work on runs that ended in any way, and raises nothing; their figures stay", async () => {
    const account = await world.account();
    const [completed, failed, canceled] = await times(3, () => world.accepted(account));
    const [open] = await times(1, () => world.accepted(account));
    const runs = { completed: completed ?? "", failed: failed ?? "", canceled: canceled ?? "", open: open ?? "" };
    await world.work(runs.completed);
    await world.work(runs.failed, { packs: packOf(() => Promise.reject(new Error("crash"))) });
    await cancelRun(world.money.edge, account.key_sha256, runs.canceled);
    const object = resultKey(account.tenant_id, runs.completed, 1);
    expect(await world.objects.head(object)).toBeDefined();
    await world.clock.advance(29 * DAY_SECONDS);
    await world.retain();
    expect(await world.isDelivered(account, runs.completed)).toBe(true);

    await world.clock.advance(2 * DAY_SECONDS);
    await world.retain(neverEmpty);
    await world.retain(neverEmpty);
    expect(await world.objects.head(object)).toBeUndefined();
    expect(await kept(runs.completed)).toEqual({ inputs: false, charged_micros: String(COST) });
    expect(await kept(runs.failed)).toEqual({ inputs: false, charged_micros: "5000" });
    expect(await kept(runs.canceled)).toEqual({ inputs: false, charged_micros: "0" });
    expect(await kept(runs.open)).toEqual({ inputs: true, charged_micros: null });
    expect(await world.run(account, runs.completed)).toMatchObject({ expired: true });
  });

  test("that cannot purge one run purges those behind it", async () => {
    const account = await world.account();
    const [first, second] = await times(2, () => world.accepted(account));
    await world.work(first ?? "");
    await world.clock.advance(1);
    await world.work(second ?? "");
    await world.clock.advance(31 * DAY_SECONDS);
    await world.retain(stuck(["objects.delete"], (keys) => keys.includes(first ?? "")));
    expect([await kept(first ?? ""), await kept(second ?? "")]).toMatchObject([{ inputs: true }, { inputs: false }]);
    await world.retain();
    expect(await kept(first ?? "")).toMatchObject({ inputs: false });
  });
});

describe("a run that lives although it was found lapsed", () => {
  test.each([
    ["queued again", 3],
    ["failed", 1],
  ])("is not %s: the step looks again", async (_, max_attempts) => {
    const account = await world.account();
    const lease = await start(account);
    await world.clock.advance(LEASE_SECONDS + 1);
    const beat = () => extendLease(world.money.backend, lease, { lease_seconds: LEASE_SECONDS, grace_seconds: 30 });
    await world.leases(afterLooking("expired-leases", beat), max_attempts);
    const alive = { status: "PROCESSING", money_state: "RESERVED", attempt: 1 };
    expect(await world.run(account, lease.run_id)).toMatchObject(alive);
    expect(await beat()).toBe("extended");
  });

  test("is not rolled back when its worker finishes meanwhile: its result wins, and is paid once", async () => {
    const account = await world.account();
    const run_id = await world.accepted(account);
    const paused = Promise.withResolvers<void>();
    const claimed = Promise.withResolvers<void>();
    const through = between(async (call, apply) => {
      if (call === "objects.create") await paused.promise;
      const answer = await apply();
      if (call === "begin-finalizes") claimed.resolve();
      return answer;
    });
    const working = world.work(run_id, { through });
    await claimed.promise;
    await world.clock.advance(121);
    const finish = async () => {
      paused.resolve();
      await working;
    };
    await world.claims(afterLooking("stale-claims", finish));
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST, attempt: 1 });
    expect(await world.isDelivered(account, run_id)).toBe(true);
  });
});

describe("more than a hundred stuck rows do not hide the ones behind them", () => {
  test.each([
    ["queued again", 3, "QUEUED"],
    ["failed", 1, "FAILED"],
  ])("from the lease sweep: the last one is %s in the same round", async (_, max_attempts, status) => {
    const account = await world.account({ funds: 100_000_000 });
    const leases = await times(MANY, () => start(account));
    await world.clock.advance(1);
    const last = await start(account);
    await world.clock.advance(LEASE_SECONDS + 1);
    const old = new Set(leases.map((lease) => lease.run_id));
    await world.leases(
      stuck(["requeue-expired", "fail-expired"], (id) => old.has(id)),
      max_attempts,
    );
    expect(await world.run(account, last.run_id)).toMatchObject({ status });
    expect(await world.run(account, leases[0]?.run_id ?? "")).toMatchObject({ status: "PROCESSING" });
  });

  test("from the claimed sweep: the last one is decided in the same round", async () => {
    const account = await world.account({ funds: 100_000_000 });
    const abandoned = async () => {
      const run_id = await world.accepted(account);
      const death = dying("objects.create", "after");
      void world.work(run_id, { through: death.through });
      await death.died;
      return run_id;
    };
    const runs = await times(MANY, abandoned);
    await world.clock.advance(1);
    const last = await abandoned();
    await world.clock.advance(LEASE_SECONDS + 1);
    const keys = new Set(runs.map((run_id) => resultKey(account.tenant_id, run_id, 1)));
    await world.claims(stuck(["objects.create"], (key) => keys.has(key)));
    expect(await world.run(account, last)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
    expect(await world.run(account, runs[0] ?? "")).toMatchObject({ status: "PROCESSING" });
  });

  test("from the signal sweep: the last one is signalled in the same round", async () => {
    const account = await world.account({ funds: 100_000_000 });
    const runs = await times(MANY, () => world.accepted(account));
    await world.clock.advance(1);
    runs.push(await world.accepted(account));
    world.queue.purge();
    await world.clock.advance(61);
    await world.signals();
    const signalled = new Set(world.queue.all().map(({ body }) => decodeSignal(body)?.run_id));
    expect(runs.filter((run_id) => !signalled.has(run_id))).toEqual([]);
  });
});

test("a counter of requests never refuses for ever: each bears a time to live, after which the caller is let in", async () => {
  const account = await world.account({
    plan: { submit_per_minute: 1, submit_burst: 1, read_per_minute: 1, read_burst: 1 },
  });
  const read = () => authorize(world.redis, { ...account, scope: "read" });
  await world.accepted(account);
  expect((await world.submit(account)).response).toBe("429 rate-limited");
  expect([(await read()).kind, (await read()).kind]).toEqual(["ALLOWED", "RATE_LIMITED"]);
  const counters = await world.raw.keys(`{${account.tenant_id}}:rate:*`);
  expect(counters).toHaveLength(2);
  for (const counter of counters) {
    const life = await world.raw.pttl(counter);
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(61_001);
    await world.raw.pexpire(counter, 0);
  }
  expect((await world.submit(account)).response).toBe("202");
  expect((await read()).kind).toBe("ALLOWED");
});

test("a Redis that restarts without its scripts strands no claimed run, and is told of its end at once", async () => {
  const account = await world.account({ funds: 1_000_000 });
  const run_id = await world.accepted(account);
  const through = between(async (call, apply) => {
    const answer = await apply();
    if (call === "complete-runs") await world.raw.script("FLUSH");
    return answer;
  });
  await world.work(run_id, { through });
  expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", charged_micros: COST });
  expect(await world.mirror(account)).toEqual({ available: 1_000_000 - COST, open_runs: 0 });
});
