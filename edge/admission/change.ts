import { Outage } from "#core/domain/outage.ts";
import type { Scope } from "#core/domain/plan.ts";
import { type Authorization, authorize } from "#core/store/redis/authorize.ts";
import { limitOf } from "./read.ts";
import * as refuse from "./problems.ts";
import { askShield, type Caller, recordKeyVerdict, type ShieldDeps } from "./shield.ts";
import type { Outcome } from "./outcome.ts";

export interface ChangeResult {
  readonly outcome: string;
}

/** An answer that `change` leaves to its caller. */
export type Decided<A extends ChangeResult> = Exclude<A, { readonly outcome: "unauthorized" | "scope-missing" }>;

/**
 * A change that is no submit: the shield is asked first, at a read's rate, so that a full submit rate keeps nobody from
 * it; then the statement, which checks key and scope itself, and is asked even where the shield misses the scope: the
 * key may be revoked by now. Without the shield Postgres alone decides. Verdicts in order: unauthorized, rate limited,
 * scope missing, what the statement says.
 */
export async function change<A extends ChangeResult>(
  deps: ShieldDeps,
  caller: Caller,
  scope: Scope,
  act: () => Promise<A>,
): Promise<Outcome<Decided<A>>> {
  const shielded = await askShield<Authorization>(deps, caller, {
    class: "read",
    ask: (tenant_id) => authorize(deps.redis, { ...caller, tenant_id, scope }),
  });
  const rate = shielded.kind === "answered" ? shielded.reply.rate : undefined;
  if (shielded.kind === "unauthorized") return { rate: undefined, verdict: refuse.unauthorized() };
  const limited = limitOf(shielded);
  if (limited !== undefined) return { rate, verdict: limited };

  let result: A;
  try {
    result = await act();
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    const lacking = shielded.kind === "answered" && shielded.reply.kind === "SCOPE_MISSING";
    if (lacking) return { rate, verdict: refuse.scopeMissing(scope) };
    deps.log.error("the outcome of a change is unknown", { error });
    return { rate, verdict: refuse.unavailable() };
  }
  const authorized = result.outcome !== "unauthorized";
  recordKeyVerdict(deps, caller, { shielded, authorized });
  if (!authorized) return { rate: undefined, verdict: refuse.unauthorized() };
  if (result.outcome === "scope-missing") return { rate, verdict: refuse.scopeMissing(scope) };
  return { rate, verdict: result as Decided<A> };
}
