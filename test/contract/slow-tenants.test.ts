import { inject, afterAll, beforeAll, describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import { createRedis, type RedisDriver } from "../../backend/drivers/redis.ts";
import { type ClaimedCursor, sweepClaims } from "../../backend/reaper/sweeps/claimed.ts";
import { type LeaseCursor, sweepLeases } from "../../backend/reaper/sweeps/lease.ts";
import { type RetentionCursor, sweepRetention } from "../../backend/reaper/sweeps/retention.ts";
import { newSyncCursors, sweepSync } from "../../backend/reaper/sweeps/sync.ts";
import { claimed, complete, leased, queued } from "./support/close-work.ts";
import { memoryQueue } from "./support/memory-queue.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const NEVER = new AbortController().signal;

let world: MoneyWorld;
let shield: RedisDriver;
beforeAll(async () => {
  world = await createMoneyWorld();
  shield = createRedis({ url: inject("stack").redisUrl, command_timeout_ms: 5_000 });
});
afterAll(async () => {
  shield.close();
  await world.close();
});

/** The backend's database, in which a statement times out for some, by its first parameter; and who was begun with. */
function slowFor(name: string, isSlow: (first: string) => boolean) {
  const begun: string[] = [];
  const db: Db = {
    query: (statement, values) => {
      if (statement.name !== name) return world.backend.query(statement, values);
      begun.push(String(values[0]));
      if (!isSlow(String(values[0]))) return world.backend.query(statement, values);
      return Promise.reject(new Outage("database", new Error("statement timeout")));
    },
  };
  return { db, begun };
}

const rested = { moved_within_seconds: 3_600, grace_seconds: 0 };
const objects = {
  create: async () => "created" as const,
  head: () => Promise.reject(new Error("there is nothing to look at")),
  delete: async () => undefined,
};
const deps = (db: Db) => ({
  db,
  redis: shield.redis,
  queue: memoryQueue(),
  objects,
  platform_failure_fee: "none" as const,
  tracer: NO_TRACER,
  ...recorder(),
});

describe("the sync sweep", () => {
  const snapshot = "tenant-snapshot";

  it("goes on behind tenants that time out, leaves them out for a while, and never begins again with the first", async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, () => world.account()));
    const slow = new Set(accounts.slice(0, 2).map(({ tenant_id }) => tenant_id));
    const { db, begun } = slowFor(snapshot, (tenant_id) => slow.has(tenant_id));
    const turn = newSyncCursors();
    await sweepSync(deps(db), rested, turn, NEVER);
    expect(new Set(begun)).toEqual(new Set(accounts.map(({ tenant_id }) => tenant_id)));
    begun.length = 0;
    await sweepSync(deps(db), rested, turn, NEVER);
    expect(begun).toHaveLength(6);
    expect(begun.filter((tenant_id) => slow.has(tenant_id))).toEqual([]);
  });

  it("ends its round when the store is out, and begins the next one behind those that it tried", async () => {
    await Promise.all(Array.from({ length: 8 }, () => world.account()));
    const { db, begun } = slowFor(snapshot, () => true);
    const turn = newSyncCursors();
    for (let round = 0; round < 3; round++)
      await expect(sweepSync(deps(db), rested, turn, NEVER)).rejects.toThrow(Outage);
    expect(begun).toHaveLength(9);
    expect(new Set(begun).size).toBe(9);
  });

  it("comes to a tenant that has open runs, or whose money moved, without going through all", async () => {
    const [moved, at_work] = [await world.account(), await world.account()];
    await queued(world, at_work);
    await world.owner.query("UPDATE tenant_movements SET moved_at = moved_at - interval '1 day'", []);
    await queued(world, moved);
    const { db, begun } = slowFor(snapshot, () => false);
    const turn = newSyncCursors();
    turn.all.after = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    await sweepSync(deps(db), { ...rested, moved_within_seconds: 600 }, turn, NEVER);
    expect(new Set(begun)).toEqual(new Set([moved.tenant_id, at_work.tenant_id]));
  });
});

/** Runs of tenants of their own, each made to be due, the oldest first. */
async function each<T>(count: number, make: (account: Account, nth: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let nth = 0; nth < count; nth++) made.push(await make(await world.account(), nth));
  return made;
}

const status = async (run_id: string) => (await showRun(world.owner, run_id))?.status;

/** What a round of a sweep and the next one do to five runs whose first three steps time out. */
async function twoRounds(
  run_ids: readonly string[],
  name: string,
  sweep: (db: Db) => Promise<void>,
  isDone: (run_id: string) => Promise<boolean>,
) {
  const { db } = slowFor(name, (run_id) => run_ids.slice(0, 3).includes(run_id));
  await expect(sweep(db)).rejects.toThrow(Outage);
  const first = await Promise.all(run_ids.map(isDone));
  // At its end it comes to the three again.
  await expect(sweep(db)).rejects.toThrow(Outage);
  return [first, await Promise.all(run_ids.map(isDone))];
}
const NONE_THEN_THE_REST = [
  [false, false, false, false, false],
  [false, false, false, true, true],
];

describe("three tenants whose steps time out, however often, hold up nobody else in", () => {
  it("the lease sweep", async () => {
    const runs = await each(5, async (account, nth) => {
      const { run_id } = await leased(world, account);
      const expire = "UPDATE runs SET lease_expires_at = now() - make_interval(mins => $2::int) WHERE run_id = $1";
      await world.owner.query(expire, [run_id, 60 - nth]);
      return run_id;
    });
    const turn: LeaseCursor = { after: undefined };
    const found = await twoRounds(
      runs,
      "requeue-expired",
      (db) => sweepLeases(deps(db), 3, NEVER, turn),
      async (run_id) => (await status(run_id)) === "QUEUED",
    );
    expect(found).toEqual(NONE_THEN_THE_REST);
  });

  it("the claimed sweep", async () => {
    const runs = await each(5, async (account, nth) => {
      const { run_id } = await claimed(world, account);
      const age = "UPDATE runs SET claimed_at = now() - make_interval(mins => $2::int) WHERE run_id = $1";
      await world.owner.query(age, [run_id, 60 - nth]);
      return run_id;
    });
    const turn: ClaimedCursor = { after: undefined };
    const found = await twoRounds(
      runs,
      "roll-back",
      (db) => sweepClaims(deps(db), { claimed_seconds: 120, max_attempts: 3 }, NEVER, turn),
      async (run_id) => (await status(run_id)) === "QUEUED",
    );
    expect(found).toEqual(NONE_THEN_THE_REST);
  });

  it("the retention sweep", async () => {
    const runs = await each(5, async (account, nth) => {
      const work = await claimed(world, account);
      await complete(world, work, 7_000);
      const age = "UPDATE runs SET retention_until = now() - make_interval(mins => $2::int) WHERE run_id = $1";
      await world.owner.query(age, [work.run_id, 60 - nth]);
      return work.run_id;
    });
    const turn: RetentionCursor = { after: undefined };
    const isPurged = async (run_id: string) =>
      (await world.owner.query("SELECT FROM runs WHERE run_id = $1 AND purged_at IS NOT NULL", [run_id])).length === 1;
    const sweep = (db: Db) => sweepRetention(deps(db), turn, NEVER);
    expect(await twoRounds(runs, "begin-purge", sweep, isPurged)).toEqual(NONE_THEN_THE_REST);
  });
});
