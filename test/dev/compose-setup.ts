import { existsSync, writeFileSync } from "node:fs";
import pg from "pg";
import { z } from "zod";
import { createPgDb } from "../../backend/drivers/pg.ts";
import { createDemoTenant } from "./demo-tenant.ts";

// The job `setup` of backend/deploy/compose.yaml: lets the roles of the migrations log in, and makes two tenants once.

const TIMEOUT_MS = 10_000;
const env = z
  .object({
    DATABASE_URL: z.url(),
    EDGE_PASSWORD: z.string().min(1),
    BACKEND_PASSWORD: z.string().min(1),
    DPP_DEV_DIR: z.string().min(1),
  })
  .parse(process.env);

async function letRolesIn(): Promise<void> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    for (const [role, password] of [
      ["dpp_edge", env.EDGE_PASSWORD],
      ["dpp_backend", env.BACKEND_PASSWORD],
    ] as const)
      await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
}

async function makeTenants(file: string): Promise<void> {
  if (existsSync(file)) return;
  const { db, close } = createPgDb({
    connectionString: env.DATABASE_URL,
    max: 1,
    statement_timeout_ms: TIMEOUT_MS,
    connect_timeout_ms: TIMEOUT_MS,
    application_name: "dpp-setup",
  });
  try {
    const tenants = [await createDemoTenant(db, { name: "Ada" }), await createDemoTenant(db, { name: "Grace" })];
    writeFileSync(file, JSON.stringify(tenants, null, 2), { mode: 0o600 });
  } finally {
    await close();
  }
}

await letRolesIn();
const file = `${env.DPP_DEV_DIR}/tenants.json`;
await makeTenants(file);
console.log(`two tenants with their keys: ${file}`);
