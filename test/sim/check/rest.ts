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
  return faults;
}
