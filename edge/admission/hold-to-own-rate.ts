import { Outage } from "#core/domain/outage.ts";
import type { Rate } from "#core/domain/plan.ts";
import { admissionSnapshot, type TenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import type { Caller, ShieldDeps } from "./shield.ts";

/** How long an isolate goes by what Postgres said of a key's rates, and by its silence. */
const KNOWN_MS = 60_000;
const SILENCE_MS = 5_000;

const NONE: Rate = { per_minute: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER };

/** The keys that Postgres is asked about now: many requests at once wait for one answer. */
const asked = new WeakMap<ShieldDeps["bypass"], Map<string, Promise<void>>>();

/**
 * While the shield is bypassed, each isolate holds a key to the lowest of its own rates, those of the keys that it counts
 * against, and its plan's, as the shield does. Postgres says which they are, once a minute; where it does not answer, the
 * isolate's own limit stands.
 */
export function holdToOwnRate(deps: Pick<ShieldDeps, "db" | "bypass">, { key_sha256 }: Caller): Promise<void> {
  if (deps.bypass.submit.holds(key_sha256)) return Promise.resolve();
  const under_way = asked.get(deps.bypass) ?? new Map<string, Promise<void>>();
  asked.set(deps.bypass, under_way);
  const known = under_way.get(key_sha256);
  if (known !== undefined) return known;
  const lookup = loadRate(deps, key_sha256).finally(() => under_way.delete(key_sha256));
  under_way.set(key_sha256, lookup);
  return lookup;
}

async function loadRate({ db, bypass }: Pick<ShieldDeps, "db" | "bypass">, key_sha256: string): Promise<void> {
  const hold = (found: TenantSnapshot | undefined, for_ms: number) => {
    for (const kind of ["submit", "read"] as const) bypass[kind].hold(key_sha256, rateOf(found, kind), for_ms);
  };
  try {
    hold(await admissionSnapshot(db, key_sha256), KNOWN_MS);
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    hold(undefined, SILENCE_MS);
  }
}

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
