import { createHash } from "node:crypto";
import { idOf } from "./history.ts";
import type { FnArguments } from "#core/store/fn.ts";
import type { StatementCase } from "./measure.ts";

const FIRST = "00000000-0000-0000-0000-000000000000";
const owner = (pages: number, values: FnArguments, first?: StatementCase["first"], report?: string): StatementCase => ({
  role: "owner",
  pages,
  values,
  ...(first === undefined ? {} : { first }),
  ...(report === undefined ? {} : { report }),
});

const TENANT = idOf("tenant 0");
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
/** A hundred transfers of the first tenant follow it. */
const CHECKPOINT = "8000000000000000000";

/** What an operator's commands ask, and the audit. */
export const OPERATOR_STATEMENTS: Readonly<Record<string, StatementCase>> = {
  "add-closed-runs": owner(40, [TENANT, "-infinity", FIRST, "infinity", 200], { runs: "200" }),
  "begin-action": owner(10, ["ada", "grant", "{}", null], {}),
  "end-action": owner(10, ["1", "done", "{}"], null),
  "list-actions": owner(10, [null, 20], null),
  "cancel-any-run": owner(170, [TENANT, idOf("queued 1"), "x"], { outcome: "canceled" }),
  "list-pack-rollouts": owner(10, [], null),
  "set-pack-rollout": owner(10, ["decision", 50], { percent: 50 }),
  revenue: owner(4_000, [ago(40 * 1_440).slice(0, 10), ago(0).slice(0, 10), null], {}, "lines of usage of those days"),
  "set-tenant-status": owner(25, [TENANT, "suspended"], { status: "suspended" }),
  "audit-horizon": owner(15, [TENANT, 120, 5_000, CHECKPOINT, ago(40)], { through: CHECKPOINT }),
  "audit-runs": owner(15, [FIRST, 200], {}),
  "audit-runs-of": owner(95, ["", 200, TENANT], {}),
  "audit-tenant": owner(80, [TENANT, CHECKPOINT, ago(40), ago(40).slice(0, 10), false], { given: "100" }),
  "audit-tenants": owner(10, [FIRST, 100], {}),
  "add-transfers": owner(25, [TENANT, "0", "9000000000000000000", 200], { transfers: "200" }),
  "clawback-credit": owner(70, [TENANT, "new", 1], { already: false }),
  "completed-runs": owner(25, [FIRST, 200], {}),
  "completed-runs-of": owner(95, ["", 200, TENANT], { tenant_id: TENANT }),
  "create-key": owner(25, [idOf("new"), TENANT, hash("new"), "new", "live", ["read"], null, null, null, null], {
    key_id: idOf("new"),
  }),
  "create-tenant": owner(15, [idOf("new"), "new", "scale"], { tenant_id: idOf("new") }),
  "decide-run": owner(250, [idOf("frozen 1"), "3", 5_000, "x", "x"], { run_id: idOf("frozen 1") }),
  "define-plan": owner(20, ["scale", 60, null, null, null, null, null, null, null, ["decision"]], { created: false }),
  "drop-audit-checkpoint": owner(10, [TENANT, "1"], { version: "1" }),
  "find-audit-checkpoint": owner(10, [TENANT, 604_800], { version: "1" }),
  "find-grant": owner(10, ["grant tenant 0"], { tenant_id: TENANT }),
  "find-key": owner(20, [idOf("key 0")], { tenant_id: TENANT }),
  "grant-credit": owner(45, [TENANT, "new", 5], {}),
  "key-snapshot": owner(25, [idOf("key 0")], { tenant_id: TENANT }),
  "list-credit": owner(15, [TENANT, 20], { kind: "GRANT" }),
  "list-findings": owner(120, [null], { tenant_id: TENANT }, "findings that are open"),
  "list-keys": owner(190, [TENANT], { tenant_id: TENANT }, "keys that the tenant ever had"),
  "list-plans": owner(10, [], { plan_id: "other" }, "plans and tenants on them"),
  "list-runs": owner(35, [TENANT, null, 20, null, 20_000], { last_scanned: false }),
  "list-tenants": owner(15, ["-infinity", FIRST], { tenant_id: TENANT }),
  "note-audit-checkpoint": owner(
    20,
    {
      tenant_id: TENANT,
      from: "1",
      through_transfer: CHECKPOINT,
      before: ago(10),
      transfers: 5,
      given: "1",
      taken_back: "0",
      reserve: "0",
      charge: "0",
      refund: "0",
      lines: "{}",
      capped: "{}",
    },
    {},
  ),
  "read-switch": owner(10, [], { mode: "normal" }),
  "resolve-finding": owner(15, [1, "x"], null),
  "revoke-key": owner(50, [idOf("spare key 1")], { key_id: idOf("spare key 1") }),
  "rotate-key": owner(65, [idOf("spare key 1"), idOf("new"), hash("new"), 60], { key_id: idOf("new") }),
  "run-transfers": owner(15, [idOf("completed 1")], { kind: "RESERVE" }),
  "set-plan": owner(10, [TENANT, "scale"], { plan_exists: true }),
  "set-switch": owner(10, ["halt"], { mode: "halt" }),
  "show-run": owner(15, [idOf("completed 1")], { tenant_id: TENANT }),
  "tenant-balance": owner(15, [TENANT], { tenant_id: TENANT }),
  "tenants-of-plan": owner(10, ["other"], {}, "tenants on the plan"),
};

/** Other ways to call the same statements. */
export const OPERATOR_FILTERS: readonly (readonly [name: string, what: string, how: StatementCase])[] = [
  [
    "list-runs",
    "of a status that none has",
    owner(2_500, [TENANT, "EXPIRED", 20, null, 2_000], { matched: false }, "runs that may be read"),
  ],
  ["list-runs", "that are open", owner(20, [TENANT, "QUEUED", 20, null, 20_000], { status: "QUEUED" })],
  ["list-findings", "of one tenant", owner(130, [TENANT], { tenant_id: TENANT }, "findings that are open")],
];
