import { PLATFORM_FAILURES } from "#core/domain/run.ts";
import { priceOfPlan } from "../actors/pack.ts";
import { isClosed, isFrozen, isOpen, type RunRow, type Snapshot, sum } from "./snapshot.ts";

const TERMINAL = new Set(["COMPLETED", "FAILED", "CANCELED"]);

/** Invariants 1, 2 and 4 of one moment: every sentence that does not hold. */
export function moneyFaults(now: Snapshot): readonly string[] {
  return [
    ...now.balances.flatMap((balance) => balanceDiscrepancies(now, balance)),
    ...now.runs.flatMap((run) => runFaults(now, run)),
    ...usageDiscrepancies(now),
    ...spendingFaults(now),
    ...twins(now.runs),
  ];
}

function balanceDiscrepancies(now: Snapshot, balance: Snapshot["balances"][number]): readonly string[] {
  const { tenant_id } = balance;
  const of = (kind: string) =>
    sum(now.transfers, (each) => (each.tenant_id === tenant_id && each.kind === kind ? each.amount_micros : 0));
  const granted = of("GRANT") - of("CLAWBACK");
  const charged = of("CHARGE");
  const reserved = of("RESERVE") - charged - of("REFUND");
  const expected = {
    granted,
    charged,
    reserved,
    available: granted - charged - reserved,
    open_runs: now.runs.filter((run) => run.tenant_id === tenant_id && isOpen(run)).length,
  };
  return Object.entries(expected).flatMap(([name, value]) => {
    const found = balance[name as keyof typeof expected];
    if (found !== value) return [`1: tenant ${tenant_id}: ${name} is ${found}, its transfers say ${value}`];
    return found < 0 ? [`1: tenant ${tenant_id}: ${name} is ${found}`] : [];
  });
}

function runFaults(now: Snapshot, run: RunRow): readonly string[] {
  const moved = (kind: string) =>
    sum(now.transfers, (each) => (each.run_id === run.run_id && each.kind === kind ? each.amount_micros : 0));
  const closed = isClosed(run);
  const charged = run.charged_micros ?? 0;
  const events = now.events.filter((event) => event.run_id === run.run_id && event.type.startsWith("run."));
  const range = run.plan === null ? undefined : priceOfPlan(run.plan);
  const price = range?.least;
  const laws: readonly (readonly [holds: boolean, law: string])[] = [
    [moved("RESERVE") === run.reserved_micros, "RESERVE is its reservation"],
    [moved("CHARGE") === (closed ? charged : 0), "CHARGE is what it was charged"],
    [moved("REFUND") === (closed ? run.reserved_micros - charged : 0), "REFUND is the rest"],
    [charged <= run.reserved_micros, "no charge above the reservation"],
    [isFrozen(run) || closed === TERMINAL.has(run.status), "closed money and a terminal status go together"],
    [!closed || (run.money_state === "SETTLED") === charged > 0, "SETTLED where it was charged"],
    [!["FAILED", "CANCELED"].includes(run.status) || run.reason_code !== null, "a failure or cancel has its reason"],
    [price === undefined || run.minimum_fee_micros <= price, "failing never costs more than succeeding"],
    [price === undefined || run.reserved_micros >= price, "nothing is sold below its price"],
    [
      run.status !== "COMPLETED" || range === undefined || charged === Math.min(range.most, run.reserved_micros),
      "a success costs its price",
    ],
    [!closed || mayFailAt(run, charged), "a failure costs what its reason says"],
    [events.length === (closed ? 1 : 0), "one closing event"],
    [run.uncounted_requeues <= 5 && run.uncounted_requeues <= run.attempt, "hand-backs are counted"],
  ];
  return laws.flatMap(([holds, law]) => (holds ? [] : [`2: run ${run.run_id} (${run.status}): not so: ${law}`]));
}

/** Reasons that cost nothing: failures of the platform's own, and inputs that the pack refused. */
const FREE = new Set<string | null>([...PLATFORM_FAILURES, "REJECTED"]);

function mayFailAt({ status, reason_code, minimum_fee_micros, attempt }: RunRow, charged: number): boolean {
  if (status === "CANCELED") return charged === 0 || (charged === minimum_fee_micros && attempt > 0);
  if (status !== "FAILED" || reason_code === "DECIDED_BY_OPERATOR") return true;
  return charged === (FREE.has(reason_code) ? 0 : minimum_fee_micros);
}

function usageDiscrepancies(now: Snapshot): readonly string[] {
  return now.balances.flatMap(({ tenant_id }) => {
    const closed = now.runs.filter((run) => run.tenant_id === tenant_id && isClosed(run));
    const used = now.usage.filter((row) => row.tenant_id === tenant_id);
    const count = (status: string) => closed.filter((run) => run.status === status).length;
    const pairs: readonly (readonly [name: string, found: number, expected: number])[] = [
      ["runs", sum(used, (row) => row.runs), closed.length],
      ["completed", sum(used, (row) => row.completed), count("COMPLETED")],
      ["failed", sum(used, (row) => row.failed), count("FAILED")],
      ["canceled", sum(used, (row) => row.canceled), count("CANCELED")],
      ["charged", sum(used, (row) => row.charged_micros), sum(closed, (run) => run.charged_micros ?? 0)],
      ["reserved", sum(used, (row) => row.reserved_micros), sum(closed, (run) => run.reserved_micros)],
    ];
    return pairs.flatMap(([name, found, expected]) =>
      found === expected ? [] : [`2: tenant ${tenant_id}: usage says ${found} ${name}, its runs say ${expected}`],
    );
  });
}

function spendingFaults(now: Snapshot): readonly string[] {
  const chain = new Map(now.keys.map((key) => [key.key_id, key.spending_id]));
  return now.spending.flatMap(({ spending_id, committed_micros }) => {
    const runs = now.runs.filter((run) => run.key_capped && chain.get(run.key_id) === spending_id);
    const expected = sum(runs, (run) => run.charged_micros ?? run.reserved_micros);
    return committed_micros === expected
      ? []
      : [`1: key ${spending_id} has spent ${committed_micros}, not ${expected}`];
  });
}

function twins(runs: readonly RunRow[]): readonly string[] {
  const seen = new Set<string>();
  return runs.flatMap((run) => {
    const name = `${run.tenant_id} ${run.idempotency_key}`;
    if (seen.has(name)) return [`4: two runs of (tenant, key) ${name}`];
    seen.add(name);
    return [];
  });
}
