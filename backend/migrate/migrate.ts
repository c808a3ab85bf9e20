import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";

export const MIGRATIONS_DIR = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Shared by every migration of this project; another program's advisory locks are not in the way. */
const LOCK = 4_027_533_610_184_277;
const ONLY_SQL = String.raw`(?!.*\.sql$).*`;

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
 * that another process has begun. `databaseUrl` is the owner's and speaks to Postgres itself: a transaction pooler in
 * between loses the lock.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { log = () => undefined, warn = () => undefined, count } = options;
  const applied = await runner({
    databaseUrl,
    dir: MIGRATIONS_DIR,
    ignorePattern: ONLY_SQL,
    migrationsTable: "pgmigrations",
    direction: "up",
    singleTransaction: true,
    lockValue: LOCK,
    advisoryLockMode: "wait",
    logger: { info: () => undefined, warn, error: warn },
    ...(count === undefined ? {} : { count }),
  });
  for (const { name } of applied) log(`applied ${name}`);
  return applied.map(({ name }) => name);
}
