import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import pg from "pg";
import { z } from "zod";

const DIRECTORY = new URL("../../../backend/core/store/", import.meta.url);

export type StatementValue = string | number | boolean | null | readonly string[];

/** How one statement is called for measuring, and what it may cost. */
export interface StatementCase {
  readonly role: "owner" | "dpp_edge" | "dpp_backend";
  readonly values: readonly StatementValue[];
  /** Shared buffers, hit or read, at most. */
  readonly pages: number;
  /** What the first row must say, so that what is measured is the statement at work; null: there is no row. */
  readonly first?: Readonly<Record<string, unknown>> | null;
  /** What it prints or returns grows with what there is: it is asked for seldom, and its bound says how. */
  readonly report?: string;
}

export interface Measured {
  readonly pages: number;
  /** How often an index was entered, to read or to write: each costs a page more where the index has a level more. */
  readonly lookups: number;
  readonly ms: number;
  readonly rows: number;
  readonly row: Readonly<Record<string, unknown>> | undefined;
}

/** Every statement of the store, by name. */
export const statementTexts: ReadonlyMap<string, string> = new Map(
  readdirSync(DIRECTORY, { encoding: "utf8", recursive: true })
    .filter((file) => file.endsWith(".sql"))
    .map((file) => [basename(file, ".sql"), readFileSync(new URL(file, DIRECTORY), "utf8")]),
);

const explained = z.array(
  z.object({
    "QUERY PLAN": z
      .array(
        z.object({
          Plan: z.looseObject({
            "Actual Rows": z.number(),
            "Shared Hit Blocks": z.number(),
            "Shared Read Blocks": z.number(),
          }),
          "Execution Time": z.number(),
        }),
      )
      .length(1),
  }),
);

export async function connectToMeasure(ownerUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  // Parallel workers share a scan's pages, and would hide nothing; JIT costs time alone.
  await client.query("SET plan_cache_mode = force_generic_plan; SET jit = off; SET timezone = 'UTC'");
  return client;
}

/**
 * Runs a statement once to warm up and see its answer, and once to count: the pages of its plan and of every statement
 * inside the functions that it calls. All of it is undone.
 */
export async function measure(
  client: pg.Client,
  name: string,
  { role, values }: Pick<StatementCase, "role" | "values">,
): Promise<Measured> {
  const text = statementTexts.get(name);
  if (text === undefined) throw new Error(`no such statement: ${name}`);
  const execute = `EXECUTE measured${values.length === 0 ? "" : `(${values.map((value) => literal(client, value)).join(", ")})`}`;
  await client.query("BEGIN");
  try {
    if (role !== "owner") await client.query(`SET LOCAL ROLE ${role}`);
    await client.query(`PREPARE measured AS ${text}`);
    await client.query("SAVEPOINT before");
    const { rows } = await client.query<Record<string, unknown>>(execute);
    await client.query("ROLLBACK TO before");
    const before = await lookupsSoFar(client);
    const plan = await client.query(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${execute}`);
    const [found] = explained.parse(plan.rows)[0]?.["QUERY PLAN"] ?? [];
    if (found === undefined) throw new Error(`${name} has no plan`);
    return {
      lookups: (await lookupsSoFar(client)) - before,
      pages: found.Plan["Shared Hit Blocks"] + found.Plan["Shared Read Blocks"],
      ms: found["Execution Time"],
      rows: found.Plan["Actual Rows"],
      row: rows[0],
    };
  } finally {
    await client.query("ROLLBACK");
    await client.query("DEALLOCATE ALL");
  }
}

/** Of this transaction. */
async function lookupsSoFar(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ lookups: string }>(
    `SELECT coalesce(sum(coalesce(t.idx_scan, 0) + (t.n_tup_ins + t.n_tup_upd - t.n_tup_hot_upd)
         * (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = t.relid)), 0)::text AS lookups
       FROM pg_catalog.pg_stat_xact_user_tables t`,
  );
  return Number(rows[0]?.lookups);
}

function literal(client: pg.Client, value: StatementValue): string {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return client.escapeLiteral(`{${value.map((each) => JSON.stringify(each)).join(",")}}`);
  return client.escapeLiteral(String(value));
}
