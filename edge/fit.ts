import { Problem } from "#core/domain/problem.ts";
import type { LocalRate } from "./local-rate.ts";
import { rateLimited } from "./refusals.ts";
import type { Caller, ShieldDeps } from "./shield.ts";

export interface FitDeps extends Pick<ShieldDeps, "tenants"> {
  /** Requests whose body S0 refused, by key hash, or by address where no store has confirmed the key to this isolate. */
  readonly unfit_bodies: LocalRate;
}

/**
 * S0: reads a request's body. Whoever sends little but what does not fit is held back before any of it is read, or, of
 * many that come at once, before any store is asked about it.
 */
export async function readFit<T>(deps: FitDeps, caller: Caller, readIt: () => Promise<T>): Promise<T> {
  // Keys with a right checksum can be made up without end.
  const name = deps.tenants.get(caller.key_sha256) === undefined ? caller.address : caller.key_sha256;
  const verdict = deps.unfit_bodies.look(name);
  if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
  try {
    return await readIt();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const counted = deps.unfit_bodies.take(name);
    throw counted.allowed ? error : rateLimited(counted.retry_after_ms);
  }
}
