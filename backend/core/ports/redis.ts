/** One atomic step. */
export interface RedisScript {
  readonly name: string;
  readonly lua: string;
}

export type RedisReply = string | number | null | readonly RedisReply[];

/** Every call is one round trip (two when the server forgot the script) and throws {@link Outage} when it got no answer. */
export interface Redis {
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<RedisReply>;
  get(key: string): Promise<string | null>;
  /** Without `ttl_ms` the value stays until it is evicted. */
  set(key: string, value: string, ttl_ms?: number): Promise<void>;
}
