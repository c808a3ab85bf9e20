import { type Evidence, isFrozen, isOver, type Violation } from "./evidence.ts";

/** Rule 7: at rest no run is open but frozen ones, nothing else is held, and the Redis of each region equals Postgres. */
export function atRest(evidence: Evidence): readonly Violation[] {
  const rule = "7: at rest nothing is open or held, and Redis equals Postgres";
  const found: Violation[] = [];
  const shields = new Set(evidence.mirrors.map((each) => each.shield));
  if (shields.size === 0) found.push({ rule, subject: "mirrors", detail: { fault: "no mirror was read" } });
  for (const run of evidence.runs) {
    if (!isOver(run) && !isFrozen(run)) found.push({ rule, subject: run.run_id, detail: { fault: "still open", run } });
  }
  for (const balance of evidence.balances) {
    const frozen = evidence.runs.filter((run) => run.tenant_id === balance.tenant_id && isFrozen(run) && !isOver(run));
    const held = frozen.reduce((sum, run) => sum + run.reserved, 0);
    if (balance.reserved !== held || balance.open_runs !== frozen.length) {
      found.push({ rule, subject: balance.tenant_id, detail: { fault: "still held", balance, frozen } });
    }
    for (const shield of shields) {
      const mirror = evidence.mirrors.find((each) => each.shield === shield && each.tenant_id === balance.tenant_id);
      if (mirror?.available === String(balance.available) && mirror.open_runs === frozen.length) continue;
      found.push({
        rule,
        subject: balance.tenant_id,
        detail: { fault: "the mirror differs", shield, balance, mirror },
      });
    }
  }
  return found;
}
