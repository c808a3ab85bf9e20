import type { Command } from "commander";
import { type RunStatus, runStatus } from "#core/domain/run.ts";
import type { Micros } from "#core/domain/money.ts";
import { id, note, pageSize, runCharge, status } from "../arguments.ts";
import { decideFrozenRun } from "../operations/decide-run.ts";
import { reportRuns } from "../operations/list-runs.ts";
import { reportRun } from "../operations/report-run.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

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
    .action(({ tenant: tenant_id, status: wanted, limit, before, ...options }: ListOptions) =>
      perform(options, (operator) => reportRuns(operator, { tenant_id, status: wanted, limit, before })),
    );
  action(run, "decide", "fail a frozen run, at the given charge")
    .argument("<run_id>", "the run's id", id)
    .requiredOption("--charge <amount>", "the charge in USD, from 0 to its reservation", runCharge)
    .requiredOption("--note <text>", "the reason, kept with the finding", note)
    .action((run_id: string, options: DecideOptions) =>
      perform(options, (operator) => decideFrozenRun(operator, run_id, options.charge, options.note)),
    );
}
