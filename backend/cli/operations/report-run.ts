import { formatUsd, type Micros } from "#core/domain/money.ts";
import { runTransfers, type Transfer } from "#core/store/ledger/run-transfers.ts";
import { type ShownRun, showRun } from "#core/store/runs/show-run.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { fields, table } from "../text.ts";

export async function reportRun({ db }: Operator, run_id: string): Promise<Report> {
  const run = await showRun(db, run_id);
  if (run === undefined) throw new Refused(`there is no run ${run_id}`);
  const ledger = await runTransfers(db, run_id);
  return {
    text: `${runText(run)}\n\n${ledgerText(ledger)}`,
    json: { run: runJson(run), ledger: ledger.map(transferJson) },
  };
}

const usd = (amount: Micros | null): string | null => (amount === null ? null : formatUsd(amount));

/** Its amounts and end have the names that they have in the API. */
function runJson(run: ShownRun): unknown {
  const { reserved_micros, minimum_fee_micros, charged_micros, reason_code, reason_detail, ...rest } = run;
  const { retention_until, ...shown } = rest;
  return {
    ...shown,
    cost: {
      reserved_usd: usd(reserved_micros),
      actual_usd: usd(charged_micros),
      minimum_fee_usd: usd(minimum_fee_micros),
    },
    error: reason_code === null ? null : { reason_code, detail: reason_detail },
    result_expires_at: retention_until,
  };
}

function transferJson({ amount_micros, ...rest }: Transfer): unknown {
  return { ...rest, amount_usd: formatUsd(amount_micros) };
}

function runText(run: ShownRun): string {
  const entries: [string, string | null | undefined][] = [
    ["run", run.run_id],
    ["tenant", run.tenant_id],
    ["key", run.key_id],
    ["idempotency key", run.idempotency_key],
    ["pack", `${run.pack_type} ${run.pack_version}`],
    ["status", run.finalize_stage === null ? run.status : `${run.status}, ${run.finalize_stage}`],
    ["money", run.money_state],
    ["reserved", `${usd(run.reserved_micros)} USD`],
    ["actual cost", run.charged_micros === null ? null : `${usd(run.charged_micros)} USD`],
    ["attempt", String(run.attempt)],
    ["reason", run.reason_code === null ? null : `${run.reason_code}: ${run.reason_detail ?? ""}`],
    ["result sha256", run.result_sha256],
    ["created", run.created_at.toISOString()],
    ["started", run.started_at?.toISOString()],
    ["finished", run.finished_at?.toISOString()],
    ["kept until", run.retention_until?.toISOString()],
  ];
  return fields(
    entries.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value] as const])),
  );
}

function ledgerText(ledger: readonly Transfer[]): string {
  const rows = ledger.map((line) => [
    line.transfer_id,
    line.kind,
    line.debit,
    line.credit,
    formatUsd(line.amount_micros),
    line.created_at.toISOString(),
  ]);
  return table(["transfer", "kind", "debit", "credit", "amount usd", "at"], rows);
}
