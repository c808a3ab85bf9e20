import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { micros } from "#core/domain/money.ts";
import { readRoleFaults } from "../../backend/migrate/catalog.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { WEBHOOK_SHARES } from "../../backend/reaper/sweeps/webhooks.ts";
import { claimDeliveries } from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { createWebhookWorld, type WebhookWorld } from "./support/webhook-world.ts";

const DENIED = "42501";
const CANCELED = "57014";

let world: WebhookWorld;
let owner: pg.Client;
const sessions = new Map<string, pg.Client>();

beforeAll(async () => {
  world = await createWebhookWorld();
  const connect = async (connectionString: string) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    return client;
  };
  owner = await connect(world.ownerUrl);
  for (const role of ["edge", "backend"] as const) sessions.set(role, await connect(world.urls[role]));
});
afterAll(async () => {
  await Promise.all([owner, ...sessions.values()].map((client) => client.end()));
  await world.close();
});

/** What became of each statement: "allowed", or the SQLSTATE of its refusal. All is undone. */
async function attempts(role: string, statements: readonly string[]): Promise<Record<string, string>> {
  const client = sessions.get(role);
  const found: Record<string, string> = {};
  for (const sql of statements) {
    await client?.query("BEGIN");
    found[sql] = await (client?.query(sql) ?? Promise.reject(new Error(role))).then(
      () => "allowed",
      (error: unknown) => (error instanceof pg.DatabaseError ? (error.code ?? "") : String(error)),
    );
    await client?.query("ROLLBACK");
  }
  return found;
}

const all = (statements: readonly string[], outcome: string) =>
  Object.fromEntries(statements.map((sql) => [sql, outcome]));

const LOCKS = [
  "SELECT pg_advisory_lock(1)",
  "SELECT pg_advisory_lock_shared(1)",
  "SELECT pg_advisory_xact_lock(1)",
  "SELECT pg_try_advisory_lock(1, 1)",
  "LOCK TABLE lock_rows IN ACCESS SHARE MODE",
  "SELECT FROM lock_rows FOR UPDATE",
  "SELECT take_lock_row('webhook claims')",
  "LOCK TABLE pgmigrations IN ACCESS SHARE MODE",
];
const STORAGE = [
  "SELECT lo_create(0)",
  "SELECT lo_creat(-1)",
  "SELECT lo_from_bytea(0, 'x')",
  "SELECT lo_put(1, 0, 'x')",
  "SELECT lo_import('/etc/passwd')",
  "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000))",
  "CREATE TEMPORARY TABLE mine (a integer)",
  "SELECT 1 AS a INTO TEMPORARY mine",
  "CREATE TABLE mine (a integer)",
  "CREATE SCHEMA mine",
  "CREATE SEQUENCE mine",
  "CREATE TYPE mine AS (a integer)",
  "CREATE EXTENSION pgcrypto",
];
const SERVER = [
  "COPY (SELECT 1) TO PROGRAM 'cat'",
  "COPY (SELECT 1) TO '/tmp/mine'",
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT pg_read_binary_file('PG_VERSION')",
  "SELECT pg_ls_dir('.')",
  "SELECT pg_stat_file('PG_VERSION')",
  "SELECT pg_reload_conf()",
  "SELECT pg_switch_wal()",
  "SELECT pg_create_restore_point('mine')",
  "SELECT pg_create_physical_replication_slot('mine')",
  "SELECT pg_rotate_logfile()",
  "CHECKPOINT",
];
const POWERS = [
  "SET session_replication_role = replica",
  "SET log_statement = 'none'",
  "CREATE ROLE mine",
  "ALTER ROLE dpp_edge_login SUPERUSER",
  "ALTER ROLE dpp_backend_login BYPASSRLS",
  "GRANT pg_read_all_data TO dpp_edge",
  "GRANT dpp_backend TO dpp_edge",
  "SELECT * FROM pg_authid",
  "SELECT * FROM pg_shadow",
  "SELECT * FROM pg_hba_file_rules",
  "ALTER TABLE runs DISABLE ROW LEVEL SECURITY",
  "DROP FUNCTION wall_clock()",
  "CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
  "CREATE TRIGGER mine BEFORE UPDATE ON runs EXECUTE FUNCTION raise_config_version()",
];

describe.each(["edge", "backend"])("dpp_%s, if it means harm,", (role) => {
  it.each(Object.entries({ LOCKS, STORAGE, SERVER }))("may do none of these: %s", async (_, statements) => {
    expect(await attempts(role, statements)).toEqual(all(statements, DENIED));
  });

  it("raises itself to nothing", async () => {
    const found = await attempts(role, POWERS);
    expect(Object.entries(found).filter(([, outcome]) => outcome !== DENIED)).toEqual([]);
    const { rows } = await owner.query<{ name: string }>("SELECT session_user AS name");
    const become = [`SET ROLE ${rows[0]?.name}`, `SET SESSION AUTHORIZATION ${rows[0]?.name}`];
    expect(await attempts(role, become)).toEqual(all(become, DENIED));
  });

  it("calls no function that was not granted", async () => {
    const { rows } = await owner.query<{ call: string }>(
      `SELECT format('SELECT %s(%s)', p.oid::regproc, (SELECT string_agg('NULL::' || format_type(t, NULL), ', ' ORDER BY n)
                FROM unnest(p.proargtypes) WITH ORDINALITY AS x (t, n))) AS call
         FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype
          AND NOT has_function_privilege($1, p.oid, 'EXECUTE')`,
      [`dpp_${role}`],
    );
    const calls = rows.map(({ call }) => call);
    expect(calls.length).toBeGreaterThan(20);
    expect(await attempts(role, calls)).toEqual(all(calls, DENIED));
  });

  it("reads no table or view that was not granted, and of no other role what it is doing", async () => {
    const { rows } = await owner.query<{ read: string }>(
      `SELECT format('SELECT FROM %s', c.oid::regclass) AS read FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
          AND NOT has_table_privilege($1, c.oid, 'SELECT')`,
      [`dpp_${role}`],
    );
    const reads = rows.map(({ read }) => read);
    expect(reads.length).toBeGreaterThan(5);
    expect(await attempts(role, reads)).toEqual(all(reads, DENIED));
    const pid = (await owner.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;
    const seen = await sessions.get(role)?.query("SELECT query FROM pg_stat_activity WHERE pid = $1", [pid]);
    expect(seen?.rows).toEqual([{ query: "<insufficient privilege>" }]);
    const kills = [`SELECT pg_terminate_backend(${pid})`, `SELECT pg_cancel_backend(${pid})`];
    expect(await attempts(role, kills)).toEqual(all(kills, DENIED));
  });

  it("begins each session with limits, which hold until it lifts them itself", async () => {
    const limits = {
      statement_timeout: "10s",
      lock_timeout: "5s",
      idle_in_transaction_session_timeout: "10s",
      jit: "off",
    };
    const client = sessions.get(role);
    for (const [name, value] of Object.entries(limits))
      expect((await client?.query(`SHOW ${name}`))?.rows).toEqual([{ [name]: value }]);
    const slow = "SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(60)";
    expect(await attempts(role, [slow])).toEqual({ [slow]: CANCELED });
    const lift = "SET LOCAL statement_timeout = 0";
    expect(await attempts(role, [lift])).toEqual({ [lift]: "allowed" });
  });
});

describe("an advisory lock", () => {
  it("that somebody keeps stops no webhook, no clawback and no migration", async () => {
    const account = await world.tenant();
    const { tenant_id } = account;
    const names = ["webhook claims", `webhooks ${tenant_id}`, "clawback mine"];
    for (const name of names) await owner.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
    await owner.query("SELECT pg_advisory_lock(4027533610184277)");
    const { endpoint_id } = await world.endpoint(account, "https://hooks.example.com/");
    await world.happen(account);
    await world.sweep({ send: async () => ({ kind: "answered", status: 200, retry_after_seconds: 0 }) });
    expect(await world.row(endpoint_id)).toMatchObject({ status: "delivered" });
    expect(await claimDeliveries(world.backend, { quick: 1, slow: 1 }, WEBHOOK_SHARES)).toEqual([]);
    const clawback = { tenant_id, clawback_id: "mine", amount: micros(5) };
    expect(await clawbackCredit(world.owner, clawback)).toMatchObject({ taken_micros: 5, already: false });
    expect(await migrate(world.ownerUrl)).toEqual([]);
    await owner.query("SELECT pg_advisory_unlock_all()");
  });

  it("is used by no stored function", async () => {
    const { rows } = await owner.query(
      "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%advisory%'",
    );
    expect(rows).toEqual([]);
  });
});

describe("npm run migrate -- --check", () => {
  /** What is found after these statements, which are undone. */
  const faultsAfter = async (...statements: string[]): Promise<readonly string[]> => {
    await owner.query("BEGIN");
    for (const sql of statements) await owner.query(sql);
    const faults = await readRoleFaults(owner);
    await owner.query("ROLLBACK");
    return faults;
  };

  it("finds the roles and their logins as the migrations made them", async () => {
    expect(await faultsAfter()).toEqual([]);
  });

  it("tells of a role that has lifted its limits for good, and of one that was given more", async () => {
    expect(
      await faultsAfter(
        "SET LOCAL SESSION AUTHORIZATION dpp_edge",
        "ALTER ROLE dpp_edge SET statement_timeout = 0",
        "ALTER ROLE dpp_edge SET work_mem = '1GB'",
        "SET LOCAL SESSION AUTHORIZATION DEFAULT",
        "ALTER ROLE dpp_backend RESET jit",
      ),
    ).toEqual([
      "role dpp_backend lacks the setting jit=off",
      "role dpp_edge has a setting that no migration gave it: statement_timeout=0",
      "role dpp_edge has a setting that no migration gave it: work_mem=1GB",
      "role dpp_edge lacks the setting statement_timeout=10s",
    ]);
    const name = new URL(world.ownerUrl).pathname.slice(1);
    expect(
      await faultsAfter(
        `GRANT TEMPORARY ON DATABASE ${name} TO PUBLIC`,
        `GRANT CREATE ON DATABASE ${name} TO dpp_backend`,
      ),
    ).toEqual([
      "role dpp_backend may create schemas",
      "role dpp_backend may create temporary tables",
      "role dpp_edge may create temporary tables",
      "role dpp_scaler may create temporary tables",
    ]);
  });

  it("tells of a login that is a member of a role and has not its limits", async () => {
    const faults = await faultsAfter("CREATE ROLE dpp_other_login LOGIN IN ROLE dpp_edge");
    expect(faults).toHaveLength(4);
    expect(faults[0]).toBe("role dpp_other_login lacks the setting idle_in_transaction_session_timeout=10s");
  });
});
