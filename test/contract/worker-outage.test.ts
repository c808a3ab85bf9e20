import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { both, losing, type Through } from "./support/faults.ts";
import { COST, createPaidWorld, aggressive, type PaidWorld } from "./support/paid-world.ts";
import { done, hang, packOf, TIMES } from "./support/run-harness.ts";

// A store that answers nothing for a while, at each step of a worker: no attempt is used up by it.

let world: PaidWorld;
beforeAll(async () => {
  world = await createPaidWorld();
});
afterEach(async () => {
  expect(await world.money.imbalances()).toEqual([]);
});
afterAll(() => world.close());

/** More tries than a count of them would allow. */
const MANY = 40;

const start = async () => {
  const account = await world.account();
  return { account, run_id: await world.accepted(account) };
};
const rowOf = async (run_id: string) =>
  (await world.money.owner.query("SELECT * FROM runs WHERE run_id = $1", [run_id]))[0] ?? {};
const COMPLETED = { status: "COMPLETED", charged_micros: COST, attempt: 1 };

describe("an outage that is shorter than a lease costs no attempt", () => {
  const steps = [
    ["W1", "lease-runs"],
    ["W3", "begin-finalizes"],
    ["W4", "objects.create"],
    ["W5", "complete-runs"],
  ] as const;

  test.each(steps)("at %s, before anything was done", async (_, call) => {
    const { account, run_id } = await start();
    await world.work(run_id, { through: losing(call, "before", MANY) });
    expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
    expect(await world.isDelivered(account, run_id)).toBe(true);
  });

  test.each(steps)("at %s, whose replies are lost", async (_, call) => {
    const { account, run_id } = await start();
    await world.work(run_id, { through: losing(call, "after", MANY) });
    expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
    expect(await world.isDelivered(account, run_id)).toBe(true);
  });

  test("at every step of one run", async () => {
    const { account, run_id } = await start();
    const through = both(...steps.map(([, call]): Through => losing(call, "before", MANY)));
    await world.work(run_id, { through });
    expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
  });

  test.each(["before", "after"] as const)("at the close of a failure, %s it was done", async (when) => {
    const { account, run_id } = await start();
    const packs = packOf(async () => ({ kind: "pack_failed", reason_code: "GONE", detail: "no" }));
    await world.work(run_id, { packs, through: losing("close-run", when, MANY) });
    expect(await world.run(account, run_id)).toMatchObject({ status: "FAILED", reason_code: "GONE", attempt: 1 });
  });

  test("at a requeue-uncounted", async () => {
    const { account, run_id } = await start();
    const stop = new AbortController();
    const packs = packOf(() => {
      stop.abort();
      return hang();
    });
    await world.work(run_id, { packs, stop: stop.signal, through: losing("requeue-uncounted", "before", MANY) });
    expect(await world.run(account, run_id)).toMatchObject({ status: "QUEUED" });
    expect(await rowOf(run_id)).toMatchObject({ attempt: 1, uncounted_requeues: 1 });
  });
});

test("a beat that gets no answer is repeated soon, and ever less often", async () => {
  const { account, run_id } = await start();
  const waits: number[] = [];
  const beaten = Promise.withResolvers<void>();
  const sleeper: Sleeper = {
    sleep: async (ms, until) => {
      if (until === undefined || ms > TIMES.heartbeat_seconds * 1000) return aggressive.sleep(ms, until);
      waits.push(ms / 1000);
      if (waits.length < 8) return;
      beaten.resolve();
      await aggressive.sleep(90_000, until);
    },
  };
  const packs = packOf(() => beaten.promise.then(() => done({}, 7)));
  await world.work(run_id, { packs, sleeper, through: losing("extend-lease", "before", 5) });
  expect(waits).toEqual([30, 1, 2, 4, 5, 5, 30, 30]);
  expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
});

test("the lease is kept alive while W3 gets no answer, for longer than one lease", async () => {
  const { account, run_id } = await start();
  let isFinished = false;
  let beats = 0;
  const beaten = Promise.withResolvers<void>();
  const sleeper: Sleeper = {
    sleep: async (ms, until) => {
      // A pause of W3's repeats lasts until the lease would have passed but for its beats.
      if (until === undefined) return beaten.promise;
      if (ms !== TIMES.heartbeat_seconds * 1000 || beats === 6) return aggressive.sleep(90_000, until);
      while (!isFinished) await new Promise((resolve) => setImmediate(resolve));
      beats += 1;
      await world.clock.advance(TIMES.heartbeat_seconds);
      await world.leases();
      if (beats === 6) beaten.resolve();
    },
  };
  const packs = packOf(async () => {
    isFinished = true;
    return done({}, 7);
  });
  await world.work(run_id, { packs, sleeper, through: losing("begin-finalizes", "before", 1) });
  expect(beats * TIMES.heartbeat_seconds).toBeGreaterThan(TIMES.lease_seconds);
  expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
});

describe("of a run that a worker could not lease", () => {
  const refusal = Object.assign(new Error("permission denied"), { code: "42501" });

  test.each([
    ["the message is there for others after 30 s, when the database refused", refusal, [30]],
    // Sooner, another would find the lease that may be held, and delete the message.
    ["the message is there when its visibility ends, after an outage", new Outage("database", "no answer"), []],
  ])("%s", async (_, error, expected) => {
    const { account, run_id } = await start();
    const verdicts: boolean[] = [];
    const onLease = (answered: boolean) => void verdicts.push(answered);
    const hidden: number[] = [];
    const queue = { ...world.queue, hide: async (_handle: string, seconds: number) => void hidden.push(seconds) };
    await world.work(run_id, { db: { query: () => Promise.reject(error) }, queue, stop: AbortSignal.abort(), onLease });
    expect({ verdicts, hidden }).toEqual({ verdicts: [false], hidden: expected });
    expect(world.queue.all().some(({ body }) => body.includes(run_id))).toBe(true);
    await world.work(run_id, { onLease });
    expect(verdicts).toEqual([false, true]);
    expect(await world.run(account, run_id)).toMatchObject(COMPLETED);
  });

  test("a row that cannot be read says nothing of the other runs", async () => {
    const { run_id } = await start();
    const verdicts: boolean[] = [];
    const query = () => Promise.reject(new Error("lease-runs: a row is not as it should be"));
    await world.work(run_id, { db: { query }, onLease: (answered) => void verdicts.push(answered) });
    expect(verdicts).toEqual([]);
  });
});

describe("a step that is repeated under its own token", () => {
  const claim = (run_id: string, lease_token: string) =>
    leaseRun(createLeaseBatch(world.money.backend), { run_id, lease_token, lease_seconds: 120, max_attempts: 3 });

  test("W1 finds the attempt that it began, and counts no second one", async () => {
    const { run_id } = await start();
    const lease_token = randomUUID();
    const first = await claim(run_id, lease_token);
    const before = await rowOf(run_id);
    await world.clock.advance(20);
    expect(await claim(run_id, lease_token)).toEqual(first);
    const { attempt, started_at, lease_expires_at } = before;
    expect(await rowOf(run_id)).toMatchObject({ attempt, started_at, lease_expires_at, lease_token });
    expect(await claim(run_id, randomUUID())).toEqual({ kind: "busy" });
  });

  test("W1 of an attempt that is over begins none", async () => {
    const { account, run_id } = await start();
    const lease_token = randomUUID();
    await claim(run_id, lease_token);
    await world.clock.advance(121);
    await world.leases();
    await world.work(run_id);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", attempt: 2 });
    expect(await claim(run_id, lease_token)).toEqual({ kind: "over" });
  });

  test("W3 finds its own claim and says how long it stands; another token finds none", async () => {
    const { run_id } = await start();
    const lease = { run_id, lease_token: randomUUID(), attempt: 1 };
    const finalize_token = randomUUID();
    await claim(run_id, lease.lease_token);
    expect(await beginFinalize(createClaimBatch(world.money.backend), lease, finalize_token)).toEqual({ seconds: 0 });
    const { claimed_at } = await rowOf(run_id);
    await world.clock.advance(25);
    expect(await beginFinalize(createClaimBatch(world.money.backend), lease, finalize_token)).toEqual({ seconds: 25 });
    expect(await rowOf(run_id)).toMatchObject({ claimed_at, finalize_token });
    expect(await beginFinalize(createClaimBatch(world.money.backend), lease, randomUUID())).toBe("lost");
    const another = { ...lease, lease_token: randomUUID() };
    expect(await beginFinalize(createClaimBatch(world.money.backend), another, finalize_token)).toBe("lost");
    expect(await rowOf(run_id)).toMatchObject({ finalize_token });
  });

  test("W3 succeeds twice where both tries meet at the row", async () => {
    const { run_id } = await start();
    const lease = { run_id, lease_token: randomUUID(), attempt: 1 };
    await claim(run_id, lease.lease_token);
    const finalize_token = randomUUID();
    const tries = Array.from({ length: 4 }, () =>
      beginFinalize(createClaimBatch(world.money.backend), lease, finalize_token),
    );
    expect(await Promise.all(tries)).toEqual(Array.from({ length: 4 }, () => ({ seconds: 0 })));
  });

  test("W3 that another attempt has overtaken is lost", async () => {
    const { account, run_id } = await start();
    const lease = { run_id, lease_token: randomUUID(), attempt: 1 };
    await claim(run_id, lease.lease_token);
    const finalize_token = randomUUID();
    await beginFinalize(createClaimBatch(world.money.backend), lease, finalize_token);
    await world.clock.advance(121);
    await world.claims();
    expect(await beginFinalize(createClaimBatch(world.money.backend), lease, finalize_token)).toBe("lost");
    await world.work(run_id);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", attempt: 2 });
  });

  test("W3 is lost when its W1, which the database got again after a sweep had requeued the run, began another attempt", async () => {
    const { account, run_id } = await start();
    const lease = { run_id, lease_token: randomUUID(), attempt: 1 };
    await claim(run_id, lease.lease_token);
    await world.clock.advance(121);
    await world.leases();
    expect(await claim(run_id, lease.lease_token)).toMatchObject({ kind: "leased", run: { attempt: 2 } });
    expect(await beginFinalize(createClaimBatch(world.money.backend), lease, randomUUID())).toBe("lost");
    expect(await rowOf(run_id)).toMatchObject({ status: "PROCESSING", finalize_stage: null });
    await world.clock.advance(121);
    await world.leases();
    await world.work(run_id);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", attempt: 3 });
  });
});

describe("a signal of a run that another worker holds", () => {
  const dyingAtWork = async () => {
    const { account, run_id } = await start();
    const begun = Promise.withResolvers<void>();
    const packs = packOf(() => {
      begun.resolve();
      return hang();
    });
    void world.work(run_id, { packs });
    await begun.promise;
    return { account, run_id };
  };
  const signals = (run_id: string) => world.queue.all().filter(({ body }) => body.includes(run_id));

  test("is deleted, however often it comes, so that a long run's signals never end among the dead letters", async () => {
    const { run_id } = await dyingAtWork();
    await world.queue.send([world.queue.of(run_id).body, world.queue.of(run_id).body]);
    expect(signals(run_id)).toHaveLength(3);
    for (let delivery = 0; delivery < 3; delivery++) await world.work(run_id);
    expect(signals(run_id)).toEqual([]);
    expect(await rowOf(run_id)).toMatchObject({ status: "PROCESSING", attempt: 1 });
  });

  test("is not missed when that worker dies: the lease sweep sends another", async () => {
    const { account, run_id } = await dyingAtWork();
    await world.work(run_id);
    expect(signals(run_id)).toEqual([]);
    await world.clock.advance(TIMES.lease_seconds + 1);
    await world.leases();
    expect(signals(run_id)).toHaveLength(1);
    await world.work(run_id);
    expect(await world.run(account, run_id)).toMatchObject({ status: "COMPLETED", attempt: 2 });
  });
});
