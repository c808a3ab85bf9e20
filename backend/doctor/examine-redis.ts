import type { Clock } from "#core/ports/clock.ts";
import type { Redis } from "#core/ports/redis.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { skewOf } from "./clock-skew.ts";
import type { Examination } from "./examination.ts";
import { UnusableStore } from "./unusable-store.ts";

const KEY_MS = 60_000;
const MICROS_PER_MS = 1_000;
/** Of no tenant: every id of one is a UUID. */
const PROBES = ["doctor-a", "doctor-b", "doctor-c", "doctor-d"];
const ECHO = {
  name: "doctor",
  lua: "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\nreturn redis.call('GET', KEYS[1])",
};

export function redisChecks(redis: Redis, clock: Clock): readonly Examination[] {
  return [
    { check: "redis runs scripts", run: () => runScripts(redis) },
    {
      check: "redis clock",
      run: () => skewOf("redis", clock, async () => Number(await readClock(redis)) / MICROS_PER_MS),
    },
  ];
}

/** On keys of several slots, which a cluster spreads over its nodes. */
async function runScripts(redis: Redis): Promise<string> {
  for (const probe of PROBES) {
    const key = `{${probe}}:probe`;
    if ((await redis.run(ECHO, [key], [probe, String(KEY_MS)])) !== probe)
      throw new UnusableStore("a script lost its write");
    if ((await redis.get(key)) !== probe) throw new UnusableStore("what a script wrote is read otherwise");
  }
  return `on keys of ${PROBES.length} slots`;
}
