import type { Event } from "../history.ts";
import { type Evidence, type FinalRun, groupBy, isOver, type Transfer, type Violation } from "./evidence.ts";

const ACCOUNTS = ["available", "reserved", "charged", "granted"] as const;

/** The money of one account as its transfers make it. */
function added(transfers: readonly Transfer[]) {
  const account = (name: string) =>
    transfers.reduce(
      (sum, { debit, credit, amount }) => sum + (credit === name ? amount : 0) - (debit === name ? amount : 0),
      0,
    );
  return {
    available: account("available"),
    reserved: account("reserved"),
    charged: account("revenue"),
    granted: -account("funding"),
  };
}

/** Rule 1: what the transfers add up to is the balance, and nothing is negative, at the end or in any answer. */
export function ledgerBalances(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const found: Violation[] = [];
  const rule = "1: granted = charged + available + reserved, never negative";
  const byTenant = groupBy(evidence.transfers, (each) => each.tenant_id);
  for (const balance of evidence.balances) {
    const expected = added(byTenant.get(balance.tenant_id) ?? []);
    const wrong = ACCOUNTS.some((name) => balance[name] !== expected[name] || expected[name] < 0);
    const unequal = expected.granted !== expected.charged + expected.available + expected.reserved;
    if (wrong || unequal) found.push({ rule, subject: balance.tenant_id, detail: { balance, transfers: expected } });
  }
  for (const event of history) {
    if (event.op !== "budget" || event.outcome.kind !== "ok") continue;
    const { granted, charged, reserved, available, open_runs, cap, committed } = event.outcome;
    const negative = [granted, charged, reserved, available, open_runs].some((amount) => amount < 0);
    const overCap = cap !== null && committed !== null && committed > cap;
    if (granted !== charged + reserved + available || negative || overCap) {
      found.push({ rule, subject: event.tenant_id, detail: { seen: event.outcome } });
    }
  }
  return found;
}

/** Micros that balances and transfers are apart, over all tenants, without regard to sign. */
export function drift(evidence: Evidence): number {
  const byTenant = groupBy(evidence.transfers, (each) => each.tenant_id);
  return evidence.balances.reduce((sum, balance) => {
    const expected = added(byTenant.get(balance.tenant_id) ?? []);
    return sum + ACCOUNTS.reduce((apart, name) => apart + Math.abs(balance[name] - expected[name]), 0);
  }, 0);
}

/** What is wrong with the transfers of one run; undefined: nothing. */
function faultOf(run: FinalRun, transfers: readonly Transfer[]): string | undefined {
  const of = (kind: string) => transfers.filter((each) => each.kind === kind);
  const sum = (kind: string) => of(kind).reduce((total, { amount }) => total + amount, 0);
  if (of("RESERVE").length !== 1 || sum("RESERVE") !== run.reserved) return "not one RESERVE of its reservation";
  if (of("CHARGE").length > 1) return "charged twice";
  if (of("REFUND").length > 1) return "refunded twice";
  if (sum("CHARGE") > run.reserved) return "charged above its reservation";
  if (sum("CHARGE") !== (run.charged ?? 0)) return "the row names another charge than the ledger";
  if (!isOver(run)) return of("CHARGE").length + of("REFUND").length > 0 ? "closed, yet open" : undefined;
  if (sum("CHARGE") + sum("REFUND") !== run.reserved) return "CHARGE + REFUND is not RESERVE";
  if (run.status === "COMPLETED") return undefined;
  if (sum("CHARGE") !== 0 && sum("CHARGE") !== run.minimum_fee) return "charged other than the minimum fee";
  return undefined;
}

/** Rule 2: no run is charged twice, above its reservation, or without a reason; nor told of twice. */
export function chargedOnce(evidence: Evidence): readonly Violation[] {
  const rule = "2: charged once, at most its reservation, with cause";
  const byRun = groupBy(evidence.transfers, (each) => each.run_id);
  const known = new Set(evidence.runs.map((run) => run.run_id));
  const found = evidence.runs.flatMap((run): Violation[] => {
    const transfers = byRun.get(run.run_id) ?? [];
    const endings = isOver(run) ? 1 : 0;
    const fault = faultOf(run, transfers) ?? (run.endings === endings ? undefined : `${run.endings} events of its end`);
    return fault === undefined ? [] : [{ rule, subject: run.run_id, detail: { fault, run, transfers } }];
  });
  for (const [run_id, transfers] of byRun) {
    if (!known.has(run_id)) found.push({ rule, subject: run_id, detail: { fault: "transfers of no run", transfers } });
  }
  return found;
}

/** Rule 1: each grant that an operator was told of stands in the ledger once, with its amount; no other does. */
export function grantedOnce(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "1: every grant once, always added";
  const grants = groupBy(
    evidence.transfers.filter((each) => each.kind === "GRANT"),
    (each) => each.grant_id,
  );
  const asked = groupBy(
    history.filter((each) => each.op === "grant"),
    (each) => each.grant_id,
  );
  const found: Violation[] = [];
  for (const [grant_id, events] of asked) {
    const transfers = grants.get(grant_id) ?? [];
    const known = events.some((each) => each.outcome.kind === "ok");
    const amount = events[0]?.amount;
    if (transfers.length > 1 || (known && transfers.length === 0) || transfers.some((each) => each.amount !== amount)) {
      found.push({ rule, subject: grant_id, detail: { events, transfers } });
    }
  }
  for (const [grant_id, transfers] of grants) {
    if (!asked.has(grant_id))
      found.push({ rule, subject: grant_id, detail: { fault: "nobody granted it", transfers } });
  }
  return found;
}

/** The product's own audit, at work all the while, agrees: but for clawbacks that met too little credit, it found nothing. */
export function auditAgrees(evidence: Evidence): readonly Violation[] {
  return evidence.findings
    .filter(({ kind }) => kind !== "clawback-short")
    .map((finding) => ({ rule: "the product's own audit finds nothing", subject: finding.tenant_id, detail: finding }));
}

/** Rule 1, for what is kept beside the balance: capped keys, and usage by day. */
export function sideLedgerBalances(evidence: Evidence): readonly Violation[] {
  const found: Violation[] = [];
  const byKey = groupBy(evidence.runs, (run) => (run.key_capped ? run.key_id : null));
  for (const key of evidence.spending) {
    const spent = (byKey.get(key.key_id) ?? []).reduce((sum, run) => sum + (run.charged ?? run.reserved), 0);
    if (spent !== key.committed || key.committed > key.cap) {
      found.push({ rule: "1: a capped key spends what its runs cost", subject: key.key_id, detail: { key, spent } });
    }
  }
  const byTenant = groupBy(evidence.runs.filter(isOver), (run) => run.tenant_id);
  for (const tenant_id of new Set([...byTenant.keys(), ...evidence.usage.map((each) => each.tenant_id)])) {
    const runs = byTenant.get(tenant_id) ?? [];
    const count = (status: string) => runs.filter((run) => run.status === status).length;
    const expected = {
      tenant_id,
      runs: runs.length,
      completed: count("COMPLETED"),
      failed: count("FAILED"),
      canceled: count("CANCELED"),
      reserved: runs.reduce((sum, run) => sum + run.reserved, 0),
      charged: runs.reduce((sum, run) => sum + (run.charged ?? 0), 0),
    };
    const usage = evidence.usage.find((each) => each.tenant_id === tenant_id);
    const same = Object.entries(expected).every(([name, value]) => usage?.[name as keyof typeof usage] === value);
    if (!same)
      found.push({ rule: "1: usage counts every closed run once", subject: tenant_id, detail: { usage, expected } });
  }
  return found;
}
