import { sha256Hex } from "#core/domain/hash.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { QueueInspector } from "#core/ports/doctor.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import type { Redis } from "#core/ports/redis.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { PROBE_KEY, probeObjects } from "./probe-objects.ts";
import type { StorePing } from "./readiness.ts";
import type { Essential } from "./wait-for-stores.ts";

export interface Stores {
  readonly db: Db;
  readonly redis: Redis;
  readonly objects: ObjectWriter;
  readonly queue: QueueInspector;
  readonly clock: Clock;
}

const PING = { name: "ping", text: "SELECT 1" };

/** What a worker or a reaper must know of its stores before it begins. */
export const essentials = ({ db, redis, objects, queue, clock }: Stores): readonly Essential[] => [
  { name: "database", run: () => db.query(PING, []) },
  { name: "bucket", run: () => probeObjects(objects, absentKey(clock)) },
  { name: "queue", run: () => queue.attributes() },
  // Whatever Redis holds, Postgres has: only what would never change is worth stopping for.
  { name: "redis", run: () => readClock(redis), mayBeOut: true },
];

/** Without the stores that the work goes on without. */
export const pings = ({ db, objects, queue }: Stores): readonly StorePing[] => [
  { name: "database", run: () => db.query(PING, []) },
  { name: "bucket", run: () => objects.head(PROBE_KEY) },
  { name: "queue", run: () => queue.attributes() },
];

/** Of no run, and another at every start. */
export const absentKey = (clock: Clock): string =>
  `results/probe/absent-${sha256Hex(String(clock.now())).slice(0, 32)}`;
