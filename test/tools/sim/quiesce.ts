import { startReaper, type Supervised } from "./actors/backend.ts";
import { isFrozen, isOpen } from "./check/snapshot.ts";
import { restFaults } from "./check/rest.ts";
import type { World } from "./world.ts";

export interface Rest {
  /** How long it took until no run was open, in the world's time. */
  readonly quiet_after_ms: number;
}

/** The signal sweep waits up to an hour between two signals of one run; every other wait is minutes. */
const LONGEST_MS = 4 * 3_600_000;
/** More than one round of every sweep takes. */
const ROUND_MS = 5_000;

/** Lets the sweeps run until idle, then asks whether the world is at rest: invariants 3 and 7. */
export async function quiesce(world: World, processes: readonly Supervised[]): Promise<Rest> {
  const began_ms = world.scheduler.now();
  await world.run(() => !world.snapshot.runs.some((run) => isOpen(run) && !isFrozen(run)), LONGEST_MS);
  // What was sent long ago and comes late is traffic too.
  await world.run(() => world.scheduler.now() > world.network.unsettled_until_ms, LONGEST_MS);
  const quiet_after_ms = world.scheduler.now() - began_ms;
  if (world.violations.length > 0) return { quiet_after_ms };

  await pass(world, ROUND_MS);
  // When the last reservation that Postgres does not know has outlived its grace, one round says so.
  for (const process of processes) process.end();
  await pass(world, world.settings.grace_seconds * 1000 + ROUND_MS);
  const reaper = startReaper(world, "reaper-at-rest");
  await pass(world, ROUND_MS);
  reaper.end();
  if (world.violations.length > 0) return { quiet_after_ms };
  await world.look();
  for (const law of await restFaults(world.snapshot, world.stores.redis, world.scheduler.now())) world.violate(law);
  return { quiet_after_ms };
}

/** Lets so much of the world's time pass. */
export async function pass(world: World, ms: number): Promise<void> {
  let isOver = false;
  world.scheduler.after(ms, undefined, () => void (isOver = true));
  await world.run(() => isOver, ms);
}
