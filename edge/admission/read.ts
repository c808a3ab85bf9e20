import type { Problem } from "#core/domain/problem.ts";
import { authorize, type Authorization } from "#core/store/redis/authorize.ts";
import type { Scope } from "#core/domain/plan.ts";
import * as refuse from "./problems.ts";
import { askShield, recordKeyVerdict, type Caller, type ShieldDeps, type Shielded } from "./shield.ts";
import type { Outcome } from "./outcome.ts";

export interface Refused {
  readonly kind: "unauthorized" | "scope-missing";
}

export interface Found {
  readonly kind: string;
}

/**
 * A read: the shield's check of key and rate, and the statement, which checks the key itself: side by side, but one
 * after the other for a key that was lately refused. Without the shield the statement alone decides. Verdicts in
 * order: unauthorized, rate limited, scope missing, what was found.
 */
export async function read<F extends Found>(
  deps: ShieldDeps,
  caller: Caller,
  query: () => Promise<F | Refused>,
  scope: Scope = "read",
): Promise<Outcome<F>> {
  let started: Promise<{ found: F | Refused } | { error: unknown }> | undefined;
  const start = () =>
    (started ??= query().then(
      (found) => ({ found }),
      (error: unknown) => ({ error }),
    ));

  const shielded = await askShield<Authorization>(deps, caller, {
    class: "read",
    ask: async (tenant_id) => {
      if (deps.denied_keys.status(caller.key_sha256) === "unknown") void start();
      const reply = await authorize(deps.redis, { ...caller, tenant_id, scope });
      if (reply.kind === "RATE_LIMITED") deps.denied_keys.rateLimited(caller.key_sha256, reply.rate.retry_ms);
      return reply;
    },
  });
  const rate = shielded.kind === "answered" ? shielded.reply.rate : undefined;
  if (shielded.kind === "unauthorized") return { rate: undefined, verdict: refuse.unauthorized() };
  const limited = limitOf(shielded);
  // Nothing was asked yet, and nothing will be.
  if (limited !== undefined && started === undefined) return { rate, verdict: limited };

  const result = await start();
  const authorized = !("found" in result && result.found.kind === "unauthorized");
  if ("found" in result) recordKeyVerdict(deps, caller, { shielded, authorized });
  if (!authorized) return { rate: undefined, verdict: refuse.unauthorized() };
  if (limited !== undefined) return { rate, verdict: limited };
  if (shielded.kind === "answered" && shielded.reply.kind === "SCOPE_MISSING") {
    return { rate, verdict: refuse.scopeMissing(scope) };
  }
  if ("error" in result) throw result.error;
  const { found } = result;
  return { rate, verdict: isRefused(found) ? refuse.scopeMissing(scope) : found };
}

const isRefused = (found: Found): found is Refused => found.kind === "unauthorized" || found.kind === "scope-missing";

/** The refusal for the rate, if that is what the shield said. */
export function limitOf(shielded: Shielded<Authorization>): Problem | undefined {
  if (shielded.kind === "limited") return refuse.rateLimited(shielded.retry_after_ms);
  if (shielded.kind !== "answered" || shielded.reply.kind !== "RATE_LIMITED") return undefined;
  return refuse.rateLimited(shielded.reply.rate.retry_ms);
}
