import { z } from "zod";

export const runStatus = z.enum(["QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELED", "EXPIRED"]);
export type RunStatus = z.infer<typeof runStatus>;

export const moneyState = z.enum(["RESERVED", "SETTLED", "REFUNDED", "AUDIT_REQUIRED"]);

export const isTerminal = (status: RunStatus): boolean => status !== "QUEUED" && status !== "PROCESSING";

/** Why a run ended without a result, where the platform says it; packs add reason codes of their own. */
export const REASONS = {
  LEASE_EXPIRED: "The run was started as often as its attempts allow, and each time its worker was lost.",
  TIMEBOX_EXCEEDED: "The work did not end within the run's timebox.",
  PACK_CRASHED: "The pack ended with an unexpected error.",
  RESULT_TOO_LARGE: "The result is larger than a result may be.",
  COST_EXCEEDS_CAP: "The work costs more than the run's max_cost_usd covers; it was stopped there.",
  RELIABILITY_BELOW_MINIMUM: "The result's reliability is below the run's min_reliability_score.",
  PACK_UNKNOWN: "No worker knows this pack.",
  CANCELED: "The run was canceled at its owner's request.",
} as const;
