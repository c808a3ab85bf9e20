import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkDrift } from "../../backend/migrate/check.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { startPostgres } from "../dev/postgres.ts";
import { execute } from "./support/scratch-databases.ts";

// Settings of roles are of the whole cluster: these tests have one of their own.
let stateDir: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "decisionproof-test-"));
  postgres = await startPostgres({ stateDir, database: "dpp", fsync: false });
  await migrate(postgres.url);
});
afterAll(async () => {
  await postgres.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

const SETTINGS = "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'dpp_edge'::regrole AND setdatabase = 0";

it("a limit that a role has lifted is told by --check, which changes nothing, and put back by migrate", async () => {
  expect(await checkDrift(postgres.url)).toEqual([]);
  await execute(postgres.url, "ALTER ROLE dpp_edge SET statement_timeout = '0'");
  const lifted = await execute(postgres.url, SETTINGS);
  expect(JSON.stringify(lifted)).toContain("statement_timeout=0");
  for (let again = 0; again < 2; again++) {
    expect((await checkDrift(postgres.url)).join("\n")).toContain("dpp_edge");
    expect(await execute(postgres.url, SETTINGS)).toEqual(lifted);
  }
  expect(await migrate(postgres.url)).toEqual(["functions"]);
  expect(JSON.stringify(await execute(postgres.url, SETTINGS))).toContain("statement_timeout=10s");
  expect(await checkDrift(postgres.url)).toEqual([]);
});
