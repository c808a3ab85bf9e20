import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { newId } from "#core/domain/ids.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import type { Scope } from "#core/domain/plan.ts";
import type { Db } from "#core/ports/db.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { createPgDb, type OpenDb } from "../../backend/drivers/pg.ts";
import { createRandom } from "../../backend/drivers/random.ts";
import { addKey, addTenant, GENEROUS } from "./add-tenant.ts";
import type { System } from "./system.ts";

const PLAN = "development";
const CREDIT = 100_000_000;
const random = createRandom();

const demoTenant = z.object({ tenant_id: z.guid(), name: z.string(), api_key: z.string(), admin_key: z.string() });
export type DemoTenant = z.infer<typeof demoTenant>;

export interface TenantWishes {
  readonly name: string;
  readonly credit?: number;
}

/** The plan of all packs that there are now. */
const generousPlan = (db: OpenDb) =>
  definePlan(db, PLAN, { ...GENEROUS, max_open_runs: 5_000, pack_types: [...catalog.keys()] }, []);

/** A tenant on a roomy plan, with credit, an everyday key and an admin key. */
export async function createDemoTenant(db: Db, wishes: TenantWishes): Promise<DemoTenant> {
  await generousPlan(db);
  const tenant_id = newId(Date.now(), random.bytes(16));
  await addTenant(db, { tenant_id, name: wishes.name, plan_id: PLAN, funds: wishes.credit ?? CREDIT });
  const key = async (name: string, scopes: readonly Scope[]) => (await addKey(db, tenant_id, { name, scopes })).api_key;
  return {
    tenant_id,
    name: wishes.name,
    api_key: await key("everyday", ["submit", "read"]),
    admin_key: await key("admin", ["submit", "read", "admin"]),
  };
}

/** Runs `use` with the owner's database. */
export async function withOwner<T>(system: System, use: (db: OpenDb) => Promise<T>): Promise<T> {
  const owner = createPgDb({
    connectionString: system.stack.databaseUrl,
    max: 2,
    statement_timeout_ms: 10_000,
    connect_timeout_ms: 10_000,
    application_name: "dpp-demo",
  });
  return use(owner.db).finally(() => owner.close());
}

/** The two tenants of `npm run dev`; their keys are kept in a file, since the database knows only hashes. */
export async function demoTenants(system: System, file: string): Promise<readonly DemoTenant[]> {
  if (existsSync(file)) {
    // Packs may have come since.
    await withOwner(system, generousPlan);
    return z.array(demoTenant).parse(JSON.parse(readFileSync(file, "utf8")));
  }
  const tenants = await withOwner(system, async (db) => [
    await createDemoTenant(db, { name: "Ada" }),
    await createDemoTenant(db, { name: "Grace" }),
  ]);
  writeFileSync(file, JSON.stringify(tenants), { mode: 0o600 });
  return tenants;
}
