import { z } from "zod";

export const runStatus = z.enum(["QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELED", "EXPIRED"]);
export type RunStatus = z.infer<typeof runStatus>;

export const moneyState = z.enum(["RESERVED", "SETTLED", "REFUNDED", "AUDIT_REQUIRED"]);

export const isTerminal = (status: RunStatus): boolean => status !== "QUEUED" && status !== "PROCESSING";

/** Whether a run that is over is past its retention, which is not a status that is stored. */
export const isExpired = ({ status, expired }: { readonly status: RunStatus; readonly expired: boolean }): boolean =>
  status === "EXPIRED" || expired;

/** Why a run ended without a result, where the platform says it; packs add reason codes of their own. */
export const REASONS = {
  LEASE_EXPIRED: "The run was started as often as its attempts allow, and each time its worker was lost.",
  TIMEBOX_EXCEEDED: "The work did not end within the run's timebox.",
  PACK_CRASHED: "The pack ended with an unexpected error.",
  RESULT_TOO_LARGE: "The result is larger than the limit.",
  COST_EXCEEDS_CAP: "The work costs more than the run's max_cost_usd covers; it was stopped there.",
  RELIABILITY_BELOW_MINIMUM: "The result's reliability is below the run's min_reliability_score.",
  PACK_UNKNOWN: "No worker knows this pack.",
  NO_WORK_PROCESS: "The run got no process for its work: none could be started, or others held them all for too long.",
  WORK_PROCESS_LOST: "The process that did the work was killed from outside, at each attempt.",
  RESULT_INVALID: "The pack made a result that cannot be written.",
  CANCELED: "The run was canceled at its owner's request.",
} as const;

/** The failures that are the platform's own, whatever the caller sent: unless the operator says otherwise they cost nothing. */
export const PLATFORM_FAILURES = [
  "LEASE_EXPIRED",
  "PACK_UNKNOWN",
  "NO_WORK_PROCESS",
  "WORK_PROCESS_LOST",
  "RESULT_INVALID",
] as const;

export const isPlatformFailure = (reason_code: string): boolean =>
  (PLATFORM_FAILURES as readonly string[]).includes(reason_code);

/** What a platform failure costs. */
export const platformFailureFee = z.enum(["none", "minimum"]);
export type PlatformFailureFee = z.infer<typeof platformFailureFee>;

/** Whether a run that fails for this reason costs the minimum fee; inputs that a pack refuses are handled elsewhere. */
export const costsMinimumFee = (reason_code: string, fee: PlatformFailureFee): boolean =>
  fee === "minimum" || !isPlatformFailure(reason_code);
