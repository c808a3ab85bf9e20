import { formatSum } from "#core/domain/money.ts";
import { revenue } from "#core/store/ledger/revenue.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;
const MOST_DAYS = 366;

interface RevenueRequest {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly tenant_id: string | undefined;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** By day and pack, of at most {@link MOST_DAYS} days. Grants that give a charge back are not subtracted. */
export async function reportRevenue({ db, clock }: Operator, request: RevenueRequest): Promise<Report> {
  const to = request.to ?? dayOf(clock.now());
  const from = request.from ?? dayOf(Date.parse(to) - (DAYS - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1 || days > MOST_DAYS)
    throw new Refused(`--from ${from} must be at most ${MOST_DAYS - 1} days before --to ${to}, and not after it`);
  const lines = await revenue(db, { from, to, tenant_id: request.tenant_id });
  const total = formatSum(lines.reduce((sum, line) => sum + line.charged_micros, 0n));
  const shown = lines.map(({ charged_micros, ...line }) => ({ ...line, charged_usd: formatSum(charged_micros) }));
  const rows = shown.map((line) => [
    line.day,
    line.pack_type,
    ...[line.runs, line.completed, line.failed, line.canceled, line.tenants].map(String),
    line.charged_usd,
  ]);
  const headings = ["day", "pack", "runs", "completed", "failed", "canceled", "tenants", "charged usd"];
  return {
    text: `${rows.length === 0 ? "no run finished" : table(headings, rows)}\n${from} to ${to}: ${total} USD`,
    json: { from, to, tenant_id: request.tenant_id ?? null, charged_usd: total, lines: shown },
  };
}
