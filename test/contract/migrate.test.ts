import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { checkDrift } from "../../backend/migrate/check.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { holding } from "./support/holding.ts";
import { eventually } from "../support/eventually.ts";
import { execute, type ScratchDatabases, scratchDatabases } from "./support/scratch-databases.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ownerUrl = inject("stack").databaseUrl;
const admin = new pg.Client({ connectionString: ownerUrl });
let scratch: ScratchDatabases;

beforeAll(async () => {
  await admin.connect();
  scratch = await scratchDatabases(ownerUrl);
});
afterAll(async () => {
  await scratch.close();
  await admin.end();
});

async function run(url: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = ["--import", "./backend/text-loader.ts", "backend/migrate/main.ts", ...args];
  const child = spawn(process.execPath, command, { cwd: root, env: { ...process.env, DATABASE_URL: url } });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

describe("npm run migrate", () => {
  it("applies each migration once when three start at the same moment", async () => {
    const url = await scratch.empty();
    const results = await Promise.all([run(url), run(url), run(url)]);
    expect(results.map(({ code, err }) => ({ code, err }))).toEqual(results.map(() => ({ code: 0, err: "" })));
    const outputs = results.map(({ out }) => out);
    expect(outputs.filter((out) => out === "up to date\n")).toHaveLength(2);
    expect(outputs.filter((out) => out.startsWith("applied 0001-tables\n"))).toHaveLength(1);
  });

  it("says what is wrong with its arguments and exits with 2", async () => {
    expect(await run("mysql://nowhere")).toMatchObject({ code: 2, err: expect.stringContaining("DATABASE_URL") });
    expect(await run(ownerUrl, "--down")).toMatchObject({ code: 2, err: expect.stringContaining("--down") });
  });

  it("explains itself and exits with 0 when asked", async () => {
    expect(await run("", "--help")).toEqual({
      code: 0,
      out: expect.stringContaining("--check  change nothing"),
      err: "",
    });
  });

  it("gives up on a table that is in use, changes nothing, and may be run again", async () => {
    const url = await scratch.empty();
    await migrate(url);
    const dir = scratch.folder({ "0004-note.sql": () => "ALTER TABLE runs ADD COLUMN note text;" });
    const reader = { sql: "SELECT count(*) FROM runs", values: [] };
    await expect(holding(url, reader, () => migrate(url, { dir }))).rejects.toThrow("run it again once");
    expect(await checkDrift(url)).toEqual([]);
    expect(await migrate(url, { dir })).toEqual(["0004-note", "functions"]);
  });

  it("refuses a database that has applied what is no file, and changes nothing", async () => {
    const url = await scratch.empty();
    await migrate(url, { count: 1 });
    await execute(url, "INSERT INTO pgmigrations (name, run_on) VALUES ('0002-submit-run', now())");
    const { code, out, err } = await run(url);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("0002-submit-run, which migrations/ does not have. Nothing was changed.");
    expect(err).toContain("npm run dev -- --fresh");
    expect(await execute(url, "SELECT to_regclass('audit_findings') AS found")).toEqual([{ found: null }]);
  });

  it("refuses a file with a number below one that is applied", async () => {
    const url = await scratch.empty();
    await migrate(url);
    const dir = scratch.folder({ "0002-a.sql": () => "SELECT 1;" });
    await expect(migrate(url, { dir })).rejects.toThrow("0002-a comes before 0003-webhooks");
  });

  it("fails when the database cannot be reached", async () => {
    expect(await run("postgres://nobody@127.0.0.1:1/none")).toMatchObject({ code: 1, out: "" });
  });
});

describe("npm run migrate -- --check", () => {
  const drifts: Record<string, [sql: string, line: string]> = {
    "a column's default": ["ALTER TABLE runs ALTER attempt SET DEFAULT 1", "differs: column runs.attempt"],
    "a column's nullability": ["ALTER TABLE tenants ALTER name DROP NOT NULL", "differs: column tenants.name"],
    "a column more": ["ALTER TABLE runs ADD COLUMN note text", "not from a migration: column runs.note"],
    "a constraint less": [
      "ALTER TABLE balances DROP CONSTRAINT balances_available_check",
      "missing: constraint balances.balances_available_check",
    ],
    "an index less": ["DROP INDEX runs_lease", "missing: index runs_lease"],
    "a function's body": [
      "CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now()'",
      "differs: function public.wall_clock()",
    ],
    "a function less": ["DROP FUNCTION find_plan", "missing: function public.find_plan(bytea)"],
    "a function more": [
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "not from a migration: function public.f()",
    ],
    "a disabled trigger": ["ALTER TABLE plans DISABLE TRIGGER plans_version", "differs: trigger plans.plans_version"],
    "row level security off": ["ALTER TABLE balances DISABLE ROW LEVEL SECURITY", "differs: table balances"],
    "a policy": ["ALTER POLICY backend_reads ON runs TO PUBLIC", "differs: policy runs.backend_reads"],
    "a grant on a table": ["GRANT SELECT ON runs TO dpp_edge", "differs: table runs"],
    "a grant on a column": ["GRANT UPDATE (reserved) ON balances TO dpp_backend", "differs: column balances.reserved"],
    "a grant on a function": ["GRANT EXECUTE ON FUNCTION close_run TO dpp_edge", "differs: function public.close_run"],
    "a grant on a sequence": ["GRANT USAGE ON SEQUENCE config_version TO PUBLIC", "differs: sequence config_version"],
    "default privileges": [
      "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO dpp_edge",
      "not from a migration: default privileges everywhere, r",
    ],
    "a migration that is no file": [
      "INSERT INTO pgmigrations (name, run_on) VALUES ('0999-ghost', now())",
      "applied, but no longer a file: 0999-ghost",
    ],
  };
  let url: string;

  beforeAll(async () => {
    url = await scratch.empty();
    await migrate(url);
  });

  it("passes on what the migrations made, and leaves no scratch database behind", async () => {
    expect(await run(url, "--check")).toEqual({ code: 0, out: "the database is what the migrations make\n", err: "" });
    const scratches = "SELECT datname FROM pg_database WHERE datname LIKE 'dpp\\_check\\_%'";
    // Other tests check databases of this server meanwhile: theirs go too.
    await eventually(async () => expect((await admin.query(scratches)).rows).toEqual([]));
  });

  it("names every kind of drift", async () => {
    const drifted = await scratch.empty();
    await migrate(drifted);
    for (const [sql] of Object.values(drifts)) await execute(drifted, sql);
    const { code, err } = await run(drifted, "--check");
    expect(code).toBe(1);
    for (const [what, [, line]] of Object.entries(drifts)) expect(err, what).toContain(line);
  });

  it("names pending migrations, and compares nothing else", async () => {
    const behind = await scratch.empty();
    await migrate(behind, { count: 1 });
    expect(await checkDrift(behind)).toEqual([
      "pending: 0002-audit",
      "pending: 0003-webhooks",
      "nothing else is compared while a migration is pending",
    ]);
  });

  it("says so when its user may not see what was applied, or not create a scratch database", async () => {
    const role = `plain_${randomBytes(4).toString("hex")}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'`);
    try {
      const plain = new URL(url);
      plain.username = role;
      plain.password = "plain";
      await execute(url, `GRANT SELECT ON pgmigrations TO ${role}`);
      expect(await run(plain.href, "--check")).toMatchObject({ code: 1, err: expect.stringContaining("row-level") });
      await execute(
        url,
        ["pgmigrations", "applied_functions"].map((name) => `ALTER TABLE ${name} OWNER TO ${role};`).join(""),
      );
      expect(await run(plain.href, "--check")).toMatchObject({ code: 1, err: expect.stringContaining("CREATEDB") });
    } finally {
      await execute(url, `REASSIGN OWNED BY ${role} TO CURRENT_USER`);
      await admin.query(`DROP ROLE ${role}`);
    }
  });
});
