import type { Event, EventOf } from "../history.ts";
import { type BalanceState, type Evidence, groupBy, type Transfer, type Violation } from "./evidence.ts";
import { statesByTenant, statesWithin, timeline } from "./timeline.ts";

/**
 * Rule 1: a clawback takes what was asked, as far as there is credit, once; and it took what an operator was told. How
 * much credit there was, the balance's own trace says.
 */
export function takenOnce(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "1: every clawback once, as far as there is credit";
  const asked = groupBy(
    history.filter((each) => each.op === "clawback"),
    (each) => each.clawback_id,
  );
  const taken = groupBy(
    evidence.transfers.filter((each) => each.kind === "CLAWBACK"),
    (each) => each.grant_id,
  );
  const states = statesByTenant(evidence);
  return [...new Set([...asked.keys(), ...taken.keys()])].flatMap((clawback_id): Violation[] => {
    const events = asked.get(clawback_id) ?? [];
    const transfers = taken.get(clawback_id) ?? [];
    const fault = faultOf(events, transfers, states);
    return fault === undefined ? [] : [{ rule, subject: clawback_id, detail: { fault, events, transfers } }];
  });
}

/** What is wrong with one clawback; undefined: nothing. */
function faultOf(
  events: readonly EventOf<"clawback">[],
  transfers: readonly Transfer[],
  states: ReadonlyMap<string, readonly BalanceState[]>,
): string | undefined {
  const [first] = events;
  const [transfer, ...more] = transfers;
  if (first === undefined) return "nobody asked for it";
  if (more.length > 0) return "taken more than once";
  const sum = transfer?.amount ?? 0;
  if (events.some(({ outcome }) => outcome.kind === "ok" && outcome.taken !== sum)) return "another sum was told";
  const trace = states.get(first.tenant_id) ?? [];
  if (transfer === undefined)
    return tookNothingInVain(events, trace) ? "nothing was taken of what was there" : undefined;
  const before =
    trace[trace.findIndex((each) => each.kind === "CLAWBACK" && each.causes.includes(first.clawback_id)) - 1];
  if (sum !== Math.min(first.amount, before?.available ?? 0)) return "not as much as was asked and there";
  return undefined;
}

/** One that takes nothing leaves no state: it is judged by those that may have held until it was first told of. */
function tookNothingInVain(events: readonly EventOf<"clawback">[], trace: readonly BalanceState[]): boolean {
  const acknowledged = events.filter(({ outcome }) => outcome.kind === "ok");
  if (acknowledged.length === 0) return false;
  const from = Math.min(...events.map((each) => each.wall_invoke));
  const to = Math.min(...acknowledged.map((each) => each.wall_return));
  return statesWithin(timeline(trace), from, to).every(({ available }) => available > 0);
}
