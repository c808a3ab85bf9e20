import { formatUsd } from "#core/domain/money.ts";
import { listRuns, RUNS_LOOKED_AT, type RunsWanted } from "#core/store/postgres/list-runs.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportRuns({ db, warn }: Operator, wanted: RunsWanted): Promise<Report> {
  const found = await listRuns(db, wanted);
  if (found === undefined) throw new Refused(`there is no tenant ${wanted.tenant_id}`);
  if (found.isCut && found.runs.length < wanted.limit) {
    warn(`only the newest ${RUNS_LOOKED_AT} runs of the tenant were looked at`);
  }
  const runs = found.runs.map(({ reserved_micros, charged_micros, ...rest }) => ({
    ...rest,
    reserved_usd: formatUsd(reserved_micros),
    charged_usd: charged_micros === null ? null : formatUsd(charged_micros),
  }));
  const rows = runs.map((run) => [
    run.run_id,
    run.pack_type,
    run.status,
    run.money_state,
    run.reserved_usd,
    run.charged_usd ?? "",
    run.reason_code ?? "",
    run.created_at.toISOString(),
  ]);
  const headings = ["run", "pack", "status", "money", "reserved usd", "charged usd", "reason", "created"];
  return {
    text: rows.length === 0 ? `the tenant has no ${wanted.status ?? ""} run`.replace("  ", " ") : table(headings, rows),
    json: { tenant_id: wanted.tenant_id, runs },
  };
}
