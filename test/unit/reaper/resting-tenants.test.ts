import { expect, test } from "vitest";
import type { Log } from "#core/ports/log.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { newSyncCursors, sweepSync } from "../../../backend/reaper/sweeps/sync.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
const id = (serial: number) => `00000000-0000-4000-8000-${String(serial).padStart(12, "0")}`;
const [ACTIVE, ...RESTING] = Array.from({ length: 151 }, (_, serial) => id(serial + 1));

/** Rounds of the sync sweep over one tenant with traffic and 150 that rest; what each asks Postgres about tenants. */
function world(rounds_between: number) {
  const cursor = newSyncCursors(rounds_between);
  const synced: string[] = [];
  const lists = {
    "tenants-moved": () => [{ tenant_id: ACTIVE, cursor: "1" }],
    "tenants-at-work": () => [],
    "audit-tenants": ([after]: readonly unknown[]) =>
      RESTING.filter((tenant) => tenant > String(after)).map((tenant_id) => ({ tenant_id })),
  };
  const deps = {
    db: {
      query: async ({ name }: { readonly name: string }, values: readonly unknown[]) => {
        if (name in lists) return lists[name as keyof typeof lists](values).slice(0, 100);
        synced.push(...values.map(String).filter((value) => value === ACTIVE || RESTING.includes(value)));
        return [];
      },
    },
    redis: { run: async () => ["1800000000000000"], get: async () => null, set: async () => undefined },
    metrics: NO_METRICS,
    log: silent,
  };
  return async () => {
    synced.length = 0;
    await sweepSync(deps, { moved_within_seconds: 120, grace_seconds: 90 }, cursor, new AbortController().signal);
    return { active: synced.includes(ACTIVE ?? ""), resting: synced.filter((tenant) => tenant !== ACTIVE).length };
  };
}

test("tenants that rest are synced in turn in each so many-th round, those with traffic in every one", async () => {
  const round = world(4);
  const seen: Awaited<ReturnType<typeof round>>[] = [];
  for (let count = 0; count < 9; count++) seen.push(await round());
  expect(seen.every(({ active }) => active)).toBe(true);
  expect(seen.map(({ resting }) => resting)).toEqual([100, 0, 0, 0, 50, 0, 0, 0, 100]);
});
