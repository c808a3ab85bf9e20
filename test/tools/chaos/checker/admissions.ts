import type { Event, Submit } from "../history.ts";
import { type BalanceState, type Evidence, groupBy, type Transfer, type Violation } from "./evidence.ts";
import { CLOCK_SLACK_MS, statesByTenant, statesWithin, timeline } from "./timeline.ts";

/** How long after a 503 a submit may still come true: the edge's deadline, and clock skew, as its Retry-After says. */
const ANSWERED_MS = 15_000;
/** How long after its client gave up: before the edge sets a deadline, it may have waited for its stores. */
const UNANSWERED_MS = 30_000;

export interface Refusals {
  /** 422s whose figure is a state of the balance that held meanwhile. */
  exact: number;
  /** 422s from the mirror's own figure, while the balance did not cover the run at some moment. */
  mirrored: number;
  /** 422s of new runs that the balance would have covered all the while. */
  needless: number;
  /** 422s by a key's own cap. */
  by_key: number;
  too_many_open: number;
  /** Of the former, those while fewer were open all the while. */
  too_many_open_needless: number;
}

/** Every state follows from the one before by the transfers of its causes; none is negative or over the open-run limit. */
export function statesFollow(evidence: Evidence): readonly Violation[] {
  const rule = "1: every balance follows from the one before";
  const transfers = groupBy(evidence.transfers, (each) => each.run_id ?? each.grant_id);
  const found: Violation[] = [];
  for (const [tenant_id, states] of statesByTenant(evidence)) {
    let before = { available: 0, reserved: 0, open_runs: 0 };
    for (const state of states) {
      const step = stepOf(
        state,
        state.causes.flatMap((cause) => transfers.get(cause) ?? []),
      );
      const follows =
        state.available === before.available + step.available &&
        state.reserved === before.reserved + step.reserved &&
        state.open_runs === before.open_runs + step.open_runs;
      const sound = state.available >= 0 && state.reserved >= 0 && state.open_runs >= 0;
      const limit = evidence.most_open.get(tenant_id) ?? Infinity;
      const within = state.kind !== "RESERVE" || state.open_runs <= limit;
      if (!follows || !sound || !within) found.push({ rule, subject: tenant_id, detail: { before, state, step } });
      before = state;
    }
    const balance = evidence.balances.find((each) => each.tenant_id === tenant_id);
    if (balance?.available !== before.available || balance.reserved !== before.reserved) {
      found.push({ rule, subject: tenant_id, detail: { fault: "the last state is not the balance", before, balance } });
    }
  }
  return found;
}

/** How the transfers that came with a state move a balance. */
function stepOf(state: BalanceState, transfers: readonly Transfer[]) {
  const opening = state.kind === "RESERVE";
  const closing = state.kind === "CHARGE" || state.kind === "REFUND";
  const moved = transfers.filter(({ kind }) =>
    closing ? kind === "CHARGE" || kind === "REFUND" : kind === state.kind,
  );
  const on = (account: string) =>
    moved.reduce(
      (sum, { debit, credit, amount }) => sum + (credit === account ? amount : 0) - (debit === account ? amount : 0),
      0,
    );
  const open_runs = opening ? state.causes.length : closing ? -state.causes.length : 0;
  return { available: on("available"), reserved: on("reserved"), open_runs };
}

/** Each reservation took place while somebody asked for it; for a 202 that made the run, inside that very request. */
export function admissionsInTime(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "4: a run is admitted while it is asked for";
  const reservedAt = new Map(
    evidence.states.flatMap((each) =>
      each.kind === "RESERVE" ? each.causes.map((cause) => [cause, each.at] as const) : [],
    ),
  );
  const name = (tenant_id: string, key: string) => `${tenant_id} ${key}`;
  const submits = groupBy(
    history.filter((each) => each.op === "submit"),
    (each) => name(each.tenant_id, each.idempotency_key),
  );
  return evidence.runs.flatMap((run): Violation[] => {
    const at = reservedAt.get(run.run_id);
    const asked = submits.get(name(run.tenant_id, run.idempotency_key)) ?? [];
    const fresh = asked.filter((each) => each.outcome.kind === "ok" && !each.outcome.replayed);
    const askers = fresh.length > 0 ? fresh : asked.filter((each) => each.outcome.kind !== "refused");
    if (at !== undefined && askers.some((each) => mayHaveReserved(each, at))) return [];
    return [{ rule, subject: run.run_id, detail: { at, askers } }];
  });
}

function mayHaveReserved(event: Submit, at: number): boolean {
  return at >= event.wall_invoke - CLOCK_SLACK_MS && at <= event.wall_return + CLOCK_SLACK_MS + lateness(event);
}

function lateness({ outcome }: Submit): number {
  if (outcome.kind !== "unknown") return 0;
  return outcome.why.startsWith("503") ? ANSWERED_MS : UNANSWERED_MS;
}

/** Sorts the refusals for want of funds or slots by what the balance was meanwhile; a figure that contradicts itself is a fault. */
export function judgeRefusals(
  evidence: Evidence,
  history: readonly Event[],
): { readonly refusals: Refusals; readonly violations: readonly Violation[] } {
  const refusals = { exact: 0, mirrored: 0, needless: 0, by_key: 0, too_many_open: 0, too_many_open_needless: 0 };
  const violations: Violation[] = [];
  const lines = new Map([...statesByTenant(evidence)].map(([tenant_id, states]) => [tenant_id, timeline(states)]));
  for (const event of history) {
    if (event.op !== "submit" || event.outcome.kind !== "refused") continue;
    const { slug, available, whose } = event.outcome;
    const within = statesWithin(lines.get(event.tenant_id) ?? [], event.wall_invoke, event.wall_return);
    if (slug === "too-many-open-runs") {
      refusals.too_many_open += 1;
      const limit = evidence.most_open.get(event.tenant_id) ?? Infinity;
      if (within.every((state) => state.open_runs < limit)) refusals.too_many_open_needless += 1;
    }
    if (slug !== "budget-exceeded") continue;
    if (available === undefined || available >= event.reserve) {
      const rule = "a 422 names less than the run would reserve";
      violations.push({ rule, subject: event.idempotency_key, detail: { event } });
    } else if (whose === "key") refusals.by_key += 1;
    else if (within.some((state) => state.available === available)) refusals.exact += 1;
    else if (within.some((state) => state.available < event.reserve)) refusals.mirrored += 1;
    else refusals.needless += 1;
  }
  return { refusals, violations };
}
