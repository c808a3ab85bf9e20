import type { Problem } from "#core/domain/problem.ts";
import { type CancelAnswer, cancelRun } from "#core/store/runs/cancel-run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { settle } from "#core/store/redis/settle.ts";
import { change } from "../admission/change.ts";
import type { Defer } from "../http/defer.ts";
import { isExpired } from "./find-own-run.ts";
import * as refuse from "../admission/refusals.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import type { Outcome } from "./submit.ts";

export interface CancelDeps extends ShieldDeps {
  readonly defer: Defer;
}

export interface Canceled {
  /** `over`: it is CANCELED now. `asked`: its result is being written; what S3 holds decides. */
  readonly kind: "over" | "asked";
  readonly run: FoundRun;
}

/** Cancel, C1 and C2 of MONEY.md. */
export function cancel(deps: CancelDeps, caller: Caller, run_id: string): Promise<Outcome<Canceled>> {
  return change(deps, caller, "submit", {
    // C1
    act: () => cancelRun(deps.db, caller.key_sha256, run_id),
    conclude: (answer) => {
      // C2
      if (answer.outcome === "canceled" || answer.outcome === "already-canceled") tellMirror(deps, answer.run);
      return conclude(answer);
    },
  });
}

/** Again for a run that was canceled before: whoever did so may have died before this. */
function tellMirror(deps: CancelDeps, { tenant_id, run_id, charged_micros: charged }: FoundRun): void {
  if (charged !== null) deps.defer("settle", () => settle(deps.redis, { tenant_id, run_id, charged }));
}

type Answered = Exclude<CancelAnswer, { readonly outcome: "unauthorized" | "scope-missing" }>;

function conclude(answer: Answered): Canceled | Problem {
  switch (answer.outcome) {
    case "canceled":
    case "already-canceled":
      return { kind: "over", run: answer.run };
    case "requested":
      return { kind: "asked", run: answer.run };
    case "already-terminal":
      return refuse.alreadyTerminal(isExpired(answer.run) ? "EXPIRED" : answer.run.status);
    case "frozen":
      return refuse.underAudit();
    case "absent":
      return refuse.noSuchRun();
    case "read-only":
      return refuse.halted();
    case "lost":
      return refuse.unavailable();
  }
}
