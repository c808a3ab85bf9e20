import { createHash } from "node:crypto";
import { idOf } from "./history.ts";
import type { StatementCase, StatementValue } from "./measure.ts";

const FIRST = "00000000-0000-0000-0000-000000000000";
const owner = (
  pages: number,
  values: readonly StatementValue[],
  first?: StatementCase["first"],
  report?: string,
): StatementCase => ({
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
  "audit-closed-runs": owner(400, [TENANT, "-infinity", FIRST, "infinity", 200], { runs: "200" }),
  "audit-horizon": owner(200, [TENANT, 120, 5_000, CHECKPOINT, ago(40)], { through: CHECKPOINT }),
  "audit-runs": owner(60, [FIRST, 200], {}),
  "audit-runs-of": owner(400, ["", 200, TENANT], {}),
  "audit-tenant": owner(400, [TENANT, CHECKPOINT, ago(40), ago(40).slice(0, 10), false], { given: "100" }),
  "audit-tenants": owner(10, [FIRST, 100], {}),
  "audit-transfers": owner(400, [TENANT, "0", "9000000000000000000", 200], { transfers: "200" }),
  "clawback-credit": owner(60, [TENANT, "new", 1], { already: false }),
  "completed-runs": owner(100, [FIRST, 200], {}),
  "completed-runs-of": owner(400, ["", 200, TENANT], { tenant_id: TENANT }),
  "create-key": owner(60, [idOf("new"), TENANT, hash("new"), "new", "live", ["read"], null, null, null, null], {
    key_id: idOf("new"),
  }),
  "create-tenant": owner(60, [idOf("new"), "new", "scale"], { tenant_id: idOf("new") }),
  "decide-run": owner(120, [idOf("frozen 1"), "3", 5_000, "x", "x"], { run_id: idOf("frozen 1") }),
  "define-plan": owner(20, ["scale", 60, null, null, null, null, null, null, null, ["decision"]], { created: false }),
  "drop-audit-checkpoint": owner(10, [TENANT, "1"], { version: "1" }),
  "find-audit-checkpoint": owner(5, [TENANT, 604_800], { version: "1" }),
  "find-grant": owner(10, ["grant tenant 0"], { tenant_id: TENANT }),
  "find-key": owner(20, [idOf("key 0")], { tenant_id: TENANT }),
  "grant-credit": owner(40, [TENANT, "new", 5], {}),
  "list-findings": owner(150, [null], { tenant_id: TENANT }, "findings that are open"),
  "list-keys": owner(50_000, [TENANT], { tenant_id: TENANT }, "keys that the tenant ever had"),
  "list-plans": owner(40, [], { plan_id: "other" }, "plans and tenants on them"),
  "list-runs": owner(100, [TENANT, null, 20], {}),
  "list-tenants": owner(400, ["-infinity", FIRST], { tenant_id: TENANT }),
  "note-audit-checkpoint": owner(20, [TENANT, "1", CHECKPOINT, ago(10), 5, "1", "0", "0", "0", "0", "{}", "{}"], {}),
  "read-switch": owner(2, [], { mode: "normal" }),
  "resolve-finding": owner(40, [1, "x"], null),
  "revoke-key": owner(40, [idOf("spare key 1")], { key_id: idOf("spare key 1") }),
  "rotate-key": owner(80, [idOf("spare key 1"), idOf("new"), hash("new"), 60], { key_id: idOf("new") }),
  "run-transfers": owner(10, [idOf("completed 1")], { kind: "RESERVE" }),
  "set-plan": owner(40, [TENANT, "scale"], { plan_exists: true }),
  "set-switch": owner(5, ["halt"], { mode: "halt" }),
  "show-run": owner(10, [idOf("completed 1")], { tenant_id: TENANT }),
  "tenant-balance": owner(15, [TENANT], { tenant_id: TENANT }),
  "tenants-of-plan": owner(10, ["other"], {}, "tenants on the plan"),
};
