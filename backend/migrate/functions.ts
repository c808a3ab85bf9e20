import { createHash } from "node:crypto";
import pg from "pg";
import { z } from "zod";
import { readCatalog } from "./catalog.ts";
import { hashOf, type SqlFile } from "./files.ts";
import roleStateSql from "./role-state.sql";
import { BadMigration, runFile } from "./run-file.ts";

const applied = z.object({ files_sha256: z.string(), state_sha256: z.string() });
const routine = z.object({ name: z.string(), signature: z.string(), check: z.string() });

const ROUTINES = `SELECT p.proname AS name, p.oid::regprocedure::text AS signature,
    format('SELECT %s(%s)', l.lanvalidator::regproc, p.oid) AS check
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY ($1) AND l.lanvalidator <> 0
 ORDER BY p.oid`;
const NOTE = `INSERT INTO public.applied_functions AS a (files_sha256, state_sha256, applied_at) VALUES ($1, $2, now())
  ON CONFLICT (singleton) DO UPDATE
    SET files_sha256 = excluded.files_sha256, state_sha256 = excluded.state_sha256, applied_at = excluded.applied_at`;

/**
 * Applies the files of migrations/functions, inside the caller's transaction, unless they and the database are as they
 * were when that was done last. Answers whether it did.
 */
export async function applyFunctions(client: pg.ClientBase, files: readonly SqlFile[]): Promise<boolean> {
  const last = await readAppliedFunctions(client);
  if (last?.files_sha256 === hashOf(files) && last.state_sha256 === (await stateHash(client))) return false;
  // Files are in no order that bodies could be checked in: all bodies are checked at the end.
  await client.query("SET LOCAL check_function_bodies = off");
  for (const file of files) await runFile(client, file);
  await client.query("SET LOCAL check_function_bodies = on");
  await checkBodies(client, files);
  await client.query(NOTE, [hashOf(files), await stateHash(client)]);
  return true;
}

/** What was applied last; undefined before the first time. */
export async function readAppliedFunctions(client: pg.ClientBase): Promise<z.infer<typeof applied> | undefined> {
  const { rows: found } = await client.query<Record<string, unknown>>(
    "SELECT to_regclass('public.applied_functions') IS NOT NULL AS found",
  );
  if (found[0]?.["found"] !== true) return undefined;
  const { rows } = await client.query<Record<string, unknown>>(
    "SELECT files_sha256, state_sha256 FROM public.applied_functions",
  );
  return applied.optional().parse(rows[0]);
}

/** Of all that the files of functions may change. */
async function stateHash(client: pg.ClientBase): Promise<string> {
  const catalog = await readCatalog(client);
  const { rows: roles } = await client.query<Record<string, unknown>>(roleStateSql);
  return createHash("sha256")
    .update(JSON.stringify([[...catalog], roles]))
    .digest("hex");
}

async function checkBodies(client: pg.ClientBase, files: readonly SqlFile[]): Promise<void> {
  const paths = new Map(files.flatMap(({ sql, path }) => functionNames(sql).map((name) => [name, path] as const)));
  const { rows } = await client.query<Record<string, unknown>>(ROUTINES, [[...paths.keys()]]);
  for (const { name, signature, check } of z.array(routine).parse(rows)) {
    try {
      await client.query(check);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      throw new BadMigration(`${paths.get(name) ?? ""}, function ${signature}`, error);
    }
  }
}

function functionNames(sql: string): string[] {
  return [...sql.matchAll(/^CREATE OR REPLACE FUNCTION (\w+)/gm)].map(([, name = ""]) => name);
}
