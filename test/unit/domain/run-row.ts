import { micros } from "#core/domain/money.ts";
import type { RunRow } from "#core/domain/run-view.ts";

/** A completed run. */
export const COMPLETED: RunRow = {
  run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  pack_type: "eval",
  pack_version: "1.2.0",
  key_id: "01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64",
  payload_sha256: "ab".repeat(32),
  status: "COMPLETED",
  expired: false,
  money_state: "SETTLED",
  reserved_micros: micros(1_000_000),
  charged_micros: micros(1_500),
  minimum_fee_micros: micros(1_500),
  attempt: 2,
  timebox_sec: 90,
  min_reliability: 0.5,
  metadata: { order: "A-1" },
  created_at: new Date("2026-01-02T03:04:05.678Z"),
  started_at: new Date("2026-01-02T03:04:06.000Z"),
  finished_at: new Date("2026-01-02T03:04:07.000Z"),
  retention_until: new Date("2026-02-01T03:04:07.000Z"),
  reason_code: null,
  reason_detail: null,
  result_sha256: "cd".repeat(32),
  result_bytes: 1_834,
  reliability: 0.75,
};

/** What `run` says while it has not started. */
export const QUEUED: RunRow = {
  ...COMPLETED,
  status: "QUEUED",
  money_state: "RESERVED",
  charged_micros: null,
  attempt: 0,
  min_reliability: null,
  started_at: null,
  finished_at: null,
  retention_until: null,
  result_sha256: null,
  result_bytes: null,
  reliability: null,
};
