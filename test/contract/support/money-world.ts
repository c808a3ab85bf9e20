import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { newId } from "#core/domain/ids.ts";
import { type Micros, micros, minimumFee } from "#core/domain/money.ts";
import { createKey, type KeyProperties } from "#core/store/keys/create-key.ts";
import { createTenant } from "#core/store/tenants/create-tenant.ts";
import { definePlan, type PlanChange } from "#core/store/plans/define-plan.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { type Submission, type SubmitAnswer, submitRun } from "#core/store/runs/submit-run.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { createPgDb, type OpenDb, type PgDb } from "../../../backend/drivers/pg.ts";
import { createTestDatabase, type DatabaseUrls } from "../../dev/database.ts";
import audit from "./ledger-audit.sql";

export const newRunId = (): string => newId(Date.now(), randomBytes(16));

export interface Account {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_sha256: string;
}

interface AccountOptions {
  readonly funds?: number;
  readonly plan?: PlanChange | null;
  readonly key?: Partial<KeyProperties>;
}

export interface MoneyWorld {
  /** Connected as the role of this name. */
  readonly owner: OpenDb;
  readonly edge: OpenDb;
  readonly backend: OpenDb;
  readonly ownerUrl: string;
  readonly urls: DatabaseUrls;
  account(options?: AccountOptions): Promise<Account>;
  key(tenant_id: string, properties?: Partial<KeyProperties>): Promise<Account>;
  submit(run: Submission, options?: { mode?: "reserve" | "look"; deadline_ms?: number }): Promise<SubmitAnswer>;
  /** Every figure that the ledger contradicts. */
  imbalances(): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** A database of its own with the product's drivers on it, one per role. */
export async function createMoneyWorld(): Promise<MoneyWorld> {
  const database = await createTestDatabase(inject("stack").databaseUrl);
  const connect = (connectionString: string): PgDb =>
    createPgDb({
      connectionString,
      max: 12,
      statement_timeout_ms: 60_000,
      connect_timeout_ms: 60_000,
      application_name: "test",
    });
  const pools = { owner: connect(database.owner), edge: connect(database.edge), backend: connect(database.backend) };
  const { db: owner } = pools.owner;

  const key: MoneyWorld["key"] = async (tenant_id, properties = {}) => {
    const key_id = randomUUID();
    const key_sha256 = parseApiKey(newApiKey("test", randomBytes(API_KEY_RANDOM_BYTES)))?.sha256 ?? "";
    const plain = { name: "key", mode: "test", scopes: ["submit", "read"], expires_at: undefined } as const;
    const unlimited = { submit_per_minute: undefined, read_per_minute: undefined, spending_cap: undefined };
    await createKey(owner, { ...plain, ...unlimited, ...properties, tenant_id, key_id, key_sha256 });
    return { tenant_id, key_id, key_sha256 };
  };

  return {
    owner,
    ownerUrl: database.owner,
    urls: database,
    edge: pools.edge.db,
    backend: pools.backend.db,
    key,
    account: async ({ funds = 1_000_000, plan = {}, key: properties = {} } = {}) => {
      const tenant_id = randomUUID();
      const plan_id = plan === null ? undefined : `plan-${tenant_id}`;
      if (plan_id !== undefined) await definePlan(owner, plan_id, { max_open_runs: 1_000, ...plan }, ["decision"]);
      await createTenant(owner, { tenant_id, name: "tenant", plan_id });
      if (funds > 0) await grantCredit(owner, { tenant_id, grant_id: `start ${tenant_id}`, amount: micros(funds) });
      return await key(tenant_id, properties);
    },
    submit: (run, { mode = "reserve", deadline_ms = Date.now() + 60_000 } = {}) =>
      submitRun(pools.edge.db, run, { mode, deadline_ms }),
    imbalances: () => owner.query(audit, []),
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
      await database.drop();
    },
  };
}

/** A run that costs 0.0100 USD at most, with an idempotency key of its own. */
export function submission(account: Account, change: Partial<Submission> = {}): Submission {
  const reserve: Micros = change.reserve ?? micros(10_000);
  return {
    key_sha256: account.key_sha256,
    run_id: newRunId(),
    idempotency_key: `key-${randomUUID()}`,
    payload_sha256: "ab".repeat(32),
    pack_type: "decision",
    pack_version: "1",
    inputs: "{}",
    metadata: {},
    reserve,
    minimum_fee: minimumFee(reserve, reserve),
    timebox_sec: 90,
    min_reliability: null,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ...change,
  };
}

export async function balanceOf(world: MoneyWorld, { tenant_id }: Account): Promise<Record<string, number>> {
  const found = await tenantBalance(world.owner, tenant_id);
  if (found === undefined) throw new Error("no balance");
  const { granted, charged, reserved, available, open_runs } = found;
  return { granted, charged, reserved, available, open_runs };
}

export const outcomes = (answers: readonly SubmitAnswer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

export const isDatabaseError = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;
