import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Scope } from "#core/domain/plan.ts";
import type { Redis } from "#core/ports/redis.ts";
import { createOwnKey } from "#core/store/keys/create-own-key.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { rotateOwnKey } from "#core/store/keys/rotate-own-key.ts";
import { admissionSnapshot, tenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { MIRROR_MS, tenantKeys } from "#core/store/redis/keys.ts";
import { settle } from "#core/store/redis/settle.ts";
import { micros } from "#core/domain/money.ts";
import { syncKey } from "#core/store/sync-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld } from "./support/money-world.ts";
import { GRACE, KEY, keyOf, request, shieldHarness } from "./support/shield-harness.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

const ALL: readonly Scope[] = ["submit", "read", "admin"];
const hashes = () => ({
  key_id: randomUUID(),
  live_sha256: randomBytes(32).toString("hex"),
  test_sha256: randomBytes(32).toString("hex"),
});
const WANTED = { name: "key", scopes: ALL };

/** Keys of a tenant that were revoked so many minutes ago. */
const fill = (tenant_id: string, count: number, minutes: number) =>
  world.owner.query(
    `INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, status, spending_id, created_at, revoked_at)
     SELECT id, $1, sha256(id::text::bytea), 'filler', 'test', '{read}', 'revoked', id, ended, ended
       FROM (SELECT gen_random_uuid() AS id, wall_clock() - make_interval(mins => $3::integer) AS ended
               FROM generate_series(1, $2::integer)) AS made`,
    [tenant_id, count, minutes],
  );

/** Every key that a script may touch, for it touches none that it does not name. */
function counting(redis: Redis) {
  const touched: string[] = [];
  const run: Redis["run"] = (script, keys, args) => {
    touched.push(...keys);
    return redis.run(script, keys, args);
  };
  return { redis: { ...redis, get: redis.get.bind(redis), set: redis.set.bind(redis), run }, touched };
}

describe.each(redisEngines())("mirrored keys on %s", (engine) => {
  const shield = shieldHarness(engine);
  const stores = () => ({ db: world.backend, redis: shield.redis });
  const read = ({ tenant_id, key_sha256 }: Pick<Account, "tenant_id" | "key_sha256">) =>
    authorize(shield.redis, { tenant_id, key_sha256, scope: "read" }).then(({ kind }) => kind);

  test("a key that is revoked is told by itself, whatever else its tenant has", async () => {
    const account = await world.account();
    await fill(account.tenant_id, 7_000, 90);
    const other = await world.key(account.tenant_id);
    await syncTenant(stores(), { tenant_id: account.tenant_id }, GRACE);
    expect(await read(other)).toBe("ALLOWED");
    await revokeKey(world.owner, other.key_id);
    const { redis, touched } = counting(shield.redis);
    await syncKey({ db: world.edge, redis }, { key_sha256: account.key_sha256, key_id: other.key_id });
    expect(touched).toEqual([tenantKeys(account.tenant_id).key(other.key_sha256)]);
    expect([await read(other), await read(account)]).toEqual(["UNAUTHORIZED", "ALLOWED"]);
    // By its own hand too; but never by a key of another tenant.
    await syncKey({ db: world.edge, redis }, { key_sha256: other.key_sha256, key_id: other.key_id });
    const stranger = await world.account();
    await syncKey({ db: world.edge, redis }, { key_sha256: stranger.key_sha256, key_id: other.key_id });
    expect(touched).toHaveLength(2);
  });

  test("a load writes the key that asks, and a sync those that live or ended within the hour", async () => {
    const account = await world.account();
    const keys = tenantKeys(account.tenant_id);
    await fill(account.tenant_id, 300, 61);
    await fill(account.tenant_id, 3, 59);
    const load = counting(shield.redis);
    await syncTenant({ db: world.edge, redis: load.redis }, { key_sha256: account.key_sha256 }, GRACE);
    expect(load.touched).toEqual([keys.open, keys.budget, keys.plan, keys.key(account.key_sha256)]);
    const sync = counting(shield.redis);
    await syncTenant({ db: world.backend, redis: sync.redis }, account, GRACE);
    // The clock of the node that the tenant is on, the mirror, the key that asks, and those that ended within the hour.
    expect(sync.touched).toHaveLength(1 + 3 + 1 + 3);
  });

  test("a key that ended long ago, and is forgotten, is loaded as one that has ended", async () => {
    const account = await world.account();
    await revokeKey(world.owner, account.key_id);
    await world.owner.query("UPDATE api_keys SET revoked_at = '2020-01-01' WHERE key_id = $1", [account.key_id]);
    expect((await tenantSnapshot(world.backend, account.tenant_id))?.keys).toEqual([]);
    expect(await read(account)).toBe("NOT_LOADED");
    await syncTenant({ db: world.edge, redis: shield.redis }, { key_sha256: account.key_sha256 }, GRACE);
    expect(await read(account)).toBe("UNAUTHORIZED");
  });

  test("a sync writes no key again that is mirrored in its version, and one of an earlier form once more", async () => {
    const account = await world.account();
    const at = tenantKeys(account.tenant_id).key(account.key_sha256);
    const sync = () => syncTenant(stores(), account, GRACE);
    await sync();
    await shield.raw.hset(at, "key_id", "untouched");
    await sync();
    expect(await shield.raw.hget(at, "key_id")).toBe("untouched");
    await shield.raw.hdel(at, "read_limits", "submit_limits");
    expect(await read(account)).toBe("NOT_LOADED");
    await sync();
    expect([await shield.raw.hget(at, "key_id"), await read(account)]).toEqual([account.key_id, "ALLOWED"]);
  });

  test("a key of an earlier form is written again though its version is above all that a failover of Postgres left", async () => {
    const account = await world.account();
    const at = tenantKeys(account.tenant_id).key(account.key_sha256);
    for (const write of [
      () => syncTenant(stores(), account, GRACE),
      () => syncTenant({ db: world.edge, redis: shield.redis }, { key_sha256: account.key_sha256 }, GRACE),
      () => syncKey({ db: world.edge, redis: shield.redis }, account),
    ]) {
      await syncTenant(stores(), account, GRACE);
      await shield.raw.hset(at, "version", "9000000000000");
      await write();
      expect(await shield.raw.hget(at, "version")).toBe("9000000000000");
      await shield.raw.hdel(at, "read_limits", "submit_limits");
      await write();
      expect([Number(await shield.raw.hget(at, "version")), await read(account)]).toEqual([
        expect.toSatisfy((version: number) => version > 0 && version < 9_000_000_000_000),
        "ALLOWED",
      ]);
    }
  });

  test("all that is mirrored has a time to live, which a sync and a load begin again", async () => {
    const account = await world.account();
    const lives = async () => {
      const names = await shield.raw.keys(`{${account.tenant_id}}:*`);
      const each = async (name: string) => [name, await shield.raw.pttl(name)] as const;
      return Object.fromEntries<number>(await Promise.all(names.map(each)));
    };
    for (const who of [account, { key_sha256: account.key_sha256 }]) {
      const db = "tenant_id" in who ? world.backend : world.edge;
      await syncTenant({ db, redis: shield.redis }, who, GRACE);
      // The set of open runs comes and goes with them.
      const run = request(account.tenant_id, { key_sha256: account.key_sha256 });
      for (const _ of [1, 2]) {
        expect(await shield.kind({ ...run, idempotency_sha256: randomBytes(32).toString("hex") })).toBe("RESERVED");
        expect(Math.min(...Object.values(await lives()))).toBeGreaterThan(0);
        await settle(shield.redis, { tenant_id: account.tenant_id, run_id: run.run_id, charged: micros(0) });
      }
      const keys = tenantKeys(account.tenant_id);
      for (const name of [keys.budget, keys.plan, keys.key(account.key_sha256)]) {
        const life = (await lives())[name] ?? 0;
        expect(life).toBeGreaterThan(MIRROR_MS - 600_000);
        expect(life).toBeLessThanOrEqual(MIRROR_MS);
        await shield.raw.pexpire(name, 1_000_000);
      }
    }
  });

  test("a key counts against its maker's rate as well as its own, and is refused by either", async () => {
    const maker = { id: randomUUID(), per_minute: 3 };
    const limits = [
      [maker],
      [maker, { id: randomUUID(), per_minute: 3 }],
      [maker, { id: randomUUID(), per_minute: 600_000 }],
    ];
    const shas = limits.map(() => randomBytes(32).toString("hex"));
    const keys = limits.map((read_limits, index) => keyOf({ sha256: shas[index] ?? KEY, read_limits }));
    const { tenant_id } = await shield.loaded({ keys }, { read_burst: 3 });
    const kinds = [];
    for (const key_sha256 of [...shas, ...shas]) kinds.push(await read({ tenant_id, key_sha256 }));
    expect(kinds).toEqual(["ALLOWED", "ALLOWED", "ALLOWED", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
    expect(await shield.raw.pttl(tenantKeys(tenant_id).keyRates("read"))).toBeGreaterThan(0);
  });

  test("rates of keys that are used no more do not pile up", async () => {
    const { tenant_id } = await shield.loaded({}, {}, { read_per_minute: 60 });
    const at = tenantKeys(tenant_id).keyRates("read");
    await shield.raw.hset(at, Object.fromEntries(Array.from({ length: 511 }, (_, index) => [`old-${index}`, "1000"])));
    expect(await read({ tenant_id, key_sha256: KEY })).toBe("ALLOWED");
    expect(await shield.raw.hlen(at)).toBe(1);
  });
});

describe("what a key with a rate of its own makes", () => {
  const limitsOf = async (key_sha256: string) => {
    const [key] = (await admissionSnapshot(world.edge, key_sha256))?.keys ?? [];
    return {
      submit: key?.submit_limits.map(({ id }) => id).toSorted(),
      read: key?.read_limits.map(({ id }) => id).toSorted(),
    };
  };
  const make = async (key_sha256: string, rates = {}) => {
    const made = hashes();
    const { outcome } = await createOwnKey(world.edge, key_sha256, { ...WANTED, ...rates }, made);
    return { outcome, key_id: made.key_id, key_sha256: made.test_sha256 };
  };
  const ids = (...keys: readonly { readonly key_id: string }[]) => keys.map(({ key_id }) => key_id).toSorted();

  test("counts against it, and so on down, across rotations, for each class by itself", async () => {
    const account = await world.account({ key: { scopes: ALL, submit_per_minute: 60 } });
    const child = await make(account.key_sha256, { read_per_minute: 10 });
    const grandchild = await make(child.key_sha256, { submit_per_minute: 5 });
    expect(await limitsOf(account.key_sha256)).toEqual({ submit: ids(account), read: [] });
    expect(await limitsOf(child.key_sha256)).toEqual({ submit: ids(account, child), read: ids(child) });
    const all = { submit: ids(account, child, grandchild), read: ids(child, grandchild) };
    expect(await limitsOf(grandchild.key_sha256)).toEqual(all);
    const next = hashes();
    const old = { key_id: grandchild.key_id, grace_seconds: 60 };
    expect(await rotateOwnKey(world.edge, account.key_sha256, old, next)).toMatchObject({ outcome: "rotated" });
    expect(await limitsOf(next.test_sha256)).toEqual(all);
  });

  test("is four deep at most, and what a key without a rate makes is not counted", async () => {
    const root = await world.account({ key: { scopes: ALL } });
    const plain = await make(root.key_sha256, {});
    expect(await limitsOf(plain.key_sha256)).toEqual({ submit: [], read: [] });
    let maker = await make(plain.key_sha256, { submit_per_minute: 100 });
    for (let depth = 1; depth <= 4; depth++) {
      maker = await make(maker.key_sha256);
      expect(maker.outcome).toBe("created");
    }
    expect(await make(maker.key_sha256)).toMatchObject({ outcome: "over-makers" });
  });

  test("is all that it may rotate, besides itself: the rate of another's key would come on top of its own", async () => {
    const admin = await world.account({ key: { scopes: ALL } });
    const limited = await make(admin.key_sha256, { submit_per_minute: 60, read_per_minute: 60 });
    const mine = await make(limited.key_sha256);
    const others = await make(admin.key_sha256, { submit_per_minute: 1, read_per_minute: 1 });
    const rotate = async (key_id: string) =>
      (await rotateOwnKey(world.edge, limited.key_sha256, { key_id, grace_seconds: 60 }, hashes())).outcome;
    expect([await rotate(others.key_id), await rotate(mine.key_id), await rotate(limited.key_id)]).toEqual([
      "over-rate",
      "rotated",
      "rotated",
    ]);
  });
});
