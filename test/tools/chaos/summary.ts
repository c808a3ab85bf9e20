import { formatUsd, micros } from "#core/domain/money.ts";
import { type Evidence, groupBy } from "./checker/evidence.ts";
import type { Verdict } from "./checker/judge.ts";
import type { Event, Submit } from "./history.ts";

export interface ChaosOutcome {
  /** What runs in each region, by name. */
  readonly regions: readonly (readonly string[])[];
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly history: readonly Event[];
  readonly minutes: number;
  readonly kills: ReadonlyMap<string, number>;
  readonly restarts: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly has_cancel: boolean;
}

/** How often each name occurs, most often first: "a 3, b 1". */
function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  return sorted.length === 0 ? "none" : sorted.map(([name, count]) => `${name} ${count}`).join(", ");
}

/** The figures of a whole chaos, in lines. */
export function summarize(outcome: ChaosOutcome): readonly string[] {
  const { evidence, verdict, history, kills } = outcome;
  const submits = history.filter((each) => each.op === "submit");
  const asked = history.filter((each) => "outcome" in each);
  const unknown = asked.flatMap((each) => (each.outcome.kind === "unknown" ? [`${each.op}: ${each.outcome.why}`] : []));
  const runs = (status: string) => evidence.runs.filter((run) => run.status === status).length;
  const sum = (kind: string) =>
    evidence.transfers.reduce((total, each) => total + (each.kind === kind ? each.amount : 0), 0);
  const usd = (amount: number) => `${amount} micros (${formatUsd(micros(amount))} USD)`;
  const refused = submits.flatMap((each) => (each.outcome.kind === "refused" ? [each.outcome.slug] : []));
  const accepted = submits.flatMap((each) => (each.outcome.kind === "ok" ? [each.outcome] : []));
  const attempts = new Set(submits.map((each) => `${each.tenant_id} ${each.idempotency_key}`)).size;
  const unseen = evidence.runs.length - new Set(accepted.map((each) => each.run_id)).size;
  const { refusals } = verdict;
  const killed = [...kills.values()].reduce((total, count) => total + count, 0);
  return [
    `minutes            ${outcome.minutes.toFixed(1)}`,
    `regions            ${outcome.regions.length}: ${outcome.regions.map((names) => names.join(", ")).join("; ")}`,
    `keys at the edges  ${tally(edgesOfKeys(submits))}`,
    `requests           ${asked.length}: ${tally(asked.map((each) => each.op))}`,
    `submits            ${submits.length} under ${attempts} keys: ${accepted.filter((each) => !each.replayed).length} accepted, ` +
      `${accepted.filter((each) => each.replayed).length} replays, ${refused.length} refused (${tally(refused)})`,
    `runs               ${evidence.runs.length}: ${runs("COMPLETED")} completed, ${runs("FAILED")} failed, ${runs("CANCELED")} canceled, ` +
      `${evidence.runs.filter((run) => run.money_state === "AUDIT_REQUIRED").length} frozen; ${unseen} that no client was told of`,
    `unknown outcomes   ${unknown.length}: ${tally(unknown)}`,
    `kills              ${killed}: ${[...kills].map(([what, count]) => `${what} ${count}`).join(", ") || "none"}`,
    `shields broken     ${tally(brokenShields(history))}`,
    `restarts           ${outcome.restarts}`,
    `lost on the way    ${Object.entries(outcome.lost)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
    `cancel             ${outcome.has_cancel ? tally(cancelsOf(history)) : "not built, not tried"}`,
    `422 budget         ${refusals.exact} with a balance that held meanwhile, ${refusals.mirrored} with the mirror's figure, ` +
      `${refusals.by_key} by a key's cap, ${refusals.needless} needless`,
    `429 open runs      ${refusals.too_many_open}, ${refusals.too_many_open_needless} of them needless`,
    `audit findings     ${tally(evidence.findings.map((each) => each.kind))}`,
    `tombstones         ${evidence.objects.filter((each) => each.tombstone).length} among ${evidence.objects.length} objects`,
    `micros moved       granted ${usd(sum("GRANT"))}, clawed back ${usd(sum("CLAWBACK"))}, reserved ${usd(sum("RESERVE"))}, charged ${usd(sum("CHARGE"))}, ` +
      `refunded ${usd(sum("REFUND"))}`,
    `balance states     ${evidence.states.length}, each from the one before`,
    `drift              ${verdict.drift_micros} micros`,
    `violations         ${verdict.violations.length}`,
  ];
}

/** Of each idempotency key the edges at which it was asked for: "edge 1 and 2". */
function edgesOfKeys(submits: readonly Submit[]): readonly string[] {
  const keys = groupBy(submits, (each) => `${each.tenant_id} ${each.idempotency_key}`);
  return [...keys.values()].map((asked) => {
    const edges = new Set(asked.map(({ edge }) => edge + 1));
    return `edge ${[...edges].toSorted().join(" and ")}`;
  });
}

const brokenShields = (history: readonly Event[]): readonly string[] =>
  history.flatMap((each) =>
    each.op === "kill" && each.target.startsWith("redis") ? each.target.split(/[ ,]/, 1) : [],
  );

function cancelsOf(history: readonly Event[]): readonly string[] {
  return history.flatMap((event) => {
    if (event.op !== "cancel") return [];
    if (event.outcome.kind === "ok") return [`${event.outcome.http} ${event.outcome.status}`];
    return [event.outcome.kind === "refused" ? event.outcome.slug : "unknown"];
  });
}
