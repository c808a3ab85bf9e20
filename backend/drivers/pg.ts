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
   * The role's own setting is kept; a login without one still gets this one. Set once connected, since poolers refuse a
   * connection that brings settings along; behind a pooler only the role's settings hold for certain.
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
  /** Runs `work` in one transaction on one connection, and rolls it back in any case. */
  rolledBack<T>(work: (db: OpenDb) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const SILENCE_MS = 1_000;
/**
 * Connection lost, rolled back for another's sake, resources short, operator intervention (statement timeout too), system
 * error; a standby answers; a lock was not had in time.
 */
const OUTAGE_SQLSTATE = /^(08|40|53|57|58)|^(25006|55P03)$/;
/** Of these, those after which nothing was done: a conflict, a deadlock, a lock not had in time, a statement's own limit. */
const UNDONE = new Set(["40001", "40P01", "55P03", "57014"]);
/** A plan that a migration outdated, or a pooler that forgot the statement or has another's: refused before anything was done. */
const STALE_STATEMENT = new Set(["0A000 cached plan must not change result type", "26000", "42P05"]);

export function createPgDb(options: PgOptions): PgDb {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    connectionTimeoutMillis: options.connect_timeout_ms,
    onConnect: (client) => configure(client, options),
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
    rolledBack: (work) => rolledBack(pool, work),
    close: () => pool.end(),
  };
}

/** Compiling the statements of an audit takes 75 times as long as running them: logins other than the roles lack `jit = off`. */
const CONFIGURE = `SELECT set_config('jit', 'off', false),
  CASE WHEN $2 AND current_setting('statement_timeout') <> '0' THEN NULL ELSE set_config('statement_timeout', $1, false) END`;

async function configure(client: pg.ClientBase, options: PgOptions): Promise<void> {
  await client.query(CONFIGURE, [String(options.statement_timeout_ms), options.timeout_is_roles === true]);
}

async function query(pool: pg.Pool, statement: Statement, values: readonly SqlValue[]): Promise<readonly Row[]> {
  try {
    return await attempt(pool, { ...statement, values: [...values] });
  } catch (error) {
    if (!isStale(error)) throw error;
    return await attempt(pool, { text: statement.text, values: [...values] });
  }
}

/** Its locks end soon where this process goes silent in the middle. */
const BEGIN = "BEGIN; SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '10s'";

async function rolledBack<T>(pool: pg.Pool, work: (db: OpenDb) => Promise<T>): Promise<T> {
  const client = await connected(pool);
  try {
    await run(client, { text: BEGIN });
    return await work({
      query: async (statement, values) =>
        run(client, { text: typeof statement === "string" ? statement : statement.text, values: [...values] }),
    });
  } finally {
    // The server rolls back what a closed connection leaves.
    client.release(true);
  }
}

const connected = (pool: pg.Pool): Promise<pg.PoolClient> =>
  pool.connect().catch((error: unknown) => {
    throw new Outage("database", error);
  });

async function run(client: pg.PoolClient, statement: pg.QueryConfig): Promise<readonly Row[]> {
  try {
    const result: pg.QueryResult<Record<string, unknown>> = await client.query(statement);
    return result.rows;
  } catch (error) {
    throw isOutage(error) ? new Outage("database", error, isUndone(error)) : error;
  }
}

async function attempt(pool: pg.Pool, statement: pg.QueryConfig): Promise<readonly Row[]> {
  const client = await connected(pool);
  let broken = false;
  try {
    return await run(client, statement);
  } catch (error) {
    broken = (error instanceof Outage && !isIntact(error.cause)) || isStale(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGE_SQLSTATE.test(error.code ?? "");
  // What the driver throws without the server's word is about the connection, unless a value could not be sent at all.
  return !(error instanceof TypeError || error instanceof RangeError);
}

const isUndone = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && UNDONE.has(error.code ?? "");

/** A connection is as good as before where the server only rolled back; a FATAL ends it. In other languages nobody can tell. */
const isIntact = (error: unknown): boolean => isUndone(error) && error.severity === "ERROR";

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
