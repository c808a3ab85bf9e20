import pg from "pg";
import type { SqlFile } from "./files.ts";

export const LOCK_NOT_AVAILABLE = "55P03";

/** Postgres refused a statement of a migration file: where, and why. */
export class BadMigration extends Error {
  override readonly name = "BadMigration";

  constructor(where: string, cause: pg.DatabaseError) {
    super([`${where}: ${cause.message}`, cause.detail, cause.hint, cause.where].filter(Boolean).join("\n"), { cause });
  }
}

/** Sends the whole file as one query. */
export async function runFile(client: pg.ClientBase, file: SqlFile): Promise<void> {
  try {
    await client.query(file.sql);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code === LOCK_NOT_AVAILABLE) throw error;
    throw new BadMigration(`${file.path}${lineOf(file.sql, error.position)}`, error);
  }
}

function lineOf(sql: string, position: string | undefined): string {
  if (position === undefined) return "";
  return `:${sql.slice(0, Number(position) - 1).split("\n").length}`;
}
