import { formatUsd, type Micros } from "#core/domain/money.ts";
import type { PriceRange } from "#core/domain/pack.ts";
import { Problem } from "#core/domain/problem.ts";
import type { RunStatus } from "#core/domain/run.ts";

/** How long a submit whose outcome is unknown may still come true, and how far our clocks may be apart. */
export const SUBMIT_DEADLINE_MS = 10_000;
const CLOCK_SKEW_MS = 5_000;

export const packNotInPlan = (pack_type: string) =>
  new Problem(
    "pack-not-in-plan",
    `This account's plan does not include the pack "${pack_type}" (an account without a plan includes none).`,
  );

export const costOverPlanLimit = (limit?: Micros) =>
  limit === undefined
    ? new Problem("cost-over-plan-limit")
    : new Problem("cost-over-plan-limit", `The plan allows a maximum of ${formatUsd(limit)} USD per run.`, {
        members: { limit_usd: formatUsd(limit) },
      });

export const tooManyOpenRuns = () => new Problem("too-many-open-runs", undefined, { retry_after_s: 5 });

export function budgetExceeded(requested: Micros, available: Micros, whose: "tenant" | "key"): Problem {
  const amounts = { requested_usd: formatUsd(requested), available_usd: formatUsd(available) };
  const budget = whose === "key" ? "this API key's own budget" : "the account's budget";
  return new Problem(
    "budget-exceeded",
    `The run would reserve ${amounts.requested_usd} USD; ${budget} has ${amounts.available_usd} USD available.`,
    { members: amounts },
  );
}

/** Undefined: what the run may cost at most covers the least that a success costs. */
export function maxCostBelowPrice(
  reserve: Micros,
  { least, most }: Pick<PriceRange, "least" | "most">,
): Problem | undefined {
  if (reserve >= least) return undefined;
  const amounts = { price_usd: formatUsd(least), max_cost_usd: formatUsd(reserve) };
  const costs = least === most ? "costs" : "costs at least";
  return new Problem(
    "max-cost-below-price",
    `A success of this run ${costs} ${amounts.price_usd} USD; its max_cost_usd is ${amounts.max_cost_usd}.`,
    { members: amounts },
  );
}

export const modelNotConfigured = () => new Problem("model-not-configured");

export const idempotencyConflict = () => new Problem("idempotency-conflict");

/** The run may yet come to exist, until its deadline has passed on every clock. */
export const outcomeUnknown = () =>
  new Problem("unavailable", undefined, { retry_after_s: (SUBMIT_DEADLINE_MS + CLOCK_SKEW_MS) / 1000 });

export const readOnly = () => new Problem("read-only", undefined, { retry_after_s: 60 });

export const runNotFound = () => new Problem("not-found", "Run not found.");

export const alreadyTerminal = (status: RunStatus) =>
  new Problem("run-already-terminal", `The run is ${status}; it cannot be canceled.`);

export const underAudit = () => new Problem("run-under-audit");

export const halted = () =>
  new Problem("read-only", "The operator has halted the service. The run is unchanged.", {
    retry_after_s: 60,
  });

export const rangeNotSatisfiable = (size_bytes: number) =>
  new Problem("range-not-satisfiable", `The result has ${size_bytes} bytes.`);

export const tooManyStreams = () =>
  new Problem("rate-limited", "Too many event streams are open, for this account or in total.", {
    retry_after_s: 5,
  });
