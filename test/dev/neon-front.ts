import type { IncomingHttpHeaders } from "node:http";
import pg from "pg";
import { sendJson, startHttpFront, type HttpFront, type Listen } from "./http-front.ts";

const MAX_POOLS = 16;
const POOL_SIZE = 20;
const IDLE_MS = 10_000;

const ISOLATION: Record<string, string> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
};

const ERROR_FIELDS = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const;

const rawText = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

interface Query {
  query: string;
  params?: unknown[];
}

export interface NeonFront extends HttpFront {
  requests(): number;
}

class Refused extends Error {}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isQuery(value: unknown): value is Query {
  const candidate = value as Partial<Query> | null;
  if (typeof candidate !== "object" || candidate === null || typeof candidate.query !== "string") return false;
  return candidate.params === undefined || Array.isArray(candidate.params);
}

function beginStatement(headers: IncomingHttpHeaders): string {
  const level = header(headers, "neon-batch-isolation-level");
  if (level !== undefined && !ISOLATION[level]) throw new Refused(`unknown isolation level ${level}`);
  const modes = [
    level ? `ISOLATION LEVEL ${ISOLATION[level]}` : "",
    header(headers, "neon-batch-read-only") === "true" ? "READ ONLY" : "",
    header(headers, "neon-batch-deferrable") === "true" ? "DEFERRABLE" : "",
  ];
  return `BEGIN ${modes.filter((mode) => mode !== "").join(" ")}`;
}

async function run(client: pg.ClientBase, { query, params }: Query, arrayMode: boolean): Promise<object> {
  // The extended protocol always, as the real service does: several statements in one text are refused.
  const config = { text: query, values: params ?? [], types: rawText, queryMode: "extended" };
  const result = arrayMode ? await client.query({ ...config, rowMode: "array" }) : await client.query(config);
  const fields = result.fields.map((field) => ({
    name: field.name,
    dataTypeID: field.dataTypeID,
    tableID: field.tableID,
    columnID: field.columnID,
    dataTypeSize: field.dataTypeSize,
    dataTypeModifier: field.dataTypeModifier,
    format: "text",
  }));
  return { command: result.command, rowCount: result.rowCount, rowAsArray: arrayMode, fields, rows: result.rows };
}

async function runBatch(client: pg.ClientBase, queries: Query[], begin: string, arrayMode: boolean): Promise<object[]> {
  await client.query(begin);
  try {
    const results: object[] = [];
    for (const query of queries) results.push(await run(client, query, arrayMode));
    await client.query("COMMIT");
    return results;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

async function answer(pool: pg.Pool, headers: IncomingHttpHeaders, body: Buffer): Promise<object> {
  const parsed = JSON.parse(body.toString("utf8")) as Query | { queries: unknown };
  const batch = "queries" in parsed ? parsed.queries : undefined;
  const queries: unknown[] = Array.isArray(batch) ? batch : [parsed];
  if (!queries.every(isQuery)) throw new Refused("body is neither {query, params} nor {queries: [...]}");
  const begin = beginStatement(headers);
  const arrayMode = header(headers, "neon-array-mode") === "true";
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const [first] = queries;
    if (batch === undefined && first) return await run(client, first, arrayMode);
    return { results: await runBatch(client, queries, begin, arrayMode) };
  } catch (error) {
    if (!isStatementError(error)) broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}

// FATAL and PANIC end the connection: an outage, save where the caller's own credentials or database are wrong.
function isStatementError(error: unknown): error is pg.DatabaseError {
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.severity === "ERROR" || /^(28|3D)/.test(error.code ?? "");
}

function poolsByUrl(): { get(url: string): pg.Pool; end(): Promise<void> } {
  const pools = new Map<string, pg.Pool>();
  return {
    get: (url) => {
      const pool = pools.get(url) ?? new pg.Pool({ connectionString: url, max: POOL_SIZE, idleTimeoutMillis: IDLE_MS });
      if (!pools.has(url)) {
        // A lost connection is told by the query that needs it; unheard, the event would end the process.
        pool.on("error", () => undefined);
        pool.on("connect", (client) => client.on("error", () => undefined));
      }
      pools.delete(url);
      pools.set(url, pool);
      const [oldestUrl, oldest] = pools.entries().next().value ?? [];
      if (pools.size > MAX_POOLS && oldestUrl !== undefined) {
        pools.delete(oldestUrl);
        void oldest?.end();
      }
      return pool;
    },
    end: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

/** Neon's SQL-over-HTTP protocol before any Postgres that the Neon-Connection-String header names. */
export async function startNeonFront(listen?: Listen): Promise<NeonFront> {
  const pools = poolsByUrl();
  let requests = 0;
  const front = await startHttpFront(async (request, body, response) => {
    requests += 1;
    const url = header(request.headers, "neon-connection-string");
    if (request.method !== "POST" || request.url !== "/sql")
      return sendJson(response, 404, { message: "POST /sql only" });
    if (!url) return sendJson(response, 400, { message: "missing header Neon-Connection-String" });
    try {
      sendJson(response, 200, await answer(pools.get(url), request.headers, body));
    } catch (error) {
      const message = error instanceof Error ? error.message || String(error) : String(error);
      if (error instanceof Refused || error instanceof SyntaxError) return sendJson(response, 400, { message });
      if (!isStatementError(error)) return sendJson(response, 503, { message });
      sendJson(response, 400, { message, ...Object.fromEntries(ERROR_FIELDS.map((name) => [name, error[name]])) });
    }
  }, listen);
  return {
    url: front.url,
    requests: () => requests,
    stop: async () => {
      await front.stop();
      await pools.end();
    },
  };
}
