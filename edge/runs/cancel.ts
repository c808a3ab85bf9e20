import { Problem } from "#core/domain/problem.ts";
import { isExpired } from "#core/domain/run.ts";
import { type CancelResult, cancelRun } from "#core/store/runs/cancel-run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { settle } from "#core/store/redis/settle.ts";
import { change, type Decided } from "../admission/change.ts";
import type { Defer } from "../http/defer.ts";
import type { Outcome } from "../admission/outcome.ts";
import { unavailable } from "../admission/problems.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import * as refuse from "./problems.ts";

export interface CancelDeps extends ShieldDeps {
  readonly defer: Defer;
}

export interface Canceled {
  /** `over`: it is CANCELED now. `asked`: its result is being written; what S3 holds decides. */
  readonly kind: "over" | "asked";
  readonly run: FoundRun;
}

/** Cancel, C1 and C2 of PROTOCOL.md. */
export async function cancel(deps: CancelDeps, caller: Caller, run_id: string): Promise<Outcome<Canceled>> {
  // C1
  const { rate, verdict } = await change(deps, caller, "submit", () => cancelRun(deps.db, caller.key_sha256, run_id));
  if (verdict instanceof Problem) return { rate, verdict };
  // C2
  if (verdict.outcome === "canceled" || verdict.outcome === "already-canceled") settleMirror(deps, verdict.run);
  return { rate, verdict: resultOf(verdict) };
}

/** Again for a run that was canceled before: the process that did so may have died before this. */
function settleMirror(deps: CancelDeps, { tenant_id, run_id, charged_micros: charged }: FoundRun): void {
  if (charged !== null) deps.defer("settle", () => settle(deps.redis, { tenant_id, run_id, charged }));
}

function resultOf(result: Decided<CancelResult>): Canceled | Problem {
  switch (result.outcome) {
    case "canceled":
    case "already-canceled":
      return { kind: "over", run: result.run };
    case "requested":
      return { kind: "asked", run: result.run };
    case "already-terminal":
      return refuse.alreadyTerminal(isExpired(result.run) ? "EXPIRED" : result.run.status);
    case "frozen":
      return refuse.underAudit();
    case "absent":
      return refuse.runNotFound();
    case "read-only":
      return refuse.halted();
    case "lost":
      return unavailable();
  }
}
