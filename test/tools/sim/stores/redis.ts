import type { Redis, RedisReply, RedisScript } from "#core/ports/redis.ts";
import shim from "./redis-shim.lua";

const GET: RedisScript = { name: "get", lua: "return redis.call('GET', KEYS[1])" };
const SET: RedisScript = {
  name: "set",
  lua: "if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end",
};
const FLUSH: RedisScript = { name: "flush", lua: "redis.call('FLUSHDB')" };
const READS = new Set(["get", "read-clock", "read-reservations"]);

interface Entry {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly now_micros: string;
}

/** A real Redis whose scripts run on the world's time; it can be flushed, and fall back to an older state of itself. */
export class SimRedis {
  readonly #server: Redis;
  #journal: Entry[] = [];

  constructor(server: Redis) {
    this.#server = server;
  }

  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly string[],
    now_ms: number,
  ): Promise<RedisReply> {
    const entry: Entry = { script, keys, args, now_micros: String(now_ms * 1000) };
    if (!READS.has(script.name)) this.#journal.push(entry);
    return this.#execute(entry);
  }

  async get(key: string, now_ms: number): Promise<string | null> {
    const reply = await this.run(GET, [key], [], now_ms);
    return typeof reply === "string" ? reply : null;
  }

  async set(key: string, value: string, ttl_ms: number | undefined, now_ms: number): Promise<void> {
    await this.run(SET, [key], [value, ttl_ms === undefined ? "" : String(ttl_ms)], now_ms);
  }

  #execute({ script, keys, args, now_micros }: Entry): Promise<RedisReply> {
    return this.#server.run({ name: script.name, lua: `${shim}\n${script.lua}` }, keys, [...args, now_micros]);
  }

  async flush(): Promise<void> {
    this.#journal = [];
    await this.#server.run(FLUSH, [], []);
  }

  /** A failover to a replica that had not heard the last `writes`. */
  async rewind(writes: number): Promise<void> {
    const kept = this.#journal.slice(0, Math.max(this.#journal.length - writes, 0));
    await this.flush();
    for (const entry of kept) await this.#execute(entry);
    this.#journal = kept;
  }
}
