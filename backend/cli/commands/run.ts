import type { Command } from "commander";
import { type RunStatus, runStatus } from "#core/domain/run.ts";
import type { Micros } from "#core/domain/money.ts";
import { grantAmount, id, pageSize, reason, runCharge, status } from "../arguments.ts";
import { cancelRunAtNoCost } from "../operations/cancel-run.ts";
import { decideFrozenRun } from "../operations/decide-run.ts";
import { reportRuns } from "../operations/list-runs.ts";
import { refundRunOnce } from "../operations/refund-run.ts";
import { reportRun } from "../operations/report-run.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

interface ListOptions extends CommonOptions {
  readonly tenant: string;
  readonly status?: RunStatus;
  readonly limit: number;
  readonly before?: string;
}

interface DecideOptions extends CommonOptions {
  readonly charge: Micros;
  readonly note: string;
}

interface RefundOptions extends CommonOptions {
  readonly usd?: Micros;
}

export function addRun(program: Command, perform: Perform): void {
  const run = program.command("run").description("runs");
  action(run, "show", "show a run and its ledger lines")
    .argument("<run_id>", "the run's id", id)
    .action((run_id: string, options: CommonOptions) => perform(options, (operator) => reportRun(operator, run_id)));
  action(run, "list", "list a tenant's runs, newest first")
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .option("--status <status>", `only this status: ${runStatus.options.join(", ")}`, status)
    .option("--limit <count>", "how many at most, up to 100", pageSize, 20)
    .option("--before <run_id>", "only runs older than this one", id)
    .action(({ tenant: tenant_id, status, limit, before, ...options }: ListOptions) =>
      perform(options, (operator) => reportRuns(operator, { tenant_id, status, limit, before })),
    );
  change(run, "decide", "fail a frozen run, at the given charge", { reason: "note", dry_run: true })
    .argument("<run_id>", "the run's id", id)
    .requiredOption("--charge <amount>", "the charge in USD, from 0 to its reservation", runCharge)
    .requiredOption("--note <text>", "the reason, kept with the finding", reason)
    .action((run_id: string, options: DecideOptions) =>
      perform(options, (operator) => decideFrozenRun(operator, run_id, options.charge, options.note)),
    );
  change(run, "cancel", "cancel an open run, at no cost", { reason: "required", dry_run: true })
    .argument("<run_id>", "the run's id", id)
    .action((run_id: string, options: CommonOptions) =>
      perform(options, (operator) => cancelRunAtNoCost(operator, run_id)),
    );
  change(run, "refund", "give back what a run was charged, or a part, as a grant, once", {
    reason: "required",
    dry_run: true,
  })
    .argument("<run_id>", "the run's id", id)
    .option("--usd <amount>", "how much, at most what it was charged (default: all)", grantAmount)
    .action((run_id: string, options: RefundOptions) =>
      perform(options, (operator) => refundRunOnce(operator, run_id, options.usd)),
    );
}
