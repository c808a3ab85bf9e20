import { micros } from "#core/domain/money.ts";
import type { RunRow } from "#core/domain/run-view.ts";
import { foundRun } from "#core/store/runs/find-run.ts";
import { QUEUED_ROW } from "../../support/run-row.ts";

/** A completed run. */
export const COMPLETED: RunRow = {
  ...foundRun.parse(QUEUED_ROW),
  pack_type: "eval",
  pack_version: "1.2.0",
  status: "COMPLETED",
  money_state: "SETTLED",
  reserved_micros: micros(1_000_000),
  charged_micros: micros(1_500),
  minimum_fee_micros: micros(1_500),
  attempt: 2,
  min_reliability: 0.5,
  metadata: { order: "A-1" },
  created_at: new Date("2026-01-02T03:04:05.678Z"),
  started_at: new Date("2026-01-02T03:04:06.000Z"),
  finished_at: new Date("2026-01-02T03:04:07.000Z"),
  retention_until: new Date("2026-02-01T03:04:07.000Z"),
  result_sha256: "cd".repeat(32),
  result_bytes: 1_834,
  reliability: 0.75,
};

/** The same while it has not started. */
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
