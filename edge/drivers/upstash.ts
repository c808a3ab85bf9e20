import { sha1 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Redis as Upstash } from "@upstash/redis/cloudflare";
import { Outage } from "#core/domain/outage.ts";
import { scriptsFor } from "#core/domain/redis-script.ts";
import type { Redis, RedisReply, RedisScript } from "#core/ports/redis.ts";

export interface UpstashOptions {
  readonly url: string;
  readonly token: string;
  readonly timeout_ms: number;
}

/** Redis over Upstash's REST protocol. Nothing is sent twice: the callers know better when that is right. */
export function createUpstash(options: UpstashOptions): Redis {
  const client = new Upstash({
    url: options.url,
    token: options.token,
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(options.timeout_ms),
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    latencyLogging: false,
    readYourWrites: false,
  });
  const forServer = scriptsFor(options.url);
  const digests = new Map<RedisScript, string>();
  const digestOf = (script: RedisScript): string => {
    const digest = digests.get(script) ?? bytesToHex(sha1(utf8ToBytes(script.lua)));
    digests.set(script, digest);
    return digest;
  };

  return {
    run: (named, keys, args) =>
      answered(async () => {
        const script = forServer(named);
        try {
          return await client.evalsha<string[], RedisReply>(digestOf(script), [...keys], [...args]);
        } catch (error) {
          if (!(error instanceof Error && error.message.includes("NOSCRIPT"))) throw error;
          return await client.eval<string[], RedisReply>(script.lua, [...keys], [...args]);
        }
      }),
    get: (key) => answered(() => client.get<string>(key)),
    set: (key, value, ttl_ms) =>
      answered(async () => {
        await client.set(key, value, ttl_ms === undefined ? {} : { px: ttl_ms });
      }),
  };
}

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Outage("redis", withoutCommand(error));
  }
}

/** The client quotes the whole command in its messages, with every argument. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [message] = error.message.split(", command was:");
  return message === error.message ? error : new Error(message);
}
