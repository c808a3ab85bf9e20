import type { Event } from "../history.ts";
import { type Evidence, groupBy, isFrozen, type StoredObject, type Violation } from "./evidence.ts";

const runOfObject = (key: string): string => key.split("/")[2] ?? "";

/** Rule 5: a COMPLETED run has one result; sha256 and cost are the row's and the ledger's; no other run has one. */
export function oneResult(evidence: Evidence): readonly Violation[] {
  const rule = "5: one result, its sha256 and cost the receipt's";
  const receipts = groupBy(
    evidence.objects.filter((each) => !each.tombstone),
    (each) => runOfObject(each.key),
  );
  const charges = groupBy(
    evidence.transfers.filter((each) => each.kind === "CHARGE"),
    (each) => each.run_id,
  );
  const runs = new Set(evidence.runs.map((run) => run.run_id));
  const found: Violation[] = [];
  for (const run of evidence.runs) {
    const results = receipts.get(run.run_id) ?? [];
    if (isFrozen(run)) continue;
    if (run.status !== "COMPLETED") {
      if (results.length > 0)
        found.push({ rule, subject: run.run_id, detail: { fault: "a result, yet no completion", run, results } });
      continue;
    }
    const key = `results/${run.tenant_id}/${run.run_id}/${run.result_attempt}.json`;
    const [object] = results;
    const charge = (charges.get(run.run_id) ?? []).reduce((sum, { amount }) => sum + amount, 0);
    const right = results.length === 1 && object?.key === key && isSound(object, run.result_sha256, charge);
    if (!right || run.charged !== charge) found.push({ rule, subject: run.run_id, detail: { run, results, charge } });
  }
  for (const [run_id, results] of receipts) {
    if (!runs.has(run_id)) found.push({ rule, subject: run_id, detail: { fault: "a result of no run", results } });
  }
  return found;
}

const isSound = (object: StoredObject, sha256: string | null, charge: number): boolean =>
  object.sha256 === sha256 && object.stated_sha256 === sha256 && object.cost === charge;

/** Rule 5, as its owner met it: what was downloaded is what was told, at the price that was charged. */
export function downloadsAreTrue(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const runs = new Map(evidence.runs.map((run) => [run.run_id, run]));
  return history.flatMap((event): Violation[] => {
    if (event.op !== "result" || event.outcome.kind !== "ok") return [];
    const { sha256, body_sha256, cost } = event.outcome;
    const run = runs.get(event.run_id);
    const isStated = run?.status === "COMPLETED" && sha256 === run.result_sha256;
    const same = body_sha256 === null || (body_sha256 === sha256 && cost === run?.charged);
    if (isStated && same) return [];
    return [{ rule: "5: what is downloaded is what was told", subject: event.run_id, detail: { event, run } }];
  });
}

/** Rule 6: no answer names a run of another tenant, and a question for one meets 404 (or no verdict at all). */
export function tenantsApart(evidence: Evidence, history: readonly Event[]): readonly Violation[] {
  const owner = new Map(evidence.runs.map((run) => [run.run_id, run.tenant_id]));
  return history.flatMap((event): Violation[] => {
    if (!("named" in event)) return [];
    const rule = "6: a tenant never learns of another's run";
    const foreign = event.named.filter((id) => (owner.get(id) ?? event.tenant_id) !== event.tenant_id);
    if (foreign.length > 0) return [{ rule, subject: event.tenant_id, detail: { foreign, event } }];
    if (event.op !== "probe" || event.outcome.kind === "unknown") return [];
    const hidden = event.outcome.kind === "refused" && [404, 401, 429].includes(event.outcome.status);
    return hidden ? [] : [{ rule, subject: event.tenant_id, detail: { event } }];
  });
}
