import { formatUsd } from "#core/domain/money.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { COST, headerRef, RATE } from "../openapi/headers.ts";

/** The headers of a run's response, in the document. */
export const RUN_HEADERS = { ...COST, ...RATE, "X-DPP-Cost-Actual": headerRef("CostActual") };

/** A run's cost and, while it is open, when to ask again. */
export const costHeaders = (run: FoundRun): Record<string, string> => ({
  "X-DPP-Cost-Reserved": formatUsd(run.reserved_micros),
  "X-DPP-Cost-Minimum-Fee": formatUsd(run.minimum_fee_micros),
  ...(run.charged_micros !== null && { "X-DPP-Cost-Actual": formatUsd(run.charged_micros) }),
  ...(!isTerminal(run.status) && { "Retry-After": "1" }),
});
