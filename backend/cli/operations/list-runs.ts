import { formatUsd } from "#core/domain/money.ts";
import { listRuns, MAX_RUNS_SCANNED, type RunsRequest } from "#core/store/runs/list-runs.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportRuns({ db }: Operator, request: RunsRequest): Promise<Report> {
  const found = await listRuns(db, request);
  if (found === undefined) throw new Refused(`there is no tenant ${request.tenant_id}`);
  const runs = found.runs.map(({ reserved_micros, charged_micros, reason_code, ...rest }) => ({
    ...rest,
    error: reason_code === null ? null : { reason_code },
    cost: {
      reserved_usd: formatUsd(reserved_micros),
      actual_usd: charged_micros === null ? null : formatUsd(charged_micros),
    },
  }));
  const rows = runs.map((run) => [
    run.run_id,
    run.pack_type,
    run.status,
    run.money_state,
    run.cost.reserved_usd,
    run.cost.actual_usd ?? "",
    run.error?.reason_code ?? "",
    run.created_at.toISOString(),
  ]);
  const headings = ["run", "pack", "status", "money", "reserved usd", "actual usd", "reason", "created"];
  const { tenant_id, status } = request;
  const next_before = found.next_before ?? null;
  const none = `the tenant has no ${status ?? ""} run`.replace("  ", " ");
  const lines = [
    ...(rows.length > 0 ? [table(headings, rows)] : next_before === null ? [none] : []),
    ...(next_before === null
      ? []
      : [`${MAX_RUNS_SCANNED} runs were read, and there may be more: --before ${next_before}`]),
  ];
  return { text: lines.join("\n"), json: { tenant_id, runs, next_before } };
}
