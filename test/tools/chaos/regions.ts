import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { startRedis } from "../../dev/redis.ts";
import type { InstanceName } from "../../dev/system.ts";
import { startUpstashFront } from "../../dev/upstash-front.ts";

/** The Redis of one region. */
export interface Shield {
  readonly name: "redis" | "redis-2";
  readonly url: string;
  pid(): number | null;
}

/** Of two regions the second: an edge, a worker and the reaper that keeps its shield. The others are the first's. */
const SECOND: ReadonlySet<InstanceName> = new Set(["edge-2", "worker-2", "reaper-2"]);
export const SECOND_DIR = "region-2";

export const regionOf = (name: InstanceName, regions: number): number => (regions > 1 && SECOND.has(name) ? 2 : 1);

export interface SecondShield extends Shield {
  /** Where its edge asks it. */
  readonly upstashUrl: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** A second Redis with a front of its own. */
export async function startSecondShield(stateDir: string, log: (line: string) => void): Promise<SecondShield> {
  const redis = await startRedis({ stateDir: join(stateDir, SECOND_DIR), log });
  try {
    const token = randomBytes(24).toString("hex");
    const front = await startUpstashFront({ redisUrl: redis.url, token });
    return {
      name: "redis-2",
      url: redis.url,
      upstashUrl: front.url,
      token,
      pid: redis.pid,
      stop: async () => {
        await front.stop();
        await redis.stop();
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** What makes an instance one of the second region. */
export const settingsOf = (name: InstanceName, { url, upstashUrl, token }: SecondShield): Record<string, string> => {
  if (!SECOND.has(name)) return {};
  return name.startsWith("edge")
    ? { UPSTASH_REDIS_REST_URL: upstashUrl, UPSTASH_REDIS_REST_TOKEN: token }
    : { REDIS_URL: url };
};
