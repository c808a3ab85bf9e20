import { randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { newId } from "#core/domain/ids.ts";
import { type Micros, micros, minimumFee } from "#core/domain/money.ts";
import type { KeyProperties } from "#core/store/keys/create-key.ts";
import { type Submission, type SubmitResult, submitRun } from "#core/store/runs/submit-run.ts";
import { tenantBalance } from "#core/store/tenants/tenant-balance.ts";
import { createPgDb, type OpenDb, type PgDb } from "../../../backend/drivers/pg.ts";
import { type Account, type AccountOptions, addAccount, addKey } from "../../dev/add-tenant.ts";
import { createTestDatabase, type DatabaseUrls } from "../../dev/database.ts";
import { SUBMITTED } from "../../support/submission.ts";
import audit from "./ledger-audit.sql";

export const newRunId = (): string => newId(Date.now(), randomBytes(16));

export interface MoneyWorld {
  /** Connected as the role of this name. */
  readonly owner: OpenDb;
  readonly edge: OpenDb;
  readonly backend: OpenDb;
  readonly ownerUrl: string;
  readonly urls: DatabaseUrls;
  account(options?: AccountOptions): Promise<Account>;
  key(tenant_id: string, properties?: Partial<KeyProperties>): Promise<Account>;
  submit(run: Submission, options?: { mode?: "reserve" | "dry-run"; deadline_ms?: number }): Promise<SubmitResult>;
  /** Every figure that the ledger contradicts. */
  imbalances(): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const USUAL = { funds: 1_000_000, plan: { max_open_runs: 1_000 }, pack_types: ["decision"] };

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

  return {
    owner,
    ownerUrl: database.owner,
    urls: database,
    edge: pools.edge.db,
    backend: pools.backend.db,
    key: (tenant_id, properties = {}) => addKey(owner, tenant_id, properties),
    account: (options = {}) => addAccount(owner, options, USUAL),
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
export function submission(account: Pick<Account, "key_sha256">, change: Partial<Submission> = {}): Submission {
  const reserve: Micros = change.reserve ?? micros(10_000);
  return {
    key_sha256: account.key_sha256,
    run_id: newRunId(),
    idempotency_key: `key-${randomUUID()}`,
    payload_sha256: "ab".repeat(32),
    ...SUBMITTED,
    inputs: "{}",
    reserve,
    minimum_fee: minimumFee(reserve, reserve),
    ...change,
  };
}

export async function balanceOf(
  world: MoneyWorld,
  { tenant_id }: Pick<Account, "tenant_id">,
): Promise<Record<string, number>> {
  const found = await tenantBalance(world.owner, tenant_id);
  if (found === undefined) throw new Error("no balance");
  const { granted, charged, reserved, available, open_runs } = found;
  return { granted, charged, reserved, available, open_runs };
}

export const outcomes = (answers: readonly SubmitResult[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

export const isDatabaseError = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;
