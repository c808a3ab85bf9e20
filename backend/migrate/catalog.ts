import type { ClientBase } from "pg";
import { z } from "zod";
import catalogSql from "./catalog.sql";
import roleFaultsSql from "./role-faults.sql";

const object = z.object({ kind: z.string(), name: z.string(), definition: z.string() });

/** What schema public holds: definition by "kind name". */
export type Catalog = ReadonlyMap<string, string>;

export async function readCatalog(client: ClientBase): Promise<Catalog> {
  await client.query("SET search_path = pg_catalog");
  const { rows } = await client.query<Record<string, unknown>>(catalogSql);
  await client.query("RESET search_path");
  return new Map(
    z
      .array(object)
      .parse(rows)
      .map(({ kind, name, definition }) => [`${kind} ${name}`, definition]),
  );
}

/** Attributes and memberships that would lift a role of the migrations above its grants. */
export async function readRoleFaults(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<Record<string, unknown>>(roleFaultsSql);
  return z
    .array(z.object({ fault: z.string() }))
    .parse(rows)
    .map((row) => row.fault);
}

/** Names of the migrations that this database bears, oldest first; none where it has never been migrated. */
export async function readApplied(client: ClientBase): Promise<readonly string[]> {
  const { rows: found } = await client.query<Record<string, unknown>>(
    "SELECT to_regclass('public.pgmigrations') AS name",
  );
  if (found[0]?.["name"] === null) return [];
  const { rows } = await client.query<Record<string, unknown>>(
    "SELECT name FROM public.pgmigrations ORDER BY run_on, id",
  );
  return z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map((row) => row.name);
}
