import { Outage } from "../domain/outage.ts";
import type { Db } from "./db.ts";
import type { Metrics } from "./metrics.ts";
import type { Redis } from "./redis.ts";

/** Makes one call of a store, and returns or throws what it does. */
export type Call = <T>(
  store: "database" | "redis" | "sqs" | "s3",
  operation: string,
  call: () => Promise<T>,
) => Promise<T>;

/** Measures each call: its duration, whether it failed, and whether its outcome is unknown. */
export const measuredCalls =
  (metrics: Metrics, now_ms: () => number): Call =>
  async (store, operation, call) => {
    const began_ms = now_ms();
    try {
      return await call();
    } catch (error) {
      metrics.count("store_failures", { store, operation });
      if (error instanceof Outage) metrics.count("store_outages", { store });
      throw error;
    } finally {
      metrics.observe("store_seconds", (now_ms() - began_ms) / 1_000, { store, operation });
    }
  };

export const timeDb = (db: Db, timed: Call): Db => ({
  query: (statement, values) => timed("database", statement.name, () => db.query(statement, values)),
});

export const timeRedis = (redis: Redis, timed: Call): Redis => ({
  run: (script, keys, args) => timed("redis", script.name, () => redis.run(script, keys, args)),
  get: (key) => timed("redis", "get", () => redis.get(key)),
  set: (key, value, ttl_ms) => timed("redis", "set", () => redis.set(key, value, ttl_ms)),
});
