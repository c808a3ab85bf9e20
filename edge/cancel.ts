import { Outage } from "#core/domain/outage.ts";
import type { Problem } from "#core/domain/problem.ts";
import { type CancelAnswer, cancelRun } from "#core/store/postgres/cancel-run.ts";
import type { FoundRun } from "#core/store/postgres/find-run.ts";
import { type Authorization, authorize } from "#core/store/redis/authorize.ts";
import { settle } from "#core/store/redis/settle.ts";
import type { Defer } from "./defer.ts";
import { isExpired } from "./find-own-run.ts";
import { limitOf } from "./read.ts";
import * as refuse from "./refusals.ts";
import { askShield, type Caller, learn, type ShieldDeps } from "./shield.ts";
import type { Outcome } from "./submit.ts";

export interface CancelDeps extends ShieldDeps {
  readonly defer: Defer;
}

export interface Canceled {
  /** `over`: it is CANCELED now. `asked`: its result is being written; what S3 holds decides. */
  readonly kind: "over" | "asked";
  readonly run: FoundRun;
}

/**
 * Cancel, C1 and C2 of MONEY.md. The shield is asked first: it refuses at a read's rate, so that a full submit rate keeps
 * nobody from ending work. Without the shield Postgres alone decides.
 */
export async function cancel(deps: CancelDeps, caller: Caller, run_id: string): Promise<Outcome<Canceled>> {
  const shielded = await askShield<Authorization>(deps, caller, {
    class: "read",
    ask: (tenant_id) => authorize(deps.redis, { ...caller, tenant_id, scope: "submit" }),
  });
  const rate = shielded.kind === "answered" ? shielded.reply.rate : undefined;
  if (shielded.kind === "unauthorized") return { rate: undefined, verdict: refuse.unauthorized() };
  const limited = limitOf(shielded);
  if (limited !== undefined) return { rate, verdict: limited };
  if (shielded.kind === "answered" && shielded.reply.kind === "SCOPE_MISSING") {
    return { rate, verdict: refuse.scopeMissing("submit") };
  }

  // C1
  let answer: CancelAnswer;
  try {
    answer = await cancelRun(deps.db, caller.key_sha256, run_id);
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    deps.log.error("the outcome of a cancel is unknown", { error, run_id });
    return { rate, verdict: refuse.unavailable() };
  }
  const authorized = answer.outcome !== "unauthorized";
  learn(deps, caller, { shielded, authorized });
  if (!authorized) return { rate: undefined, verdict: refuse.unauthorized() };

  // C2
  if (answer.outcome === "canceled" || answer.outcome === "already-canceled") tellMirror(deps, answer.run);
  return { rate, verdict: conclude(answer) };
}

/** Again for a run that was canceled before: whoever did so may have died before this. */
function tellMirror(deps: CancelDeps, { tenant_id, run_id, charged_micros: charged }: FoundRun): void {
  if (charged !== null) deps.defer("settle", () => settle(deps.redis, { tenant_id, run_id, charged }));
}

function conclude(answer: CancelAnswer): Canceled | Problem {
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
    case "unauthorized":
      return refuse.unauthorized();
    case "scope-missing":
      return refuse.scopeMissing("submit");
    case "read-only":
      return refuse.halted();
    case "lost":
      return refuse.unavailable();
  }
}
