import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Redis } from "#core/ports/redis.ts";
import { createPgDb, type OpenDb } from "../../../../backend/drivers/pg.ts";
import { createRedis } from "../../../../backend/drivers/redis.ts";
import { createTestDatabase } from "../../../dev/database.ts";
import installSql from "./install.sql";

/** Points inside submit_run, before it has written anything: there another session may come between. */
const PAUSES = [
  { point: "looked", before: "    outcome := CASE\n      WHEN v_caller.switch_mode <> 'normal'" },
  { point: "counted", before: "    BEGIN\n      INSERT INTO runs" },
] as const;

/** A change of the database itself: a function's text, or a statement run by its owner. */
export type DatabaseMutation =
  | { readonly in_function: string; readonly find: string; readonly put: string }
  | { readonly statement: string };

export type Role = "edge" | "backend" | "owner";

/** The real servers under a simulated world: a database of its own with the product's roles, and a Redis of its own. */
export interface Host {
  readonly db: Readonly<Record<Role | "waiting", OpenDb>>;
  /** Sees who waits, and lets them go on. */
  readonly control: pg.Client;
  readonly redis: Redis;
  /** Sets what wall_clock() says, in Unix milliseconds. */
  setClock(now_ms: number): void;
  /** A clean slate for the next world. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly database_url: string;
  readonly redis_url: string;
  readonly mutations?: readonly DatabaseMutation[];
}

const STATEMENT_MS = 30_000;

/** Autovacuum is off, so that nothing runs beside a world; the rows of so many worlds are swept at once. */
const VACUUM_EVERY = 50;

export async function openHost(options: HostOptions): Promise<Host> {
  const database = await createTestDatabase(options.database_url);
  const control = new pg.Client({ connectionString: database.owner });
  control.on("error", () => undefined);
  await control.connect();
  const clock = createClockFile();
  await install(control, clock.path, options.mutations ?? []);
  const connect = (connectionString: string) =>
    createPgDb({
      connectionString,
      max: 1,
      statement_timeout_ms: STATEMENT_MS,
      connect_timeout_ms: STATEMENT_MS,
      application_name: "dpp-sim",
    });
  const pools = {
    edge: connect(database.edge),
    backend: connect(database.backend),
    owner: connect(database.owner),
    waiting: connect(database.edge),
  };
  const redis = createRedis({ url: options.redis_url, command_timeout_ms: STATEMENT_MS });
  let worlds = 0;
  return {
    db: { edge: pools.edge.db, backend: pools.backend.db, owner: pools.owner.db, waiting: pools.waiting.db },
    control,
    redis: redis.redis,
    setClock: clock.set,
    reset: async () => {
      if (++worlds % VACUUM_EVERY === 0) await control.query("VACUUM");
      await control.query("SELECT sim_reset()");
    },
    close: async () => {
      redis.close();
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
      await control.end();
      await database.drop();
      clock.remove();
    },
  };
}

/** A file that the database reads: play each session the time would double the round trips. */
function createClockFile() {
  const dir = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dpp-sim-clock-"));
  chmodSync(dir, 0o711);
  const path = join(dir, "now-ms");
  const file = openSync(path, "w", 0o644);
  return {
    path,
    set: (now_ms: number) => void writeSync(file, String(now_ms), 0),
    remove: () => {
      closeSync(file);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function install(owner: pg.Client, clock: string, mutations: readonly DatabaseMutation[]): Promise<void> {
  await owner.query(installSql);
  await owner.query(
    `CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
     AS $$ SELECT to_timestamp(pg_read_file(${owner.escapeLiteral(clock)})::bigint / 1000.0) $$`,
  );
  for (const { point, before } of PAUSES) {
    await rewriteFunction(owner, "submit_run", before, `    PERFORM sim_pause('${point}');\n${before}`);
  }
  for (const mutation of mutations) {
    if ("statement" in mutation) await owner.query(mutation.statement);
    else await rewriteFunction(owner, mutation.in_function, mutation.find, mutation.put);
  }
  const { rows } = await owner.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
  );
  for (const { name } of rows) await owner.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
}

/** Puts a text in the place of another that must stand there exactly once. */
async function rewriteFunction(owner: pg.Client, name: string, find: string, put: string): Promise<void> {
  const { rows } = await owner.query<{ text: string }>("SELECT pg_get_functiondef($1::regproc) AS text", [name]);
  const text = rows[0]?.text ?? "";
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${name} holds ${parts.length - 1} times: ${find}`);
  await owner.query(parts.join(put));
}
