import { z } from "zod";
import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import { skewOf } from "./clock-skew.ts";
import { Doubt, type Examination } from "./examination.ts";
import { UnusableStore } from "./unusable-store.ts";

const PRODUCT_ROLES = new Set(["dpp_edge", "dpp_backend"]);
const OLDEST_VERSION = 150_000;

const STATE = {
  name: "doctor",
  text: `SELECT current_user AS role, current_setting('server_version_num')::int AS version,
    current_setting('statement_timeout') AS statement_timeout, current_setting('lock_timeout') AS lock_timeout,
    current_setting('idle_in_transaction_session_timeout') AS idle_timeout, current_setting('jit') AS jit,
    current_setting('default_transaction_read_only') = 'on' OR pg_is_in_recovery() AS read_only,
    to_regproc('public.close_run') IS NOT NULL AS migrated,
    (SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()) AS tls,
    round(extract(epoch FROM clock_timestamp()) * 1000)::text AS now_ms`,
};
const state = z.object({
  role: z.string(),
  version: z.number(),
  statement_timeout: z.string(),
  lock_timeout: z.string(),
  idle_timeout: z.string(),
  jit: z.string(),
  read_only: z.boolean(),
  migrated: z.boolean(),
  tls: z.boolean().nullable(),
  now_ms: z.string().transform(Number),
});
type State = z.output<typeof state>;

/** How the sessions of these credentials are, over the way that the process takes. `isLocal`: on this machine. */
export function databaseChecks(db: Db, clock: Clock, isLocal: boolean): readonly Examination[] {
  const read = async (): Promise<State> => state.parse((await db.query(STATE, []))[0]);
  return [
    { check: "database answers", run: async () => describeServer(await read()) },
    { check: "database is migrated", run: async () => migrated(await read()) },
    { check: "database session has its limits", run: async () => limits(await read()) },
    { check: "database connection is encrypted", run: async () => encrypted(await read(), isLocal) },
    { check: "database prepares statements again", run: () => prepare(db) },
    { check: "database clock", run: async () => skewOf("database", clock, async () => (await read()).now_ms) },
  ];
}

function describeServer({ role, version, read_only }: State): string {
  const text = `role ${role}, Postgres ${Math.floor(version / 10_000)}`;
  if (version < OLDEST_VERSION) throw new UnusableStore(`${text}: 15 or later is needed`);
  if (read_only) throw new UnusableStore(`${text}: sessions may only read`);
  return text;
}

function migrated({ migrated }: State): string {
  if (!migrated) throw new UnusableStore("function close_run does not exist: run `npm run migrate` as the owner");
  return "has the functions; `npm run migrate -- --check` compares each";
}

function limits({ role, statement_timeout, lock_timeout, idle_timeout, jit }: State): string {
  const text = `statement_timeout ${statement_timeout}, lock_timeout ${lock_timeout}, idle ${idle_timeout}, jit ${jit}`;
  if (!PRODUCT_ROLES.has(role)) return `${text}; ${role} is no role of the product`;
  if (statement_timeout !== "10s" || lock_timeout !== "5s" || idle_timeout !== "10s" || jit !== "off")
    throw new UnusableStore(
      `${text}: role ${role} needs 10s, 5s, 10s and jit off; run the migrations, or see the pooler's reset`,
    );
  return text;
}

function encrypted({ tls }: State, isLocal: boolean): string {
  if (tls === true) return "TLS";
  if (isLocal) return "none, on this machine";
  throw new Doubt("the server's side has no TLS: a pooler in between, or DPP_ALLOW_PLAINTEXT");
}

/** A pooler that keeps no prepared statements makes the driver repeat each; it works, and costs a round trip. */
async function prepare(db: Db): Promise<string> {
  const answers = await Promise.all([1, 2, 3, 4].map(() => db.query({ name: "ping", text: "SELECT 1 AS one" }, [])));
  if (answers.some((rows) => rows[0]?.["one"] !== 1)) throw new UnusableStore("a statement answered another's rows");
  return "4 at once";
}
