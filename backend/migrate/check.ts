import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import pg from "pg";
import { type Catalog, readApplied, readCatalog, readRoleFaults } from "./catalog.ts";
import { MIGRATIONS_DIR, migrate } from "./migrate.ts";

const PERMISSION_DENIED = "42501";

/** This check cannot be made here; the message says why. */
export class CheckImpossible extends Error {
  override readonly name = "CheckImpossible";
}

/**
 * Compares a database with what the migrations make of an empty one beside it. Answers lines of difference; none means
 * that they are alike and nothing is pending. Changes nothing but that scratch database, which is dropped in any case.
 */
export async function checkDrift(databaseUrl: string): Promise<readonly string[]> {
  const files = readdirSync(MIGRATIONS_DIR)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .toSorted();
  return await connected(databaseUrl, async (client) => {
    const applied = await readApplied(client);
    const pending = files.filter((name) => !applied.includes(name)).map((name) => `pending: ${name}`);
    const unknown = applied
      .filter((name) => !files.includes(name))
      .map((name) => `applied, but no longer a file: ${name}`);
    const found = await readCatalog(client);
    const expected = await inScratch(client, databaseUrl, async (scratchUrl) => {
      await migrate(scratchUrl, { count: files.length - pending.length });
      return await connected(scratchUrl, readCatalog);
    });
    const faults = applied.length === 0 ? [] : await readRoleFaults(client);
    return [...pending, ...unknown, ...faults, ...compare(expected, found)];
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
