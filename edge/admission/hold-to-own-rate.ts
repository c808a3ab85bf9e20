import { Outage } from "#core/domain/outage.ts";
import type { Rate } from "#core/domain/plan.ts";
import { admissionSnapshot, type TenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import type { Caller, ShieldDeps } from "./shield.ts";

/** How long an isolate goes by what Postgres said of a key's rates. */
const KNOWN_MS = 60_000;

/**
 * While the shield is bypassed, each isolate holds a key to the lowest of its own rates, those of the keys that it counts
 * against, and its plan's, as the shield does. Postgres says which they are, once a minute; where it does not answer, the
 * isolate's own limit stands.
 */
export async function holdToOwnRate(deps: Pick<ShieldDeps, "db" | "bypass">, { key_sha256 }: Caller): Promise<void> {
  if (deps.bypass.submit.holds(key_sha256)) return;
  let found: TenantSnapshot | undefined;
  try {
    found = await admissionSnapshot(deps.db, key_sha256);
  } catch (error) {
    if (error instanceof Outage) return;
    throw error;
  }
  for (const kind of ["submit", "read"] as const) deps.bypass[kind].hold(key_sha256, rateOf(found, kind), KNOWN_MS);
}

const NONE: Rate = { per_minute: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER };

function rateOf(found: TenantSnapshot | undefined, kind: "submit" | "read"): Rate {
  if (found === undefined) return NONE;
  const { plan, keys } = found;
  const own = keys.flatMap((key) => key[`${kind}_limits`].map(({ per_minute }) => per_minute));
  const slowest = Math.min(...own, Number.MAX_SAFE_INTEGER);
  return {
    per_minute: Math.min(plan[`${kind}_per_minute`], slowest),
    burst: Math.min(plan[`${kind}_burst`], slowest),
  };
}
