import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SqlValue } from "#core/ports/db.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { callText } from "#core/store/fn.ts";
import { findBudget } from "#core/store/ledger/find-budget.ts";
import { findRun } from "#core/store/runs/find-run.ts";
import { listWebhooks } from "#core/store/webhooks/list-webhooks.ts";
import { admissionSnapshot, tenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import { createPgDb } from "../../backend/drivers/pg.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { FAILING } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, isDatabaseError, type MoneyWorld, submission } from "./support/money-world.ts";

const DENIED = "42501";
const COMMANDS = ["SELECT count(*) FROM {}", "INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"];

let world: MoneyWorld;
let account: Account;
let run_id: string;
let tables: readonly string[];

beforeAll(async () => {
  world = await createMoneyWorld();
  account = await world.account();
  const run = submission(account);
  run_id = run.run_id;
  await world.submit(run);
  const rows = await world.owner.query(
    `SELECT c.relname, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND attidentity = '' LIMIT 1) AS col
       FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    [],
  );
  tables = rows.map((row) => `${String(row["relname"])}.${String(row["col"])}`);
});
afterAll(() => world.close());

/** "allowed", or the SQLSTATE of the refusal. */
async function attempt(role: "edge" | "backend", sql: string, values: readonly SqlValue[] = []): Promise<string> {
  try {
    await world[role].query(sql, values);
    return "allowed";
  } catch (error) {
    if (isDatabaseError(error)) return error.code ?? "";
    throw error;
  }
}

async function reach(role: "edge" | "backend"): Promise<string[]> {
  const open: string[] = [];
  for (const entry of tables) {
    const [table = "", column = ""] = entry.split(".");
    for (const command of [...COMMANDS, `UPDATE {} SET ${column} = ${column}`]) {
      if ((await attempt(role, command.replace("{}", table))) !== DENIED)
        open.push(`${command.split(" ")[0]} ${table}`);
    }
  }
  return open.toSorted();
}

describe("row level security", () => {
  it("is on for every table", async () => {
    const rows = await world.owner.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity",
      [],
    );
    expect(rows).toEqual([]);
    expect(tables.length).toBeGreaterThan(12);
  });
});

/** What any role may call, whoever made it. */
const PUBLIC_FUNCTIONS = `SELECT p.oid::regprocedure::text AS name
  FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = 0`;

describe("PUBLIC", () => {
  it("may execute no function", async () => {
    expect(await world.owner.query(PUBLIC_FUNCTIONS, [])).toEqual([]);
  });

  it.each([1, 2])(
    "may execute none either when another superuser runs the migrations after the first %i",
    async (count) => {
      const name = `dpp_two_owners_${randomBytes(6).toString("hex")}`;
      await world.owner.query(`CREATE DATABASE ${name} TEMPLATE template0`, []);
      await world.owner.query(`CREATE ROLE ${name} LOGIN SUPERUSER PASSWORD '${name}'`, []);
      const [first, second] = [new URL(world.ownerUrl), new URL(world.ownerUrl)];
      first.pathname = second.pathname = `/${name}`;
      Object.assign(second, { username: name, password: name });
      const client = new pg.Client({ connectionString: first.href });
      try {
        await migrate(first.href, { count });
        expect(await migrate(second.href)).not.toEqual([]);
        await client.connect();
        expect((await client.query(PUBLIC_FUNCTIONS)).rows).toEqual([]);
      } finally {
        await client.end();
        await world.owner.query(`DROP DATABASE ${name} WITH (FORCE)`, []);
        await world.owner.query(`DROP ROLE ${name}`, []);
      }
    },
  );
});

describe("dpp_edge", () => {
  it("reaches no table and no sequence at all", async () => {
    expect(await reach("edge")).toEqual([]);
    expect(await attempt("edge", "SELECT nextval('config_version')")).toBe(DENIED);
  });

  it("calls the functions of runs, budget and webhooks", async () => {
    expect(await findRun(world.edge, account.key_sha256, run_id)).toMatchObject({
      kind: "found",
      run: { run_id, status: "QUEUED" },
    });
    expect(await findBudget(world.edge, account.key_sha256)).toMatchObject({
      kind: "found",
      budget: { reserved: 10_000, open_runs: 1 },
    });
    expect(await admissionSnapshot(world.edge, account.key_sha256)).toMatchObject({
      tenant_id: account.tenant_id,
      available_micros: 990_000,
    });
    const another = submission(account);
    expect(await world.submit(another)).toMatchObject({ outcome: "inserted" });
    expect(await cancelRun(world.edge, account.key_sha256, another.run_id)).toMatchObject({ outcome: "canceled" });
    expect(await listWebhooks(world.edge, account.key_sha256)).toEqual({ kind: "scope-missing" });
  });

  it("calls no other function", async () => {
    expect(await attempt("edge", "SELECT * FROM revoke_key($1)", [account.key_id])).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM key_admin(decode($1, 'hex'))", [account.key_sha256])).toBe(DENIED);
    expect(await attempt("edge", "SELECT key_room($1)", [account.tenant_id])).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM key_views")).toBe(DENIED);
    const closing = { ...FAILING, run_id, from_status: "QUEUED", version: 1 };
    expect(await attempt("edge", callText("close_run", closing, "*"), Object.values(closing))).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM freeze_run($1, $2, 'x', '{}')", [run_id, randomUUID()])).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM tenant_snapshot($1)", [account.tenant_id])).toBe(DENIED);
    expect(
      await attempt("edge", "SELECT * FROM check_key(decode($1, 'hex'), 'read', false)", [account.key_sha256]),
    ).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM ensure_default_webhook($1, 'x')", [account.tenant_id])).toBe(DENIED);
    expect(await attempt("edge", "SELECT * FROM claim_webhook_deliveries(1, 1, 1, 1, 1, 1, 1)")).toBe(DENIED);
  });

  it("may not call what a later migration makes without granting it", async () => {
    await world.owner.query("CREATE FUNCTION later() RETURNS integer LANGUAGE sql AS 'SELECT 1'", []);
    expect(await attempt("edge", "SELECT later()")).toBe(DENIED);
    expect(await attempt("backend", "SELECT later()")).toBe(DENIED);
  });

  it("makes nothing of its own", async () => {
    expect(await attempt("edge", "CREATE TABLE mine ()")).toBe(DENIED);
    expect(await attempt("edge", "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'")).toBe(DENIED);
  });
});

/** The queries of the ScaledObject. */
const SCALING = [...readFileSync("backend/deploy/k8s/base/worker.yaml", "utf8").matchAll(/^ +query: (.+)$/gm)].map(
  ([, query = ""]) => query,
);

describe("dpp_scaler", () => {
  it("learns by the queries of the manifests what waits, and reaches no table", async () => {
    const scaler = createPgDb({
      connectionString: world.urls.scaler,
      max: 1,
      statement_timeout_ms: 60_000,
      connect_timeout_ms: 60_000,
      application_name: "test",
    });
    const code = (error: unknown) => (isDatabaseError(error) ? error.code : error);
    const refused = (sql: string) => scaler.db.query(sql, []).then(() => "allowed", code);
    try {
      const answers = await Promise.all(SCALING.map((query) => scaler.db.query(query, [])));
      expect(answers).toEqual([[{ queued_runs: "1" }], [{ oldest_queued_seconds: expect.any(Number) }]]);
      const open: string[] = [];
      for (const entry of tables) {
        const [table = "", column = ""] = entry.split(".");
        for (const command of [...COMMANDS, `UPDATE {} SET ${column} = ${column}`]) {
          const sql = command.replace("{}", table);
          if ((await refused(sql)) !== DENIED) open.push(sql);
        }
      }
      expect(open).toEqual([]);
      for (const sql of [
        "SELECT * FROM service_gauges(1, 1)",
        "CREATE TABLE public.own ()",
        "CREATE TEMPORARY TABLE own ()",
      ])
        expect(await refused(sql), sql).toBe(DENIED);
    } finally {
      await scaler.close();
    }
  });
});

describe("dpp_backend", () => {
  it("reads what its sweeps need and writes no table whole", async () => {
    expect(await reach("backend")).toEqual([
      "SELECT api_keys",
      "SELECT audit_checkpoints",
      "SELECT audit_findings",
      "SELECT balances",
      "SELECT key_spending",
      "SELECT ledger_transfers",
      "SELECT pack_rollouts",
      "SELECT plans",
      "SELECT runs",
      "SELECT tenant_movements",
      "SELECT tenant_plans",
      "SELECT tenants",
      "SELECT usage_daily",
    ]);
  });

  it("cannot touch a balance, a ledger line or the money of a run", async () => {
    for (const column of ["granted", "charged", "reserved", "available", "open_runs"]) {
      expect(await attempt("backend", `UPDATE balances SET ${column} = ${column}`), column).toBe(DENIED);
    }
    for (const column of ["amount_micros", "kind", "credit"]) {
      expect(await attempt("backend", `UPDATE ledger_transfers SET ${column} = ${column}`), column).toBe(DENIED);
    }
    for (const column of [
      "reserved_micros",
      "charged_micros",
      "money_state",
      "minimum_fee_micros",
      "tenant_id",
      "key_id",
    ]) {
      expect(await attempt("backend", `UPDATE runs SET ${column} = ${column}`), column).toBe(DENIED);
    }
  });

  it("decides no finding and takes no credit back: a person does", async () => {
    expect(await attempt("backend", "SELECT * FROM resolve_finding(1, 'x')")).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM decide_run($1, 1, 0, 'x', 'x')", [run_id])).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM clawback_credit($1, 'x', 1)", [account.tenant_id])).toBe(DENIED);
  });

  it("forges no clawback: its finding would block the clawback's id", async () => {
    const { tenant_id } = account;
    const record = "SELECT * FROM record_finding($1, NULL, $2, $3, '{}')";
    expect(await attempt("backend", record, [tenant_id, "clawback-short", "mine"])).toBe(DENIED);
    expect(await attempt("backend", record, [tenant_id, "tenant-books", "mine"])).toBe("allowed");
    const clawback = await world.owner.query("SELECT * FROM clawback_credit($1, 'mine', 5)", [tenant_id]);
    expect(clawback).toMatchObject([{ taken_micros: "5", already: false }]);
  });

  it("makes, reads and rotates no webhook: a secret comes with a claim alone", async () => {
    const key = [account.key_sha256];
    expect(await attempt("backend", "SELECT * FROM list_webhooks(decode($1, 'hex'), NULL)", key)).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM rotate_webhook(decode($1, 'hex'), NULL, 'x', 1)", key)).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM default_webhook_secret(decode($1, 'hex'), 'x')", key)).toBe(DENIED);
    expect(await world.backend.query("SELECT * FROM claim_webhook_deliveries(1, 1, 1, 1, 1, 1, 1)", [])).toEqual([]);
  });

  it("freezes and forgets no run that is open", async () => {
    for (const money_state of ["RESERVED", "AUDIT_REQUIRED"]) {
      const frozen = "SELECT outcome FROM freeze_closed_run($1, 1, $2, 'x', '{}')";
      expect(await world.backend.query(frozen, [run_id, money_state])).toEqual([{ outcome: "lost" }]);
    }
    for (const step of ["begin_purge", "purge_run"])
      expect(await world.backend.query(`SELECT * FROM ${step}($1, 1)`, [run_id])).toEqual([]);
  });

  it("cannot end a run except through close_run", async () => {
    for (const status of ["COMPLETED", "FAILED", "CANCELED"]) {
      expect(await attempt("backend", "UPDATE runs SET status = $2 WHERE run_id = $1", [run_id, status])).toBe("23514");
    }
  });

  it("reads no key through the edge's eyes, and ends none", async () => {
    expect(await attempt("backend", "SELECT * FROM key_views")).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM revoke_key($1)", [account.key_id])).toBe(DENIED);
  });

  it("submits and cancels nothing, and reads a tenant's snapshot", async () => {
    expect(
      await attempt("backend", "SELECT * FROM find_run(decode($1, 'hex'), $2)", [account.key_sha256, run_id]),
    ).toBe(DENIED);
    expect(
      await attempt("backend", "SELECT * FROM cancel_run(decode($1, 'hex'), $2, '')", [account.key_sha256, run_id]),
    ).toBe(DENIED);
    expect(await attempt("backend", "SELECT * FROM find_plan(decode($1, 'hex'))", [account.key_sha256])).toBe(DENIED);
    expect(await tenantSnapshot(world.backend, account.tenant_id)).toMatchObject({ tenant_id: account.tenant_id });
  });
});
