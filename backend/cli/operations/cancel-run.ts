import { cancelAnyRun, type OperatorCancel } from "#core/store/runs/cancel-any-run.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

const REASON_DETAIL = "The run was canceled by an operator, at no cost.";

const MEANING: Partial<Readonly<Record<OperatorCancel, string>>> = {
  canceled: "is CANCELED, and nothing was charged",
  "already-canceled": "was canceled already",
  requested: "is being canceled already, at its owner's request",
};

/** Ends an open run for nothing. Canceling a canceled run is no error. */
export async function cancelRunAtNoCost(operator: Operator, run_id: string): Promise<Report> {
  const run = await showRun(operator.db, run_id);
  if (run === undefined) throw new Refused(`there is no run ${run_id}`);
  const { tenant_id } = run;
  const outcome = await cancelAnyRun(operator.db, { tenant_id, run_id }, REASON_DETAIL);
  const meaning = MEANING[outcome];
  if (meaning === undefined) throw new Refused(whyNot(run_id, outcome));
  await refreshMirror(operator, [tenant_id]);
  return { text: `run ${run_id} ${meaning}`, json: { run_id, tenant_id, outcome } };
}

function whyNot(run_id: string, outcome: OperatorCancel): string {
  if (outcome === "frozen") return `run ${run_id} is frozen: decide it with \`dpp run decide ${run_id}\``;
  if (outcome === "claimed")
    return `run ${run_id} is being finished: try again in some minutes, if it is queued again by then`;
  if (outcome === "lost") return `run ${run_id} changed at that moment: try again`;
  return `run ${run_id} is over: \`dpp run refund ${run_id}\` gives back what it was charged`;
}
