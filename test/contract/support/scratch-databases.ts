import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { MIGRATIONS_DIR } from "../../../backend/migrate/files.ts";

export interface ScratchDatabases {
  /** The URL of a new, empty database. */
  empty(): Promise<string>;
  /** A copy of migrations/ in which `edit` changed files: text by path, given the current one ("" for a new file). */
  folder(edits: Readonly<Record<string, (sql: string) => string>>): string;
  close(): Promise<void>;
}

export async function scratchDatabases(ownerUrl: string): Promise<ScratchDatabases> {
  const admin = new pg.Client({ connectionString: ownerUrl });
  await admin.connect();
  const names: string[] = [];
  const folders: string[] = [];
  return {
    empty: async () => {
      const name = `dpp_migrate_${randomBytes(6).toString("hex")}`;
      names.push(name);
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
      const url = new URL(ownerUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    folder: (edits) => {
      const dir = mkdtempSync(join(tmpdir(), "dpp-migrations-"));
      folders.push(dir);
      cpSync(MIGRATIONS_DIR, dir, { recursive: true });
      for (const [path, edit] of Object.entries(edits)) {
        const file = join(dir, path);
        writeFileSync(file, edit(readIfThere(file)));
      }
      return dir;
    },
    close: async () => {
      for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      for (const dir of folders) rmSync(dir, { recursive: true });
      await admin.end();
    },
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export async function execute(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
