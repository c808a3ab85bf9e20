import { micros } from "#core/domain/money.ts";
import { newId } from "#core/domain/ids.ts";
import type { Db } from "#core/ports/db.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { dbOf, redisOf } from "../ports.ts";
import { SimProcess } from "../scheduler.ts";
import type { World } from "../world.ts";
import { addKey, addTenant } from "../../../dev/add-tenant.ts";

/** A key of a tenant, as its client knows it. */
export interface Account {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_sha256: string;
  readonly plan_id: string;
  /** The operator was told that the key is revoked. */
  is_revoked: boolean;
}

export interface TenantWishes {
  readonly funds: number;
  readonly max_open_runs: number;
  readonly spending_cap: number | undefined;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A tenant with a plan, credit and one key, made before anything can go wrong. */
export async function createAccount(world: World, wishes: TenantWishes): Promise<Account> {
  const { random, scheduler, stores } = world;
  const db: Db = { query: (statement, values) => stores.postgres.query("owner", statement, values, scheduler.now()) };
  const id = () => newId(scheduler.now(), random.bytes(16));
  const tenant_id = id();
  const plan_id = `plan-${tenant_id}`;
  const limits = { max_open_runs: wishes.max_open_runs, retention_days: 1, submit_burst: 20 };
  await definePlan(db, plan_id, limits, ["decision"]);
  await addTenant(db, { tenant_id, plan_id, funds: wishes.funds });
  const key = { tenant_id, key_id: id(), key_sha256: hex(random.bytes(32)) };
  const spending_cap = wishes.spending_cap === undefined ? undefined : micros(wishes.spending_cap);
  await addKey(db, tenant_id, { ...key, spending_cap });
  await world.look();
  return { ...key, plan_id, is_revoked: false };
}

/** An operator's command: Postgres first, then the mirror. It may die in between, and be given again. */
export async function command(world: World, account: Account, work: (db: Db) => Promise<unknown>): Promise<boolean> {
  const process = new SimProcess("operator");
  const db = dbOf(world, process, "owner");
  const ended = new Promise<false>((resolve) => process.onCrash(() => resolve(false)));
  const done = (async () => {
    await work(db);
    await syncTenant(
      { db, redis: redisOf(world, process) },
      { tenant_id: account.tenant_id },
      world.settings.grace_seconds,
    );
    return true;
  })().catch((error: unknown) => {
    world.fault("operator", error);
    return false;
  });
  return Promise.race([done, ended]);
}

/** The same payment is often told of twice. */
export function grant(world: World, account: Account, grant_id: string, amount: number): Promise<boolean> {
  const { tenant_id } = account;
  return command(world, account, (db) => grantCredit(db, { tenant_id, grant_id, amount: micros(amount) }));
}

/** A payment that was taken back; what is no longer there is a finding. */
export function clawBack(world: World, account: Account, clawback_id: string, amount: number): Promise<boolean> {
  const { tenant_id } = account;
  return command(world, account, (db) => clawbackCredit(db, { tenant_id, clawback_id, amount: micros(amount) }));
}

export async function revoke(world: World, account: Account): Promise<void> {
  await command(world, account, async (db) => {
    await revokeKey(db, account.key_id);
    // From here on the operator knows that the key is dead.
    account.is_revoked = true;
  });
}

export function limitOpenRuns(world: World, account: Account, max_open_runs: number): Promise<boolean> {
  return command(world, account, (db) => definePlan(db, account.plan_id, { max_open_runs }, ["decision"]));
}

/** No new runs for a while. */
export async function closeShop(world: World, account: Account, mode: "read-only" | "halt", ms: number): Promise<void> {
  await command(world, account, async (db) => {
    await setSwitch(db, mode);
    world.closure = { mode };
  });
  world.scheduler.after(ms, undefined, async () => {
    world.closure = undefined;
    const { postgres } = world.stores;
    await setSwitch(
      { query: (statement, values) => postgres.query("owner", statement, values, world.scheduler.now()) },
      "normal",
    );
  });
}
