import { createHash } from "node:crypto";
import pg from "pg";
import { Outage } from "#core/domain/outage.ts";
import type { Row, SqlValue, Statement } from "#core/ports/db.ts";

export interface PgOptions {
  readonly connectionString: string;
  readonly max: number;
  /** How long the server lets a statement run; this side gives up on a silent connection shortly after. */
  readonly statement_timeout_ms: number;
  /**
   * The server has it from the role's settings: poolers refuse a connection that brings one along. A login without any
   * sets its own once it is connected, which holds where no pooler is in between.
   */
  readonly timeout_is_roles?: boolean;
  readonly connect_timeout_ms: number;
  readonly application_name: string;
}

/** Takes a text without a name too, for tests and tools. */
export interface OpenDb {
  query(statement: Statement | string, values: readonly SqlValue[]): Promise<readonly Row[]>;
}

export interface PgDb {
  readonly db: OpenDb;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const SILENCE_MS = 1_000;
/**
 * Connection lost, rolled back for another's sake, resources short, operator intervention (statement timeout too), system
 * error; a standby answers; a lock was not had in time.
 */
const OUTAGE_SQLSTATE = /^(08|40|53|57|58)|^(25006|55P03)$/;
/** A plan that a migration outdated, or a pooler that forgot the statement or has another's: refused before anything was done. */
const STALE_STATEMENT = new Set(["0A000 cached plan must not change result type", "26000", "42P05"]);

export function createPgDb(options: PgOptions): PgDb {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    connectionTimeoutMillis: options.connect_timeout_ms,
    ...(options.timeout_is_roles === true
      ? { onConnect: (client) => limit(client, options.statement_timeout_ms) }
      : { statement_timeout: options.statement_timeout_ms }),
    query_timeout: options.statement_timeout_ms + SILENCE_MS,
    application_name: options.application_name,
    keepAlive: true,
  });
  // A lost connection is reported by the query that needs it; unheard, the event would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return {
    db: { query: (statement, values) => query(pool, preparedOf(statement), values) },
    pool,
    close: () => pool.end(),
  };
}

const LIMIT = "SELECT set_config('statement_timeout', $1, false) WHERE current_setting('statement_timeout') = '0'";

async function limit(client: pg.ClientBase, timeout_ms: number): Promise<void> {
  await client.query(LIMIT, [String(timeout_ms)]);
}

async function query(pool: pg.Pool, statement: Statement, values: readonly SqlValue[]): Promise<readonly Row[]> {
  try {
    return await attempt(pool, { ...statement, values: [...values] });
  } catch (error) {
    if (!isStale(error)) throw error;
    return await attempt(pool, { text: statement.text, values: [...values] });
  }
}

async function attempt(pool: pg.Pool, statement: pg.QueryConfig): Promise<readonly Row[]> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new Outage("database", error);
  });
  let broken = false;
  try {
    const result: pg.QueryResult<Record<string, unknown>> = await client.query(statement);
    return result.rows;
  } catch (error) {
    const outage = isOutage(error);
    broken = outage || isStale(error);
    throw outage ? new Outage("database", error) : error;
  } finally {
    client.release(broken);
  }
}

function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGE_SQLSTATE.test(error.code ?? "");
  // What the driver throws without the server's word is about the connection, unless a value could not be sent at all.
  return !(error instanceof TypeError || error instanceof RangeError);
}

function isStale(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return STALE_STATEMENT.has(error.code ?? "") || STALE_STATEMENT.has(`${error.code} ${error.message}`);
}

const prepared = new Map<string, Statement>();

/** Each text is parsed once per connection. Its hash is part of the name: a pooler may still hold another version's. */
function preparedOf(statement: Statement | string): Statement {
  const { name, text } = typeof statement === "string" ? { name: "unnamed", text: statement } : statement;
  const key = `${name} ${text}`;
  let known = prepared.get(key);
  if (known === undefined) {
    known = { name: `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`, text };
    prepared.set(key, known);
  }
  return known;
}
