import pg from "pg";
import { readApplied } from "./catalog.ts";
import { type MigrationFiles, readMigrationFiles, type SqlFile } from "./files.ts";
import { applyFunctions } from "./functions.ts";
import { LOCK_NOT_AVAILABLE, runFile } from "./run-file.ts";

/** Statements that come after a migration which waits for a table wait behind it: it gives up before they do. */
const LOCK_SECONDS = 5;
/** For another migration to end. */
const TURN_SECONDS = 120;
/** unique_violation, duplicate_table, duplicate_object: what IF NOT EXISTS may raise when two make a table at once. */
const MADE_MEANWHILE = new Set(["23505", "42P07", "42710"]);
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS public.pgmigrations (
  id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`;

/** A table was in use for too long: nothing was changed, and the migration may be run again. */
class TableInUse extends Error {
  override readonly name = "TableInUse";

  constructor(cause: unknown) {
    super(
      `another session held a lock that the migration needs for too long. Nothing was changed: ` +
        "run it again once long transactions (see pg_stat_activity) have ended.",
      { cause },
    );
  }
}

/** The database has applied what is no file here: the functions of these files may contradict its tables. */
class OtherHistory extends Error {
  override readonly name = "OtherHistory";

  constructor(unknown: readonly string[]) {
    const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : "";
    super(
      `this database was migrated by another state of the project: it has applied ${unknown[0]}${more}, ` +
        "which migrations/ does not have. Nothing was changed. Migrate it with the release that it is of, or start over " +
        "with an empty database: npm run dev -- --fresh",
    );
  }
}

export interface MigrateOptions {
  /** Called with a line for each applied migration. */
  readonly log?: (line: string) => void;
  /** Apply at most this many numbered files; functions are applied once none is pending. */
  readonly count?: number;
  /** Another folder than migrations/. */
  readonly dir?: string | undefined;
  /** Leaves the settings of roles, which are of the whole cluster, as they are. */
  readonly keepRoles?: boolean;
}

/**
 * Applies every pending numbered file of migrations/, then migrations/functions where it differs, all in one transaction,
 * and answers their names ("functions" for the folder). Waits for a migration that another process has begun, but not for
 * a table that is in use: TableInUse. `databaseUrl` is the owner's.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { log = () => undefined, count = Number.POSITIVE_INFINITY, dir, keepRoles = false } = options;
  const files = readMigrationFiles(dir);
  const client = new pg.Client({ connectionString: databaseUrl });
  // What it says, the query that it ends says too.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await beginAlone(client);
    if (keepRoles) await client.query("SET LOCAL dpp.keep_roles = 'on'");
    const applied = await applyAll(client, files, count);
    await client.query("COMMIT");
    for (const name of applied) log(`applied ${name}`);
    await adoptCluster(client, log);
    return applied;
  } catch (error) {
    throw error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE ? new TableInUse(error) : error;
  } finally {
    await client.end();
  }
}

async function applyAll(client: pg.Client, { numbered, functions }: MigrationFiles, count: number): Promise<string[]> {
  const pending = pendingOf(numbered, await readApplied(client));
  const names: string[] = [];
  for (const file of pending.slice(0, count)) {
    await runFile(client, file);
    await client.query("INSERT INTO public.pgmigrations (name, run_on) VALUES ($1, now())", [file.name]);
    names.push(file.name);
  }
  if (names.length === pending.length && (await applyFunctions(client, functions))) names.push("functions");
  return names;
}

function pendingOf(numbered: readonly SqlFile[], applied: readonly string[]): readonly SqlFile[] {
  const unknown = applied.filter((name) => numbered.every((file) => file.name !== name));
  if (unknown.length > 0) throw new OtherHistory(unknown);
  const pending = numbered.filter(({ name }) => !applied.includes(name));
  const late = pending[0]?.name;
  const last = applied.toSorted().at(-1);
  if (late !== undefined && last !== undefined && late < last)
    throw new Error(`${late} comes before ${last}, which is applied already: give it the next number`);
  return pending;
}

/**
 * Begins the transaction of a migration, alone of all migrations of this database: by a lock that nobody but its owner
 * may take, and that ends with the transaction, whatever pooler is in between.
 */
async function beginAlone(client: pg.Client): Promise<void> {
  for (;;) {
    await client.query("BEGIN");
    await client.query(`SET LOCAL lock_timeout = '${TURN_SECONDS}s'`);
    try {
      await client.query(MIGRATIONS_TABLE);
      await client.query("LOCK TABLE public.pgmigrations IN SHARE ROW EXCLUSIVE MODE");
      await client.query(`SET LOCAL lock_timeout = '${LOCK_SECONDS}s'`);
      return;
    } catch (error) {
      // Another one made the table at the same moment: it is there now.
      if (!(error instanceof pg.DatabaseError && MADE_MEANWHILE.has(error.code ?? ""))) throw error;
      await client.query("ROLLBACK");
    }
  }
}

/** In a database that was moved to another cluster, transaction ids began again: says so to those who read by them. */
async function adoptCluster(client: pg.Client, log: (line: string) => void): Promise<void> {
  const known = await client.query<{ known: boolean }>(
    "SELECT to_regprocedure('adopt_cluster()') IS NOT NULL AS known",
  );
  if (known.rows[0]?.known !== true) return;
  await client.query(`SET lock_timeout = '${LOCK_SECONDS}s'`);
  const adopted = await client.query<{ epoch: number | null }>("SELECT adopt_cluster() AS epoch");
  const epoch = adopted.rows[0]?.epoch ?? null;
  if (epoch !== null) log(`adopted this cluster: epoch ${epoch}; readers in commit order begin again`);
}
