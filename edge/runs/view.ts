import type { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import { isTerminal } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { COST, headerRef, RATE } from "../openapi/headers.ts";
import type { runView } from "./schemas.ts";
import { isExpired } from "./find-own-run.ts";

/** The headers of a run's response, in the document. */
export const RUN_HEADERS = { ...COST, ...RATE, "X-DPP-Cost-Actual": headerRef("CostActual") };

/** A run's cost and, while it is open, when to ask again. */
export const costHeaders = (run: FoundRun): Record<string, string> => ({
  "X-DPP-Cost-Reserved": formatUsd(run.reserved_micros),
  "X-DPP-Cost-Minimum-Fee": formatUsd(run.minimum_fee_micros),
  ...(run.charged_micros !== null && { "X-DPP-Cost-Actual": formatUsd(run.charged_micros) }),
  ...(!isTerminal(run.status) && { "Retry-After": "1" }),
});

/** What an API key of its owner sees of a run. */
export function viewRun(run: FoundRun): z.input<typeof runView> {
  return {
    run_id: run.run_id,
    pack_type: run.pack_type,
    status: isExpired(run) ? "EXPIRED" : run.status,
    money_state: run.money_state,
    cost: {
      reserved_usd: formatUsd(run.reserved_micros),
      actual_usd: run.charged_micros === null ? null : formatUsd(run.charged_micros),
      minimum_fee_usd: formatUsd(run.minimum_fee_micros),
    },
    attempt: run.attempt,
    timebox_sec: run.timebox_sec,
    metadata: run.metadata,
    created_at: run.created_at.toISOString(),
    started_at: run.started_at?.toISOString() ?? null,
    finished_at: run.finished_at?.toISOString() ?? null,
    error: run.reason_code === null ? null : { reason_code: run.reason_code, detail: run.reason_detail ?? "" },
    result: result(run),
  };
}

function result(run: FoundRun): z.input<typeof runView>["result"] {
  const { result_sha256, result_bytes, reliability } = run;
  if (run.status !== "COMPLETED" || isExpired(run)) return null;
  if (result_sha256 === null || result_bytes === null || reliability === null) return null;
  return { sha256: result_sha256, size_bytes: result_bytes, reliability, href: `/v1/runs/${run.run_id}/result` };
}
