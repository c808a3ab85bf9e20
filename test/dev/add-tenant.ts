import { randomBytes, randomUUID } from "node:crypto";
import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { micros } from "#core/domain/money.ts";
import type { Db } from "#core/ports/db.ts";
import { createKey, type KeyProperties } from "#core/store/keys/create-key.ts";
import { createTenant } from "#core/store/tenants/create-tenant.ts";
import { definePlan, type PlanChange } from "#core/store/plans/define-plan.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";

/** A tenant with one key. */
export interface Account {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_sha256: string;
  readonly api_key: string;
}

export interface AccountOptions {
  /** In micros. */
  readonly funds?: number;
  /** Of a plan of its own; null: none. */
  readonly plan?: PlanChange | null;
  readonly key?: Partial<KeyProperties>;
}

/** A plan that is in nobody's way. */
export const GENEROUS = {
  submit_per_minute: 600_000,
  submit_burst: 10_000,
  read_per_minute: 600_000,
  read_burst: 10_000,
  max_open_runs: 1_000,
  max_cost_micros: micros(10_000_000),
};

export const newKey = (): string => newApiKey("test", randomBytes(API_KEY_RANDOM_BYTES));

const PLAIN = {
  name: "key",
  mode: "test",
  scopes: ["submit", "read"],
  expires_at: undefined,
  submit_per_minute: undefined,
  read_per_minute: undefined,
  spending_cap: undefined,
} as const;

/** A key of a tenant. One whose ids are given has an `api_key` that is not its own. */
export async function addKey(
  owner: Db,
  tenant_id: string,
  properties: Partial<KeyProperties & Account> = {},
): Promise<Account> {
  const api_key = newKey();
  const made = { key_id: randomUUID(), key_sha256: parseApiKey(api_key)?.sha256 ?? "", ...properties, tenant_id };
  await createKey(owner, { ...PLAIN, ...made });
  return { tenant_id, key_id: made.key_id, key_sha256: made.key_sha256, api_key };
}

export async function grant(owner: Db, tenant_id: string, funds: number, grant_id: string = randomUUID()) {
  await grantCredit(owner, { tenant_id, grant_id, amount: micros(funds) });
}

interface Tenant {
  readonly tenant_id?: string;
  readonly name?: string;
  readonly plan_id: string | undefined;
  readonly funds?: number;
}

/** A tenant without a key. */
export async function addTenant(owner: Db, { tenant_id = randomUUID(), name = "tenant", plan_id, funds = 0 }: Tenant) {
  await createTenant(owner, { tenant_id, name, plan_id });
  if (funds > 0) await grant(owner, tenant_id, funds, `start ${tenant_id}`);
  return tenant_id;
}

/** What an account has that asks for nothing else. */
export interface Usual {
  readonly funds: number;
  readonly plan: PlanChange;
  readonly pack_types: readonly string[];
}

export async function addAccount(owner: Db, options: AccountOptions, usual: Usual): Promise<Account> {
  const { funds = usual.funds, plan = {}, key = {} } = options;
  const tenant_id = randomUUID();
  const plan_id = plan === null ? undefined : `plan-${tenant_id}`;
  if (plan_id !== undefined) await definePlan(owner, plan_id, { ...usual.plan, ...plan }, usual.pack_types);
  await addTenant(owner, { tenant_id, plan_id, funds });
  return await addKey(owner, tenant_id, key);
}
