import { idOf } from "./history.ts";
import { bytea, type FnArguments } from "#core/store/fn.ts";
import type { StatementCase } from "./measure.ts";

const FIRST = "00000000-0000-0000-0000-000000000000";
const backend = (pages: number, values: FnArguments, first?: StatementCase["first"]): StatementCase => ({
  role: "dpp_backend",
  pages,
  values,
  ...(first === undefined ? {} : { first }),
});

const TENANT = idOf("tenant 0");
const claimed = [idOf("claimed 1"), idOf("token claimed1")] as const;
const stale = [idOf("stale 1"), idOf("token stale1")] as const;
const leased = [idOf("leased 1"), idOf("lease leased1")] as const;
const expired = [idOf("lapsed 1"), idOf("lease lapsed1")] as const;
const pastRetention = idOf("outlived 1");
const fresh = idOf("a token of this test");

/** What worker and reaper ask: by key, or the next of what is due. */
export const BACKEND_STATEMENTS: Readonly<Record<string, StatementCase>> = {
  "begin-finalizes": backend(50, [[leased[0]], [leased[1]], [fresh], ["1"]], { run_id: leased[0] }),
  "begin-purge": backend(45, [pastRetention, "3"], { version: "4" }),
  "lease-runs": backend(55, [[idOf("queued 1")], [fresh], ["120"], ["3"]], { leased: true }),
  "claim-webhook-deliveries": backend(
    225,
    { quick: 96, reserved: 24, slow: 32, per_tenant: 8, per_endpoint: 4, per_host: 32, lease_seconds: 60 },
    { endpoint_id: idOf("endpoint 0") },
  ),
  "close-after-tombstone": backend(155, [...stale, "c", "l", false], { run_id: stale[0] }),
  "close-run": backend(
    180,
    {
      run_id: claimed[0],
      from_status: "PROCESSING",
      from_stage: "CLAIMED",
      token: claimed[1],
      version: null,
      to_status: "COMPLETED",
      charge_micros: 7_000,
      reason_code: null,
      reason_detail: null,
      result_attempt: 1,
      result_sha256: bytea("ab".repeat(32)),
      result_bytes: 9,
      reliability: 1,
    },
    { run_id: claimed[0] },
  ),
  "complete-runs": backend(
    180,
    {
      run_ids: [claimed[0]],
      tokens: [claimed[1]],
      charges: ["7000"],
      attempts: ["1"],
      sha256s: [bytea("ab".repeat(32))],
      bytes: ["9"],
      reliabilities: ["1"],
    },
    { run_id: claimed[0] },
  ),
  "finish-webhook-delivery": backend(
    39,
    {
      delivery_id: idOf("delivery 1"),
      claim_token: idOf("flight"),
      outcome: "delivered",
      status: 200,
      error: null,
      retry_seconds: null,
      slow: false,
    },
    {
      status: "delivered",
    },
  ),
  "commit-horizon": backend(10, [], {}),
  "count-money": backend(600, [FIRST, 500], {}),
  "note-process": backend(15, [idOf("process"), "worker", false], {}),
  "service-gauges": backend(300, [10_000, 60], { mode: "normal", claimed_runs: "30" }),
  "count-signals": backend(50, [[idOf("queued 1")]], { run_id: idOf("queued 1") }),
  "extend-lease": backend(40, [...leased, 120, 30], { run_id: leased[0] }),
  "fail-expired": backend(150, [...expired, 1, "x", false], { run_id: expired[0] }),
  "fan-out-events": backend(1_400, [10, 1_000, ["LEASE_EXPIRED"], null], { events: "10" }),
  "find-stranded-runs": backend(25, [[idOf("queued 1"), idOf("completed 1")]], { run_id: idOf("queued 1") }),
  "forget-events": backend(1_500, [30, "-infinity", "0", 50], { scanned: "50", events: "50" }),
  "freeze-run": backend(70, [...claimed, "TEST", "{}"], { run_id: claimed[0] }),
  "freeze-closed-run": backend(80, [idOf("completed 1"), "3", "SETTLED", "TEST", "{}"], { outcome: "found" }),
  "requeue-uncounted": backend(40, [...leased, true], { run_id: leased[0] }),
  "judge-runs": backend(30, [[idOf("completed 1"), idOf("queued 1"), idOf("contradicted 1")]], { runs: "3" }),
  "ended-runs": backend(15, [TENANT, [pastRetention]], { run_id: pastRetention }),
  "expired-leases": backend(25, ["-infinity", FIRST], { tenant_id: TENANT }),
  "open-findings": backend(10, [], { findings: "30" }),
  "runs-past-retention": backend(25, ["-infinity", FIRST], { tenant_id: TENANT }),
  "purge-run": backend(15, [pastRetention, "3"], null),
  "record-finding": backend(30, [TENANT, null, "usage", "new", "{}"], {}),
  "requeue-attempt": backend(40, [...leased, 9], { run_id: leased[0] }),
  "requeue-expired": backend(60, [...expired, 3], { run_id: expired[0] }),
  "roll-back": backend(40, stale, { run_id: stale[0] }),
  "run-status": backend(15, [pastRetention], { status: "COMPLETED" }),
  "stale-claims": backend(30, [60, "-infinity", FIRST], { tenant_id: TENANT }),
  "take-unsignalled": backend(400, [60, 3_600], { signal_count: 1 }),
  "tenant-snapshot": backend(195, [TENANT], { tenant_id: TENANT }),
  "tenants-at-work": backend(40, [FIRST], {}),
  "tenants-moved": backend(10, [1_800, "-infinity", FIRST], { tenant_id: TENANT }),
};
