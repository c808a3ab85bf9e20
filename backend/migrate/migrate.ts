import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import pg from "pg";

export const MIGRATIONS_DIR = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Whoever comes after a migration that waits for a table waits behind it: it gives up before they do. */
const LOCK_SECONDS = 5;
/** For another migration to end. */
const TURN_SECONDS = 120;
const LOCK_NOT_AVAILABLE = "55P03";
const UNIQUE_VIOLATION = "23505";
/** As node-pg-migrate makes it. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS public.pgmigrations (
  id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)`;
const ONLY_SQL = String.raw`(?!.*\.sql$).*`;

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

export interface MigrateOptions {
  /** Told of each applied migration by name. */
  readonly log?: (line: string) => void;
  /** Told which statement Postgres refused, and why, before the error is thrown. */
  readonly warn?: (text: string) => void;
  /** Apply at most this many. */
  readonly count?: number;
}

/**
 * Applies every pending file of migrations/, all in one transaction, and answers their names. Waits for a migration
 * that another process has begun, but not for a table that is in use: TableInUse. `databaseUrl` is the owner's.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { log = () => undefined, warn = () => undefined, count } = options;
  const dbClient = new pg.Client({ connectionString: databaseUrl });
  // What it says, the query that it ends says too.
  dbClient.on("error", () => undefined);
  await dbClient.connect();
  try {
    await beginAlone(dbClient);
    const applied = await runner({
      dbClient,
      noLock: true,
      dir: MIGRATIONS_DIR,
      ignorePattern: ONLY_SQL,
      migrationsTable: "pgmigrations",
      direction: "up",
      singleTransaction: true,
      logger: { info: () => undefined, warn, error: warn },
      ...(count === undefined ? {} : { count }),
    });
    await dbClient.query("COMMIT");
    for (const { name } of applied) log(`applied ${name}`);
    await adoptCluster(dbClient, log);
    return applied.map(({ name }) => name);
  } catch (error) {
    throw error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE ? new TableInUse(error) : error;
  } finally {
    await dbClient.end();
  }
}

/**
 * Begins the transaction that the runner goes on with and ends, alone of all migrations of this database: by a lock that
 * nobody but its owner may take, and that ends with the transaction, whatever pooler is in between.
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
      if (!(error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION)) throw error;
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
