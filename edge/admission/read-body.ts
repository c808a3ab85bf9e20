import { Problem } from "#core/domain/problem.ts";
import type { IsolateRateLimiter } from "./isolate-rate-limiter.ts";
import type { Policy } from "./denied-key-cache.ts";
import { rateLimited, stillLimited, unauthorized } from "./problems.ts";
import type { Caller, ShieldDeps } from "./shield.ts";

export interface ReadBodyDeps extends Pick<ShieldDeps, "tenants" | "unauthenticated" | "denied_keys"> {
  /** Requests whose body S0 refused, by key hash, or by address where no store has confirmed the key to this isolate. */
  readonly invalid_bodies: IsolateRateLimiter;
}

/**
 * S0: reads a request's body. A caller known to be denied, and one that sends mostly invalid bodies, is held
 * back before any of it is read, or, of many that come at once, before any store is asked about it. `policy` is the rate
 * that the request counts against; "any" where the body alone tells.
 */
export async function readValid<T>(
  deps: ReadBodyDeps,
  caller: Caller,
  readIt: () => Promise<T>,
  policy: Policy | "any" = "read",
): Promise<T> {
  refuseKnown(deps, caller, policy);
  // Keys with a right checksum can be made up without end.
  const name = deps.tenants.get(caller.key_sha256) === undefined ? caller.address : caller.key_sha256;
  const verdict = deps.invalid_bodies.check(name);
  if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
  try {
    return await readIt();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const counted = deps.invalid_bodies.take(name);
    throw counted.allowed ? error : rateLimited(counted.retry_after_ms);
  }
}

/** Throws what the shield would say, where this isolate can say it without a question. */
function refuseKnown(
  { tenants, unauthenticated, denied_keys }: ReadBodyDeps,
  caller: Caller,
  policy: Policy | "any",
): void {
  const { key_sha256, address } = caller;
  if (denied_keys.status(key_sha256) === "denied") throw unauthorized();
  if (tenants.get(key_sha256) === undefined) {
    const verdict = unauthenticated.check(address);
    if (!verdict.allowed) throw rateLimited(verdict.retry_after_ms);
  }
  const policies: readonly Policy[] = policy === "any" ? ["read", "submit"] : [policy];
  const limits = policies.map((each) => denied_keys.limitOf(key_sha256, each));
  const [limit] = limits;
  if (limit !== undefined && limits.every((each) => each !== undefined)) throw stillLimited(limit);
}
