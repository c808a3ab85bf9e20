import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const MIGRATIONS_DIR = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Functions have views in their signatures; triggers call functions; roles may call them. The others have no order. */
const FIRST = "views";
const LAST = ["triggers", "roles"];

export interface SqlFile {
  /** Without folder and ".sql". */
  readonly name: string;
  /** From the root of the project. */
  readonly path: string;
  readonly sql: string;
}

export interface MigrationFiles {
  /** Each applied once, in the order of their numbers. */
  readonly numbered: readonly SqlFile[];
  /** Current bodies of functions, views and triggers, and grants: applied again whenever they differ. */
  readonly functions: readonly SqlFile[];
}

export function readMigrationFiles(dir: string = MIGRATIONS_DIR): MigrationFiles {
  const functions = sqlFiles(join(dir, "functions"), "migrations/functions");
  return {
    numbered: sqlFiles(dir, "migrations"),
    functions: functions.toSorted((a, b) => rank(a) - rank(b)),
  };
}

function sqlFiles(dir: string, shown: string): SqlFile[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -".sql".length),
      path: `${shown}/${file}`,
      sql: readFileSync(join(dir, file), "utf8"),
    }));
}

function rank({ name }: SqlFile): number {
  return name === FIRST ? -1 : LAST.indexOf(name) + 1;
}

export function hashOf(files: readonly SqlFile[]): string {
  return createHash("sha256")
    .update(JSON.stringify(files.map(({ path, sql }) => [path, sql])))
    .digest("hex");
}
