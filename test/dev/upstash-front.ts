import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Cluster, Redis, ReplyError } from "ioredis";
import { sendJson, startHttpFront, type HttpFront, type Listen } from "./http-front.ts";

const RECONNECT_MS = 100;
/** How long a node may take to say where the keys are. */
const SLOTS_MS = 10_000;

// Commands that block, or that change the one connection which every caller shares.
const NOT_OVER_REST = new Set(
  (
    "auth hello quit reset select client multi exec discard watch unwatch monitor subscribe psubscribe ssubscribe " +
    "unsubscribe punsubscribe sunsubscribe blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop wait waitaof"
  ).split(" "),
);

export interface UpstashOptions {
  redisUrl: string;
  /** `redisUrl` is one node of a Redis Cluster. */
  cluster?: boolean;
  token: string;
  listen?: Listen;
}

export interface UpstashFront extends HttpFront {
  token: string;
  requests(): number;
}

type Reply = string | number | null | Reply[];
type Entry = { result: Reply } | { error: string };

class Refused extends Error {}

function toCommand(value: unknown): [string, ...string[]] {
  if (!Array.isArray(value) || value.length === 0) throw new Refused("ERR a command is a non-empty array");
  const words = value.map((word: unknown) => {
    if (typeof word === "string") return word;
    if (typeof word === "number" || typeof word === "boolean") return String(word);
    throw new Refused("ERR a command's arguments are strings, numbers or booleans");
  });
  const [name = "", ...args] = words;
  if (NOT_OVER_REST.has(name.toLowerCase())) throw new Refused(`ERR ${name.toUpperCase()} is not available over REST`);
  return [name, ...args];
}

function encode(reply: unknown, base64: boolean): Reply {
  if (Buffer.isBuffer(reply)) {
    const text = reply.toString("utf8");
    return !base64 || text === "OK" ? text : reply.toString("base64");
  }
  if (Array.isArray(reply)) return reply.map((item: unknown) => encode(item, base64));
  // An error nested in an array, which only scripts and EXEC can return.
  if (reply instanceof Error) return base64 ? Buffer.from(reply.message).toString("base64") : reply.message;
  return (reply ?? null) as Reply;
}

function toEntry([error, reply]: [Error | null, unknown], base64: boolean): Entry {
  if (!error) return { result: encode(reply, base64) };
  if (error instanceof ReplyError) return { error: error.message };
  throw error;
}

async function settle(pending: Promise<unknown>): Promise<[Error | null, unknown]> {
  return pending.then(
    (reply) => [null, reply],
    (error: Error) => [error, null],
  );
}

async function transaction(
  redis: Redis | Cluster,
  commands: [string, ...string[]][],
  base64: boolean,
): Promise<Entry[]> {
  const queued = redis.multi();
  for (const [name, ...args] of commands) queued.callBuffer(name, ...args);
  const results = await queued.exec();
  return (results ?? []).map((result) => toEntry(result, base64));
}

async function answer(redis: Redis | Cluster, path: string, body: Buffer, base64: boolean): Promise<Entry | Entry[]> {
  const parsed = JSON.parse(body.toString("utf8")) as unknown;
  if (path === "/") return toEntry(await settle(redis.callBuffer(...toCommand(parsed))), base64);
  if (!Array.isArray(parsed)) throw new Refused("ERR a pipeline is an array of commands");
  const commands = parsed.map(toCommand);
  if (path === "/multi-exec") return transaction(redis, commands, base64);
  const results = await Promise.all(commands.map((command) => settle(redis.callBuffer(...command))));
  return results.map((result) => toEntry(result, base64));
}

function authorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Upstash's REST protocol before any Redis. While Redis is away every request is answered 500 at once. */
export async function startUpstashFront({ redisUrl, cluster, token, listen }: UpstashOptions): Promise<UpstashFront> {
  const common = {
    maxRetriesPerRequest: 0,
    // A command cut off by a lost connection may have run: its caller decides, it is never sent twice.
    autoResendUnfulfilledCommands: false,
  };
  const lazy = { enableOfflineQueue: false, lazyConnect: true };
  const redis =
    cluster === true
      ? new Cluster([redisUrl], {
          ...lazy,
          clusterRetryStrategy: () => RECONNECT_MS,
          slotsRefreshTimeout: SLOTS_MS,
          redisOptions: common,
        })
      : new Redis(redisUrl, { ...lazy, ...common, retryStrategy: () => RECONNECT_MS });
  redis.on("error", () => undefined);
  await redis.connect();
  let requests = 0;
  const front = await startHttpFront(async (request, body, response) => {
    requests += 1;
    const path = request.url ?? "/";
    if (!authorized(request, token)) return sendJson(response, 401, { error: "Unauthorized" });
    if (request.method !== "POST" || !["/", "/pipeline", "/multi-exec"].includes(path)) {
      return sendJson(response, 404, { error: "ERR only POST to /, /pipeline and /multi-exec" });
    }
    try {
      const entry = await answer(redis, path, body, request.headers["upstash-encoding"] === "base64");
      sendJson(response, "error" in entry ? 400 : 200, entry);
    } catch (error) {
      const refused = error instanceof Refused || error instanceof SyntaxError || error instanceof ReplyError;
      sendJson(response, refused ? 400 : 500, { error: error instanceof Error ? error.message : String(error) });
    }
  }, listen);
  return {
    url: front.url,
    token,
    requests: () => requests,
    stop: async () => {
      await front.stop();
      redis.disconnect();
    },
  };
}
