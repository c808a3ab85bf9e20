import type { Event, Submit } from "../history.ts";
import { type Evidence, type FinalRun, groupBy, isFrozen, isOver, type Violation } from "./evidence.ts";

const nameOf = (tenant_id: string, idempotency_key: string) => `${tenant_id} ${idempotency_key}`;
const submitsOf = (history: readonly Event[]): readonly Submit[] => history.filter((each) => each.op === "submit");
const submitsByKey = (history: readonly Event[]) =>
  groupBy(submitsOf(history), (each) => nameOf(each.tenant_id, each.idempotency_key));
const runsByKey = (evidence: Evidence): ReadonlyMap<string, FinalRun> =>
  new Map(evidence.runs.map((run) => [nameOf(run.tenant_id, run.idempotency_key), run]));

/** Rule 3: a run that any client was told of exists, is read by its owner, and ends or is frozen. */
export function nothingLost(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "3: a run answered with 202 is never lost";
  const runs = new Map(evidence.runs.map((run) => [run.run_id, run]));
  const found: Violation[] = [];
  const acknowledged = new Set<string>();
  for (const event of history) {
    if (event.op === "submit" && event.outcome.kind === "ok") acknowledged.add(event.outcome.run_id);
    if (event.op !== "look" && event.op !== "result" && event.op !== "cancel") continue;
    const denied = event.outcome.kind === "refused" && [404, 410].includes(event.outcome.status);
    if (denied)
      found.push({ rule, subject: event.run_id, detail: { fault: "its owner is told it is not there", event } });
  }
  for (const run_id of acknowledged) {
    const run = runs.get(run_id);
    if (run === undefined) found.push({ rule, subject: run_id, detail: { fault: "it does not exist" } });
    else if (!isOver(run) && !isFrozen(run))
      found.push({ rule, subject: run_id, detail: { fault: "it never ended", run } });
  }
  return found;
}

/** Rule 3: what an owner saw of an ended run stays so, and what a cancel was answered with comes true. */
export function endingsStand(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const runs = new Map(evidence.runs.map((run) => [run.run_id, run]));
  return history.flatMap((event): Violation[] => {
    if ((event.op !== "look" && event.op !== "cancel") || event.outcome.kind !== "ok") return [];
    const { status, charged } = event.outcome;
    const run = runs.get(event.run_id);
    const detail = { event, run };
    if (event.op === "cancel" && !cancelHolds(event.outcome.http, status, run)) {
      return [{ rule: "3: a cancel is as it was answered", subject: event.run_id, detail }];
    }
    if (status === "QUEUED" || status === "PROCESSING") return [];
    if (run !== undefined && run.status === status && run.charged === charged) return [];
    return [{ rule: "3: an ending that was seen stands", subject: event.run_id, detail }];
  });
}

/** 200 says that it is over; after a 202 a result that was being written wins, or the cancel does. */
function cancelHolds(http: number, status: string, run: FinalRun | undefined): boolean {
  if (http === 200) return status === "CANCELED";
  return run !== undefined && (isFrozen(run) || ["COMPLETED", "CANCELED"].includes(run.status));
}

/** Rule 4: one (tenant, key) is one run, in every answer and in Postgres, and it was made once, by somebody who asked. */
export function oneRunPerKey(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "4: one (tenant, idempotency key) is one run";
  const runs = runsByKey(evidence);
  const submits = submitsByKey(history);
  const found: Violation[] = [];
  for (const [name, events] of submits) {
    const run = runs.get(name);
    const accepted = events.filter((each) => each.outcome.kind === "ok");
    const ids = new Set(accepted.map((each) => (each.outcome.kind === "ok" ? each.outcome.run_id : "")));
    const fresh = accepted.filter((each) => each.outcome.kind === "ok" && !each.outcome.replayed);
    const other = accepted.filter((each) => each.payload_sha256 !== run?.payload_sha256);
    if (ids.size > 1 || (ids.size === 1 && !ids.has(run?.run_id ?? "")) || fresh.length > 1 || other.length > 0) {
      found.push({ rule, subject: name, detail: { run, events } });
    }
  }
  for (const [name, run] of runs) {
    const asked = (submits.get(name) ?? []).some((each) => each.payload_sha256 === run.payload_sha256);
    if (!asked) found.push({ rule, subject: name, detail: { fault: "nobody asked for this run", run } });
  }
  return found;
}

/** Rule 4: a request that was refused, and whose every answer is known, binds nothing. */
export function refusalsBindNothing(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const runs = runsByKey(evidence);
  const found: Violation[] = [];
  for (const [name, events] of submitsByKey(history)) {
    const run = runs.get(name);
    if (run === undefined || !events.every((each) => each.outcome.kind === "refused")) continue;
    found.push({ rule: "4: a refused request binds nothing", subject: name, detail: { run, events } });
  }
  return found;
}

/** May be said although the run is there: nothing was looked for. */
const LOOKED_FOR_NOTHING = new Set(["rate-limited", "unauthorized", "scope-missing"]);

/** Rule 4: once a run was answered with 202, the same request is never refused, and another under its key is a 409. */
export function neverDenied(_: Evidence, history: readonly Event[]): readonly Violation[] {
  const rule = "4: a run that exists is never denied";
  const found: Violation[] = [];
  for (const [name, events] of submitsByKey(history)) {
    const accepted = events.filter((each) => each.outcome.kind === "ok");
    const first = accepted.toSorted((a, b) => a.mono_return - b.mono_return)[0];
    if (first === undefined) continue;
    for (const event of events) {
      if (event.mono_invoke <= first.mono_return || event.outcome.kind === "unknown") continue;
      const same = event.payload_sha256 === first.payload_sha256;
      const slug = event.outcome.kind === "refused" ? event.outcome.slug : "accepted";
      const right = same ? event.outcome.kind === "ok" && event.outcome.replayed : slug === "idempotency-conflict";
      if (!right && !LOOKED_FOR_NOTHING.has(slug)) found.push({ rule, subject: name, detail: { first, event } });
    }
  }
  return found;
}

/** Rule 4: a 409 is said only where a run of that key with another payload exists. */
export function conflictsAreReal(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const runs = runsByKey(evidence);
  return submitsOf(history).flatMap((event): Violation[] => {
    if (event.outcome.kind !== "refused" || event.outcome.slug !== "idempotency-conflict") return [];
    const subject = nameOf(event.tenant_id, event.idempotency_key);
    const run = runs.get(subject);
    if (run !== undefined && run.payload_sha256 !== event.payload_sha256) return [];
    return [{ rule: "4: a conflict is with a run that exists", subject, detail: { event, run } }];
  });
}

/** A key works until it is revoked, and never after; a plan refuses only where it may. */
export function refusalsHaveCause(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const revoked = groupBy(
    history.filter((each) => each.op === "revoke"),
    (each) => each.key_id,
  );
  const first = (times: readonly number[]) => Math.min(Infinity, ...times);
  return history.flatMap((event): Violation[] => {
    if (!("key_id" in event) || event.op === "revoke") return [];
    const revocations = revoked.get(event.key_id) ?? [];
    const begun = first(revocations.map((each) => each.mono_invoke));
    const held = first(revocations.filter((each) => each.outcome.kind === "ok").map((each) => each.mono_return));
    const { outcome } = event;
    const detail = { event, revocations };
    if (outcome.kind === "ok" && event.mono_invoke > held) {
      return [{ rule: "a revoked key is dead at its next request", subject: event.key_id, detail }];
    }
    if (outcome.kind !== "refused") return [];
    if (outcome.status === 401 && event.mono_return < begun) {
      return [{ rule: "a key that is not revoked is not turned away", subject: event.key_id, detail }];
    }
    if (outcome.status === 403 && !evidence.restricted.has(event.tenant_id)) {
      return [{ rule: "what the plan includes is not refused", subject: event.tenant_id, detail }];
    }
    if ([400, 405, 413, 415].includes(outcome.status)) {
      return [{ rule: "a request that fits is not refused as unfit", subject: event.key_id, detail }];
    }
    return [];
  });
}
