import { randomBytes } from "node:crypto";
import pg from "pg";
import { type Catalog, readApplied, readCatalog, readRoleFaults } from "./catalog.ts";
import { hashOf, readMigrationFiles } from "./files.ts";
import { readAppliedFunctions } from "./functions.ts";
import { migrate } from "./migrate.ts";

const PERMISSION_DENIED = "42501";

/** This check cannot be made here; the message says why. */
export class CheckImpossible extends Error {
  override readonly name = "CheckImpossible";
}

/**
 * Compares a database with what the migrations make of an empty one beside it. Answers lines of difference; none means
 * that they are alike and nothing is pending. Changes nothing but that scratch database, which is dropped in any case.
 */
export async function checkDrift(databaseUrl: string, dir?: string): Promise<readonly string[]> {
  const { numbered, functions } = readMigrationFiles(dir);
  const files = numbered.map(({ name }) => name);
  return await connected(databaseUrl, async (client) => {
    // A user from whom policies hide rows is refused; else it would see a database that was never migrated.
    await client.query("SET row_security = off");
    const applied = await readApplied(client);
    const unknown = applied
      .filter((name) => !files.includes(name))
      .map((name) => `applied, but no longer a file: ${name}`);
    const pending = files.filter((name) => !applied.includes(name)).map((name) => `pending: ${name}`);
    // Functions are of the newest tables alone: there is nothing to compare an older state with.
    if (pending.length > 0) return [...pending, ...unknown, "nothing else is compared while a migration is pending"];
    const last = await readAppliedFunctions(client);
    const changed = last?.files_sha256 === hashOf(functions) ? [] : ["pending: functions"];
    const found = await readCatalog(client);
    const roleFaults = await readRoleFaults(client);
    const expected = await inScratch(client, databaseUrl, async (scratchUrl) => {
      await migrate(scratchUrl, { dir, keepRoles: true });
      return await connected(scratchUrl, readCatalog);
    });
    return [...changed, ...unknown, ...roleFaults, ...compare(expected, found)];
  });
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function inScratch<T>(client: pg.Client, databaseUrl: string, use: (url: string) => Promise<T>): Promise<T> {
  const name = `dpp_check_${randomBytes(6).toString("hex")}`;
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === PERMISSION_DENIED)) throw error;
    throw new CheckImpossible(
      "The check builds a scratch database to compare with, and this user may not create one. " +
        "Run it as a user with CREATEDB (ALTER ROLE ... CREATEDB), or against a copy of the database.",
    );
  }
  try {
    const url = new URL(databaseUrl);
    url.pathname = `/${name}`;
    return await use(url.href);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

function compare(expected: Catalog, found: Catalog): string[] {
  const objects = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  return objects.flatMap((object) => {
    const wanted = expected.get(object);
    const actual = found.get(object);
    if (wanted === actual) return [];
    if (actual === undefined) return [`missing: ${object}`];
    if (wanted === undefined)
      return [`not from a migration: ${object}`, ...actual.split("\n").map((line) => `  + ${line}`)];
    return [`differs: ${object}`, ...lineDifference(wanted.split("\n"), actual.split("\n"))];
  });
}

function lineDifference(wanted: readonly string[], actual: readonly string[]): string[] {
  const less = wanted.filter((line) => !actual.includes(line)).map((line) => `  - ${line}`);
  const more = actual.filter((line) => !wanted.includes(line)).map((line) => `  + ${line}`);
  return less.length + more.length > 0 ? [...less, ...more] : ["  the same lines in another order or number"];
}
