import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import pg from "pg";
import { z } from "zod";
import type { SqlValue } from "#core/ports/db.ts";
import { callText, type FnArguments } from "#core/store/fn.ts";

const DIRECTORY = new URL("../../../backend/core/store/", import.meta.url);

/** How one statement is called for measuring, and what it may cost. */
export interface StatementCase {
  readonly role: "owner" | "dpp_edge" | "dpp_backend";
  /** A function's are named where the store names them. */
  readonly values: FnArguments;
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

const files = readdirSync(DIRECTORY, { encoding: "utf8", recursive: true }).map((file) => ({
  file,
  text: /\.(sql|ts)$/.test(file) ? readFileSync(new URL(file, DIRECTORY), "utf8") : "",
}));
const statements: ReadonlyMap<string, string> = new Map(
  files.filter(({ file }) => file.endsWith(".sql")).map(({ file, text }) => [basename(file, ".sql"), text]),
);
/** The functions that the store calls by fn(), by the names of their statements, each with the columns that it asks for. */
const calls: ReadonlyMap<string, { readonly name: string; readonly columns: string }> = new Map(
  files
    .filter(({ file }) => file.endsWith(".ts"))
    .flatMap(({ text }) => [...text.matchAll(/\bfn\(\s*db,\s*"(\w+)"([^;]*)/g)])
    .map(([, name = "", rest = ""]) => {
      const columns = /"([^"]*\.\*[^"]*)"/.exec(rest)?.[1] ?? "*";
      return [name.replaceAll("_", "-"), { name, columns }];
    }),
);

/** Every statement of the store, its own and its calls of functions. */
export const statementNames: readonly string[] = [...statements.keys(), ...calls.keys()].toSorted();

function textOf(statement: string, values: FnArguments): string {
  const call = calls.get(statement);
  const text = call === undefined ? statements.get(statement) : callText(call.name, values, call.columns);
  if (text === undefined) throw new Error(`no such statement: ${statement}`);
  return text;
}

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
  const literals = Object.values(values).map((value) => literal(client, value));
  const execute = `EXECUTE measured${literals.length === 0 ? "" : `(${literals.join(", ")})`}`;
  await client.query("BEGIN");
  try {
    if (role !== "owner") await client.query(`SET LOCAL ROLE ${role}`);
    await client.query(`PREPARE measured AS ${textOf(name, values)}`);
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

function literal(client: pg.Client, value: SqlValue): string {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return client.escapeLiteral(`{${value.map((each) => JSON.stringify(each)).join(",")}}`);
  return client.escapeLiteral(String(value));
}
