import { newId } from "#core/domain/ids.ts";
import { micros } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import type { Db } from "#core/ports/db.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { addKey, addTenant } from "../../dev/add-tenant.ts";

export interface ChaosKey {
  readonly key_id: string;
  readonly api_key: string;
}

/** A tenant and what is known of it; `keys` changes as keys are made and revoked. */
export interface ChaosTenant {
  readonly name: TenantName;
  readonly tenant_id: string;
  keys: readonly ChaosKey[];
  /** Runs that somebody was told of. */
  readonly runs: string[];
}

export type TenantName = keyof typeof TENANTS;

const GENEROUS = { submit_per_minute: 600_000, submit_burst: 10_000, read_per_minute: 600_000, read_burst: 10_000 };
const PLANS = {
  generous: { ...GENEROUS, max_open_runs: 1_000, max_cost_micros: micros(1_000_000) },
  narrow: { ...GENEROUS, max_open_runs: 3, max_cost_micros: micros(1_000_000) },
  /** Refuses the url pack, and what costs more than the cheapest of our runs. */
  strict: { ...GENEROUS, max_open_runs: 1_000, max_cost_micros: micros(20_000), pack_types: ["decision"] },
} as const;
type PlanName = keyof typeof PLANS;

/**
 * rich: enough of everything. poor: less credit than is asked for, so that 422 is its daily bread. narrow: few open runs
 * at once. capped: its second key has a budget of its own. changing: its keys are revoked and its plan changes.
 */
export const TENANTS = {
  rich: { plan: "generous", share: 8, first_grant: 1_000_000_000, caps: [undefined, undefined] },
  poor: { plan: "generous", share: 5, first_grant: 60_000, caps: [undefined] },
  narrow: { plan: "narrow", share: 3, first_grant: 100_000_000, caps: [undefined] },
  capped: { plan: "generous", share: 3, first_grant: 100_000_000, caps: [undefined, 60_000] },
  changing: { plan: "generous", share: 3, first_grant: 100_000_000, caps: [undefined, undefined] },
} as const satisfies Record<
  string,
  { plan: PlanName; share: number; first_grant: number; caps: readonly (number | undefined)[] }
>;

/** Plans that the changing tenant moves between. */
export const CHANGES: readonly PlanName[] = ["generous", "strict"];

const random = createRandom();
const id = () => newId(Date.now(), random.bytes(16));

export const addChaosKey = (db: Db, tenant_id: string, cap: number | undefined): Promise<ChaosKey> =>
  addKey(db, tenant_id, { key_id: id(), name: "chaos", spending_cap: cap === undefined ? undefined : micros(cap) });

/** The tenants with their plans and keys, and no credit yet. */
export async function createTenants(db: Db): Promise<readonly ChaosTenant[]> {
  for (const [name, plan] of Object.entries(PLANS)) await definePlan(db, name, plan, [...catalog.keys()]);
  const tenants: ChaosTenant[] = [];
  for (const [name, { plan, caps }] of Object.entries(TENANTS) as [TenantName, (typeof TENANTS)[TenantName]][]) {
    const tenant_id = id();
    await addTenant(db, { tenant_id, name, plan_id: plan });
    const keys: ChaosKey[] = [];
    for (const cap of caps) keys.push(await addChaosKey(db, tenant_id, cap));
    tenants.push({ name, tenant_id, keys, runs: [] });
  }
  return tenants;
}

export const mostOpen = (tenant: ChaosTenant): number => PLANS[TENANTS[tenant.name].plan].max_open_runs;
