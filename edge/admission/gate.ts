import type { Scope } from "#core/domain/plan.ts";
import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "../http/context.ts";
import { change, type ChangeResult, type Decided } from "./change.ts";
import type { Policy } from "./denied-key-cache.ts";
import type { Outcome } from "./outcome.ts";
import { type Found, read, type Refused } from "./read.ts";
import type { Caller, ShieldDeps } from "./shield.ts";

/** The caller's way to the stores: each call checks key, rate and scope, and throws the problem of a refusal. */
export interface Gate {
  readonly caller: Caller;
  readonly read: <F extends Found>(query: () => Promise<F | Refused>) => Promise<F>;
  readonly change: <A extends ChangeResult>(act: () => Promise<A>) => Promise<Decided<A>>;
}

/** The gate of one request. `scope` is what the operation needs. */
export function gateOf(c: EdgeRequest, deps: ShieldDeps, caller: Caller, scope: Scope): Gate {
  return {
    caller,
    read: async (query) => unwrap(c, "read", await read(deps, caller, query, scope)),
    change: async (act) => unwrap(c, "read", await change(deps, caller, scope, act)),
  };
}

/** The result of a use case. Keeps the caller's rate for the response's headers; throws the use case's problem. */
export function unwrap<T>(c: EdgeRequest, policy: Policy, { rate, verdict }: Outcome<T>): T {
  if (rate !== undefined) c.set("rate", { policy, state: rate });
  if (verdict instanceof Problem) throw verdict;
  return verdict;
}
