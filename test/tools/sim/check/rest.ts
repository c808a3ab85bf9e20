import { tenantKeys } from "#core/store/redis/keys.ts";
import type { SimRedis } from "../stores/redis.ts";
import { isFrozen, isOpen, type Snapshot, sum } from "./snapshot.ts";

const LOOK = {
  name: "look",
  lua: `local open = redis.call('HGETALL', KEYS[1])
    local eternal = {}
    for _, key in ipairs(redis.call('KEYS', '*:rate:*')) do
      if redis.call('HEXISTS', 'sim:expiry', key) == 0 then eternal[#eternal + 1] = key end
    end
    return {redis.call('HGET', KEYS[2], 'available') or 'none', #open, table.concat(eternal, ' ')}`,
};

const LOOK_AT_KEY = {
  name: "look",
  lua: "return {redis.call('HGET', KEYS[1], 'status') or 'none', redis.call('HGET', KEYS[2], 'max_open_runs') or 'none'}",
};

/** Invariants 3 and 7 of a world at rest: nothing open, nothing held, and Redis says what Postgres says. */
export async function restFaults(now: Snapshot, redis: SimRedis, now_ms: number): Promise<readonly string[]> {
  const faults = now.runs.flatMap((run) =>
    isOpen(run) && !isFrozen(run) ? [`3: run ${run.run_id} is still ${run.status} at rest (${run.money_state})`] : [],
  );
  for (const { tenant_id, reserved, open_runs, available } of now.balances) {
    const frozen = now.runs.filter((run) => run.tenant_id === tenant_id && isFrozen(run) && isOpen(run));
    if (reserved !== sum(frozen, (run) => run.reserved_micros) || open_runs !== frozen.length) {
      faults.push(`7: tenant ${tenant_id} holds ${reserved} at rest`);
    }
    const keys = tenantKeys(tenant_id);
    const [mirrored, open, eternal] = (await redis.run(LOOK, [keys.open, keys.budget], [], now_ms)) as string[];
    if (mirrored !== "none" && mirrored !== String(available)) {
      faults.push(`7: Redis says that tenant ${tenant_id} has ${mirrored}, Postgres says ${available}`);
    }
    if (Number(open) !== 2 * frozen.length && mirrored !== "none")
      faults.push(`7: Redis holds reservations of tenant ${tenant_id} at rest`);
    if (eternal !== "") faults.push(`7: rate counters without a time to live: ${eternal}`);
  }
  for (const { tenant_id, sha256, status, max_open_runs } of now.keys) {
    const keys = tenantKeys(tenant_id);
    const mirrored = (await redis.run(LOOK_AT_KEY, [keys.key(sha256), keys.plan], [], now_ms)) as string[];
    if (mirrored[0] !== "none" && mirrored[0] !== status)
      faults.push(`7: Redis says ${mirrored[0]} of a key that is ${status}`);
    if (mirrored[1] !== "none" && mirrored[1] !== String(max_open_runs)) {
      faults.push(`7: Redis says that a plan lets ${mirrored[1]} runs be open, Postgres says ${max_open_runs}`);
    }
  }
  return faults;
}
