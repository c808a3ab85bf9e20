import { createHash } from "node:crypto";
import { Cluster, Redis as Single, type RedisOptions as ClientOptions, ReplyError } from "ioredis";
import { Outage } from "#core/domain/outage.ts";
import { scriptsFor } from "#core/domain/redis-script.ts";
import type { Redis, RedisReply, RedisScript } from "#core/ports/redis.ts";

export interface RedisOptions {
  readonly url: string;
  readonly command_timeout_ms: number;
  /** `url` is one node of a Redis Cluster, which names the others. */
  readonly cluster?: boolean;
}

type Client = Single | Cluster;

export interface RedisDriver {
  readonly redis: Redis;
  close(): void;
}

/** How long a closed client may still keep its process alive. */
const DISCONNECT_MS = 100;
const DEFAULT_PORT = 6379;
const RETRY_STEP_MS = 100;
const RETRY_CEILING_MS = 2_000;
/** Replies of a server that is there and cannot serve. */
const NOT_A_VERDICT =
  /^(LOADING|READONLY|OOM|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/;

export function createRedis(options: RedisOptions): RedisDriver {
  const client = options.cluster === true ? connectCluster(options) : connectSingle(options);
  const forServer = scriptsFor(options.url);
  // Each caller gets the error of its own command; without a listener the event would be printed at every attempt.
  client.on("error", () => undefined);
  return {
    redis: {
      run: (script, keys, args) => ask(client, () => run(client, forServer(script), keys, args)),
      get: (key) => ask(client, () => client.get(key)),
      set: async (key, value, ttl_ms) => {
        await ask(client, () => (ttl_ms === undefined ? client.set(key, value) : client.set(key, value, "PX", ttl_ms)));
      },
    },
    close: () => client.disconnect(),
  };
}

const wait = (attempts: number) => Math.min(attempts * RETRY_STEP_MS, RETRY_CEILING_MS);

const clientOptions = ({ command_timeout_ms }: RedisOptions): ClientOptions => ({
  // A command in flight when the connection breaks may have run: it is reported as lost, never sent again.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: command_timeout_ms,
  connectTimeout: command_timeout_ms,
  disconnectTimeout: DISCONNECT_MS,
  disableClientInfo: true,
});

const connectSingle = (options: RedisOptions): Single =>
  new Single(options.url, { ...clientOptions(options), retryStrategy: wait });

/** Each script names its keys, which share a hash tag: the client finds the node. */
function connectCluster(options: RedisOptions): Cluster {
  const { protocol, hostname, port, username, password } = new URL(options.url);
  const isTls = protocol === "rediss:";
  return new Cluster([{ host: hostname, port: Number(port || DEFAULT_PORT) }], {
    redisOptions: {
      ...clientOptions(options),
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      ...(isTls ? { tls: {} } : {}),
    },
    // Certificates are of names.
    ...(isTls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    clusterRetryStrategy: wait,
    slotsRefreshTimeout: options.command_timeout_ms,
    // As above: a redirection was refused before it ran, all else may have run.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
}

async function ask<T>(client: Client, command: () => Promise<T>): Promise<T> {
  // Between two attempts to connect a command would wait in line for the next: fail at once instead.
  if (["close", "reconnecting", "end"].includes(client.status))
    throw new Outage("redis", `connection is ${client.status}`);
  try {
    return await command();
  } catch (error) {
    if (isReply(error) && !NOT_A_VERDICT.test(error.message)) throw error;
    throw new Outage("redis", error);
  }
}

async function run(
  client: Client,
  script: RedisScript,
  keys: readonly string[],
  args: readonly string[],
): Promise<RedisReply> {
  try {
    return (await client.evalsha(digest(script.lua), keys.length, ...keys, ...args)) as RedisReply;
  } catch (error) {
    if (!(isReply(error) && error.message.startsWith("NOSCRIPT"))) throw error;
    return (await client.eval(script.lua, keys.length, ...keys, ...args)) as RedisReply;
  }
}

const isReply = (error: unknown): error is Error => error instanceof ReplyError;

const digests = new Map<string, string>();

function digest(lua: string): string {
  let sha1 = digests.get(lua);
  if (sha1 === undefined) {
    sha1 = createHash("sha1").update(lua).digest("hex");
    digests.set(lua, sha1);
  }
  return sha1;
}
