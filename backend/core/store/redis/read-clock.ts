import { z } from "zod";
import type { Redis, RedisScript } from "../../ports/redis.ts";
import lua from "./read-clock.lua";

const script: RedisScript = { name: "read-clock", lua };

/** The Redis clock in Unix micros, as decimal text. Also says whether Redis lives and runs scripts. */
export async function readClock(redis: Redis): Promise<string> {
  return z
    .string()
    .regex(/^\d{16}$/)
    .parse(await redis.run(script, [], []));
}
