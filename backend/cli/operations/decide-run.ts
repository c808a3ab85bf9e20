import { formatUsd, type Micros } from "#core/domain/money.ts";
import { decideRun } from "#core/store/audit/decide-run.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshMirror } from "./refresh-mirror.ts";

const REASON_DETAIL = "The run contradicted itself and was decided by a person.";

/** Ends a frozen run whose money is still held, at what a person says it costs, and resolves its findings. */
export async function decideFrozenRun(
  operator: Operator,
  run_id: string,
  charge: Micros,
  note: string,
): Promise<Report> {
  const run = await showRun(operator.db, run_id);
  if (run === undefined) throw new Refused(`there is no run ${run_id}`);
  if (charge > run.reserved_micros)
    throw new Refused(`run ${run_id} reserved ${formatUsd(run.reserved_micros)} USD and can be charged no more`);
  const decided = await decideRun(operator.db, run, { charge, reason_detail: REASON_DETAIL, note });
  if (decided === undefined)
    throw new Refused(
      `run ${run_id} is ${run.status}, ${run.money_state}: only a frozen run whose money is held is decided`,
    );
  await refreshMirror(operator, [decided.tenant_id]);
  const charged_usd = formatUsd(decided.charged_micros);
  const reserved_usd = formatUsd(decided.reserved_micros);
  return {
    text: `run ${run_id} is FAILED: ${charged_usd} of ${reserved_usd} USD charged; its findings are resolved`,
    json: { run_id, tenant_id: decided.tenant_id, status: "FAILED", reserved_usd, charged_usd, note },
  };
}
