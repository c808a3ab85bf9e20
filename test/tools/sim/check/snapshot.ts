import type { PackPlan } from "../actors/pack.ts";

/** A run's row as `sim_snapshot()` gives it. */
export interface RunRow {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly key_id: string;
  readonly idempotency_key: string;
  readonly payload_sha256: string;
  readonly pack_type: string;
  readonly status: string;
  readonly finalize_stage: string | null;
  readonly finalize_token: string | null;
  readonly money_state: string;
  readonly version: number;
  readonly reserved_micros: number;
  readonly minimum_fee_micros: number;
  readonly charged_micros: number | null;
  readonly attempt: number;
  readonly uncounted_requeues: number;
  readonly lease_token: string | null;
  readonly lease_expires_at: string | null;
  readonly started_at: string | null;
  readonly timebox_sec: number;
  readonly cancel_requested: boolean;
  readonly reason_code: string | null;
  readonly result_attempt: number | null;
  readonly result_sha256: string | null;
  readonly key_capped: boolean;
  readonly retention_until: string | null;
  readonly purged_at: string | null;
  readonly has_inputs: boolean;
  /** What its pack is to do; null when its inputs were purged. */
  readonly plan: PackPlan | null;
}

interface TransferRow {
  readonly tenant_id: string;
  readonly run_id: string | null;
  readonly kind: "GRANT" | "CLAWBACK" | "RESERVE" | "CHARGE" | "REFUND";
  readonly amount_micros: number;
}

interface BalanceRow {
  readonly tenant_id: string;
  readonly granted: number;
  readonly charged: number;
  readonly reserved: number;
  readonly available: number;
  readonly open_runs: number;
}

interface UsageRow {
  readonly tenant_id: string;
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  readonly canceled: number;
  readonly reserved_micros: number;
  readonly charged_micros: number;
}

interface KeyRow {
  readonly key_id: string;
  readonly spending_id: string;
  readonly tenant_id: string;
  readonly sha256: string;
  readonly status: string;
  /** Of its tenant's plan. */
  readonly max_open_runs: number;
}

/** Everything in Postgres that the invariants are about, of one moment. */
export interface Snapshot {
  readonly runs: readonly RunRow[];
  readonly transfers: readonly TransferRow[];
  readonly balances: readonly BalanceRow[];
  readonly usage: readonly UsageRow[];
  readonly spending: readonly { readonly spending_id: string; readonly committed_micros: number }[];
  readonly keys: readonly KeyRow[];
  readonly events: readonly { readonly run_id: string | null; readonly type: string }[];
  readonly findings: readonly { readonly kind: string; readonly run_id: string | null; readonly tenant_id: string }[];
}

export const isOpen = (run: RunRow): boolean => run.status === "QUEUED" || run.status === "PROCESSING";
export const isFrozen = (run: RunRow): boolean => run.money_state === "AUDIT_REQUIRED";
export const isClosed = (run: RunRow): boolean => run.money_state === "SETTLED" || run.money_state === "REFUNDED";

export const sum = <T>(list: readonly T[], of: (item: T) => number): number =>
  list.reduce((total, item) => total + of(item), 0);
