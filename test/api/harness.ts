import { randomBytes } from "node:crypto";
import { Redis as RedisClient } from "ioredis";
import { afterAll, inject } from "vitest";
import type { KeyProperties } from "#core/store/keys/create-key.ts";
import { tenantKeys, tenantOfKey } from "#core/store/redis/keys.ts";
import { newReceiptKey } from "../../backend/cli/operations/new-receipt-key.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { createPgDb } from "../../backend/drivers/pg.ts";
import { createRedis } from "../../backend/drivers/redis.ts";
import { type Account, type AccountOptions, addAccount, addKey, GENEROUS } from "../dev/add-tenant.ts";
import { createTestDatabase } from "../dev/database.ts";
import { startEdge } from "../dev/edge.ts";
import { freePort } from "../dev/free-port.ts";
import type { HttpFront, Listen } from "../dev/http-front.ts";
import { startNeonFront } from "../dev/neon-front.ts";
import { startUpstashFront } from "../dev/upstash-front.ts";
import { awsSettings } from "../dev/aws-settings.ts";

/** The key with one letter of its body changed. */
export const mistyped = (api_key: string): string =>
  api_key.replace(/^(dpp_test_)(.)/, (_all, head: string, letter: string) => head + (letter === "a" ? "b" : "a"));

/** What tests ask of an account of theirs for. */
const USUAL = { funds: 100_000_000, plan: GENEROUS, pack_types: ["decision", "url"] };

const connect = (connectionString: string) =>
  createPgDb({
    connectionString,
    max: 4,
    statement_timeout_ms: 20_000,
    connect_timeout_ms: 20_000,
    application_name: "api-test",
  });

/** What Redis holds of one tenant, and its loss. */
function mirrorOf(client: RedisClient) {
  return {
    get: (key: string) => client.get(key),
    field: (key: string, name: string) => client.hget(key, name),
    available: async ({ tenant_id }: Account) => client.hget(tenantKeys(tenant_id).budget, "available"),
    openRuns: async ({ tenant_id }: Account) => Object.keys(await client.hgetall(tenantKeys(tenant_id).open)),
    hints: async ({ tenant_id }: Account) => client.keys(`{${tenant_id}}:idem:*`),
    set: async ({ tenant_id }: Account, available: string) =>
      client.hset(tenantKeys(tenant_id).budget, "available", available),
    /** As after a flush, for this tenant alone: other files share the server. */
    forget: async ({ tenant_id, key_sha256 }: Account) => {
      await client.del(tenantOfKey(key_sha256), ...(await client.keys(`{${tenant_id}}:*`)));
    },
  };
}

interface CountingFront extends HttpFront {
  requests(): number;
}

/** A front that a test may stop, and that comes back at its address. */
async function startFront(start: (listen: Listen) => Promise<CountingFront>) {
  const listen = { host: "127.0.0.1", port: await freePort() };
  let front: CountingFront | undefined = await start(listen);
  const { url } = front;
  let before = 0;
  return {
    url,
    requests: () => before + (front?.requests() ?? 0),
    stop: async () => {
      const running = front;
      front = undefined;
      before += running?.requests() ?? 0;
      await running?.stop();
    },
    restart: async () => void (front ??= await start(listen)),
  };
}

const given = (bindings: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(bindings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

export interface WorldOptions {
  /** Beside those of the stack, or in their place; undefined takes one away. */
  readonly bindings?: Readonly<Record<string, string | undefined>>;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** What an operator may set of the shared world's edge. */
export const SHARED = {
  build: "1.2.3",
  contact: "mailto:security@decisionproof.example",
} as const;

let shared: Promise<World> | undefined;

/**
 * The world of this process, for every file whose tests ask nothing of it but what concerns tenants of their own, and
 * that leaves nothing which asks on: others count round trips.
 */
export const sharedWorld = (): Promise<World> =>
  (shared ??= createWorld({
    bindings: { DPP_VERSION: SHARED.build, DPP_SECURITY_CONTACT: SHARED.contact },
  }));

let lent: Promise<World> | undefined;

/**
 * Another world of this process, for a test that takes a store away, turns the switch or audits the whole ledger. Its
 * tests follow each other: when it is given back, all that was taken away is there again.
 */
export async function lentWorld(): Promise<World & AsyncDisposable> {
  const world = await (lent ??= createWorld({ bindings: { DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*" } }));
  return { ...world, [Symbol.asyncDispose]: () => world.restore() };
}

/** The same world for all tests of a file, which gives it back at its end. */
export async function worldLentToFile(): Promise<World> {
  const world = await lentWorld();
  afterAll(() => world.restore());
  return world;
}

let bare: Promise<World> | undefined;

/** A world without what is optional, a model and a key for receipts, that lets in the pages of this machine. */
export const bareWorld = (): Promise<World> =>
  (bare ??= createWorld({
    bindings: { DPP_MODEL: undefined, DPP_RECEIPT_KEY: undefined, DPP_CORS_LOCALHOST: "true" },
  }));

let streaming: Promise<World> | undefined;

/** A world for files that leave streams of events: those ask on for a moment after their tests. */
export const streamingWorld = (): Promise<World> => (streaming ??= createWorld());

export const PAGES = ["https://app.example", "http://two.example:8080"] as const;

let listing: Promise<World> | undefined;

/** A world that lets in pages of two origins. */
export const listingWorld = (): Promise<World> =>
  (listing ??= createWorld({ bindings: { DPP_CORS_ORIGINS: PAGES.join(", ") } }));

/** Of this process, at its end. */
export async function closeWorlds(): Promise<void> {
  await Promise.all([shared, lent, streaming, bare, listing].map(async (world) => (await world)?.close()));
}

/** The edge in workerd before a database of its own, and fronts of its own that count what the edge asks of them. */
export async function createWorld({ bindings = {} }: WorldOptions = {}) {
  const stack = inject("stack");
  const database = await createTestDatabase(stack.databaseUrl);
  const pools = { owner: connect(database.owner), backend: connect(database.backend) };
  const token = randomBytes(16).toString("hex");
  const upstash = await startFront((listen) => startUpstashFront({ redisUrl: stack.redisUrl, token, listen }));
  const neon = await startFront(startNeonFront);
  const client = new RedisClient(stack.redisUrl);
  const redis = createRedis({ url: stack.redisUrl, command_timeout_ms: 10_000 });
  const logs: string[] = [];
  const edge = await startEdge({
    script: inject("edge"),
    port: await freePort(),
    log: (line) => logs.push(line),
    bindings: given({
      DATABASE_URL: database.edge,
      NEON_HTTP: `${neon.url}/sql`,
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: token,
      ...awsSettings(stack),
      SQS_QUEUE_URL: stack.queueUrl,
      S3_ENDPOINT: stack.s3Endpoint,
      S3_BUCKET: stack.bucket,
      // So that a question alone has a price, and a minimum fee.
      DPP_MODEL: "true",
      DPP_RECEIPT_KEY: JSON.stringify(await newReceiptKey()),
      // A store that is slow on a crowded machine is no outage: what is about outages sets its own.
      DPP_DATABASE_TIMEOUT_MS: "60000",
      DPP_REDIS_TIMEOUT_MS: "60000",
      DPP_AWS_TIMEOUT_MS: "60000",
      ...bindings,
    }),
  });
  const { db: owner } = pools.owner;
  return {
    url: edge.url,
    owner,
    backend: pools.backend.db,
    redis: redis.redis,
    mirror: mirrorOf(client),
    logs,
    account: (options: AccountOptions = {}) => addAccount(owner, options, USUAL),
    key: (tenant_id: string, properties: Partial<KeyProperties> = {}) => addKey(owner, tenant_id, properties),
    /** A worker that says it is alive for as long as the test may take. */
    workerAlive: () =>
      owner.query(
        "INSERT INTO processes (process_id, kind, beat_at) VALUES (gen_random_uuid(), 'worker', now() + interval '1 hour')",
        [],
      ),
    roundTrips: () => ({ redis: upstash.requests(), postgres: neon.requests() }),
    stopRedis: upstash.stop,
    stopPostgres: neon.stop,
    restore: async () => {
      const noWorker = owner.query("DELETE FROM processes", []);
      await Promise.all([upstash.restart(), neon.restart(), setSwitch(owner, "normal"), noWorker]);
      logs.length = 0;
    },
    close: async () => {
      client.disconnect();
      redis.close();
      await edge.dispose();
      await Promise.all([upstash.stop(), neon.stop(), ...Object.values(pools).map((pool) => pool.close())]);
      await database.drop();
    },
  };
}
