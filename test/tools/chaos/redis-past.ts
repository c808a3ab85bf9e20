import { Redis as RawClient } from "ioredis";
import type { Shield } from "./regions.ts";

interface Kept {
  readonly key: string;
  readonly ttl: number;
  readonly value: Buffer;
}

/** Redis as it was a while ago, for a failover to a replica that lags: writes since are lost, deleted keys are back. */
export function redisPast({ name, url }: Shield) {
  const redis = new RawClient(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.on("error", () => undefined);
  let kept: readonly Kept[] | undefined;
  return {
    /** Keeps the present; unless `replace`, only when nothing is kept. */
    remember: async (replace: boolean): Promise<void> => {
      if (kept !== undefined && !replace) return;
      try {
        const keys = await redis.keys("*");
        const all = await Promise.all(
          keys.map(async (key) => ({ key, ttl: await redis.pttl(key), value: await redis.dumpBuffer(key) })),
        );
        kept = all.flatMap(({ key, ttl, value }) => (value === null ? [] : [{ key, ttl: Math.max(ttl, 0), value }]));
      } catch {
        // Redis is down: what was kept before stays.
      }
    },
    putBack: async (): Promise<string | undefined> => {
      if (kept === undefined) return undefined;
      const back = redis.multi().flushall();
      for (const { key, ttl, value } of kept) back.restore(key, ttl, value);
      await back.exec();
      return `${name}, ${kept.length} keys`;
    },
    close: () => redis.disconnect(),
  };
}
