import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { checkDrift } from "../../backend/migrate/check.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { createTestDatabase, type TestDatabase } from "../dev/database.ts";
import { holding } from "./support/holding.ts";
import { execute, type ScratchDatabases, scratchDatabases } from "./support/scratch-databases.ts";

const CLOCK_IS = "SELECT wall_clock() > now() + interval '30 minutes' AS ahead";
const CLOCK = "SELECT pg_catalog.clock_timestamp()";
const AHEAD = { "functions/views.sql": (sql: string) => sql.replace(CLOCK, `${CLOCK} + interval ''1 hour''`) };
const COLUMN = { "0004-note.sql": () => "-- A note.\nALTER TABLE runs ADD COLUMN note text;\n" };

/** What somebody does by hand to what migrations/functions made. */
const DRIFTS = {
  "a body": "CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
  "a function less": "DROP FUNCTION find_plan",
  "a trigger less": "DROP TRIGGER plans_version ON plans",
  "a default less": "ALTER TABLE ledger_transfers ALTER COLUMN commit_order DROP DEFAULT",
  "a policy less": "DROP POLICY backend_reads ON runs",
  "a grant less": "REVOKE EXECUTE ON FUNCTION close_run FROM dpp_backend",
  "a grant more": "GRANT EXECUTE ON FUNCTION close_run TO dpp_edge; GRANT SELECT (name) ON tenants TO PUBLIC",
  "a privilege on the database":
    "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$",
};

let scratch: ScratchDatabases;
const databases: TestDatabase[] = [];
beforeAll(async () => {
  scratch = await scratchDatabases(inject("stack").databaseUrl);
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
  await scratch.close();
});

async function migrated(): Promise<string> {
  const database = await createTestDatabase(inject("stack").databaseUrl);
  databases.push(database);
  return database.owner;
}

describe("functions", () => {
  it("are applied again when a file of theirs has changed, and once", async () => {
    const url = await migrated();
    expect(await migrate(url)).toEqual([]);
    const dir = scratch.folder(AHEAD);
    expect(await migrate(url, { dir })).toEqual(["functions"]);
    expect(await execute(url, CLOCK_IS)).toEqual([{ ahead: true }]);
    expect(await migrate(url, { dir })).toEqual([]);
    expect(await migrate(url)).toEqual(["functions"]);
    expect(await execute(url, CLOCK_IS)).toEqual([{ ahead: false }]);
  });

  it("are applied again when the database differs, which that puts right", async () => {
    const url = await migrated();
    for (const [what, sql] of Object.entries(DRIFTS)) {
      await execute(url, sql);
      expect(await migrate(url), what).toEqual(["functions"]);
      expect(await migrate(url), what).toEqual([]);
    }
    expect(await checkDrift(url)).toEqual([]);
  });

  it("are applied by one of three migrations that start at the same moment", async () => {
    const url = await migrated();
    const dir = scratch.folder(AHEAD);
    const applied = await Promise.all([1, 2, 3].map(() => migrate(url, { dir })));
    expect(applied.toSorted((a, b) => a.length - b.length)).toEqual([[], [], ["functions"]]);
  });

  it("come after the numbered files, in the same transaction", async () => {
    const url = await migrated();
    const read =
      "-- Reads a note.\nCREATE OR REPLACE FUNCTION note() RETURNS text LANGUAGE sql AS 'SELECT min(note) FROM runs';\n";
    const dir = scratch.folder({ ...COLUMN, "functions/note.sql": () => read });
    expect(await migrate(url, { dir })).toEqual(["0004-note", "functions"]);
    expect(await checkDrift(url, dir)).toEqual([]);
  });

  it.each([
    ["a statement", "-- Broken.\n\nCREATE OR REPLACE FUNCTIO b();", 'broken.sql:3: syntax error at or near "FUNCTIO"'],
    [
      "a body in SQL",
      "-- Broken.\nCREATE OR REPLACE FUNCTION b() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM nothing';",
      'broken.sql, function b(): relation "nothing"',
    ],
    [
      "a body in PL/pgSQL",
      "-- Broken.\nCREATE OR REPLACE FUNCTION b() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN; END IF';",
      "broken.sql, function b(): ",
    ],
  ])("roll back all that was applied with them when %s is wrong, and say where", async (_, sql, message) => {
    const url = await migrated();
    const dir = scratch.folder({ ...COLUMN, ...AHEAD, "functions/broken.sql": () => sql });
    await expect(migrate(url, { dir })).rejects.toThrow(`migrations/functions/${message}`);
    expect(await execute(url, CLOCK_IS)).toEqual([{ ahead: false }]);
    // It finds schema public as it left it.
    expect(await migrate(url)).toEqual([]);
  });

  it("are nobody's to call until they are granted, whoever runs the migration that adds them", async () => {
    const url = new URL(await migrated());
    const role = url.pathname.slice(1);
    await execute(url.href, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${role}'`);
    try {
      Object.assign(url, { username: role, password: role });
      const sql = "-- New.\nCREATE OR REPLACE FUNCTION n() RETURNS integer LANGUAGE sql AS 'SELECT 1';\n";
      expect(await migrate(url.href, { dir: scratch.folder({ "functions/new.sql": () => sql }) })).toEqual([
        "functions",
      ]);
      const may =
        "SELECT has_function_privilege(r, 'n()', 'EXECUTE') AS may FROM unnest(ARRAY['dpp_edge', 'dpp_backend']) r";
      expect(await execute(url.href, may)).toEqual([{ may: false }, { may: false }]);
    } finally {
      await execute(inject("stack").databaseUrl, `DROP DATABASE ${role} WITH (FORCE)`);
      await execute(inject("stack").databaseUrl, `DROP ROLE ${role}`);
    }
  });

  it("wait for no transaction that writes, and keep none waiting", async () => {
    const url = await migrated();
    const tables = await execute(
      url,
      "SELECT string_agg(tablename, ', ') AS names FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('pgmigrations', 'applied_functions')",
    );
    const writer = { sql: `LOCK TABLE ${String(tables[0]?.["names"])} IN ROW EXCLUSIVE MODE`, values: [] };
    const dir = scratch.folder(AHEAD);
    expect(await holding(url, writer, () => migrate(url, { dir }))).toEqual(["functions"]);
  });
});

describe("npm run migrate -- --check", () => {
  it("names a file of functions that has changed, and what is different", async () => {
    const url = await migrated();
    const lines = await checkDrift(url, scratch.folder(AHEAD));
    expect(lines.slice(0, 2)).toEqual(["pending: functions", "differs: function public.wall_clock()"]);
    const comment = scratch.folder({ "functions/views.sql": (sql) => `-- Another comment.\n${sql}` });
    expect(await checkDrift(url, comment)).toEqual(["pending: functions"]);
  });

  it("names a function that only the database has, and one that only the files have", async () => {
    const url = await migrated();
    const without = scratch.folder({ "functions/locks.sql": () => "-- Nothing.\n" });
    expect(await checkDrift(url, without)).toContain("not from a migration: function public.take_lock_row(text)");
    await execute(url, "DROP FUNCTION take_lock_row");
    expect(await checkDrift(url)).toEqual(["missing: function public.take_lock_row(text)"]);
  });
});
