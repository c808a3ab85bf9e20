import type { OpenDb } from "../../../backend/drivers/pg.ts";
import { parseApiKey } from "#core/domain/api-key.ts";
import { micros } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import type { Redis } from "#core/ports/redis.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { setPlan } from "#core/store/plans/set-plan.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { createDemoTenant } from "../../dev/demo-tenant.ts";
import type { BenchTenant } from "./load-order.ts";

const PLAN = "bench";
const CREDIT = 100_000_000_000;
const GRACE_SECONDS = 90;

/** As many open runs as a plan may allow: with no worker running, a tenant takes so many submits and no more. */
export const MAX_OPEN_RUNS = 10_000;

/** Tenants that nothing but the number of their open runs holds back, mirrored in Redis already. */
export async function createBenchTenants(
  stores: { readonly db: OpenDb; readonly redis: Redis },
  count: number,
): Promise<readonly BenchTenant[]> {
  const { db } = stores;
  await definePlan(
    db,
    PLAN,
    {
      submit_per_minute: 600_000,
      submit_burst: 100_000,
      read_per_minute: 600_000,
      read_burst: 100_000,
      max_open_runs: MAX_OPEN_RUNS,
      max_cost_micros: micros(10_000_000),
    },
    [...catalog.keys()],
  );
  const tenants: BenchTenant[] = [];
  for (let index = 0; index < count; index += 1) {
    const tenant = await createDemoTenant(db, { name: "Bench", credit: CREDIT });
    await setPlan(db, tenant.tenant_id, PLAN);
    await syncTenant(stores, { key_sha256: parseApiKey(tenant.api_key)?.sha256 ?? "" }, GRACE_SECONDS);
    tenants.push(tenant);
  }
  return tenants;
}

/** Runs of each tenant, in the order of the tenants. */
export function runsOf(db: OpenDb, tenants: readonly BenchTenant[]): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    tenants.map(async ({ tenant_id }) => {
      const rows = await db.query("SELECT run_id FROM runs WHERE tenant_id = $1::uuid", [tenant_id]);
      return rows.map((row) => String(row["run_id"]));
    }),
  );
}
