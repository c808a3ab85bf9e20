import { randomBytes, randomUUID } from "node:crypto";
import { Redis as RedisClient } from "ioredis";
import { inject } from "vitest";
import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { micros } from "#core/domain/money.ts";
import type { Db } from "#core/ports/db.ts";
import { createKey, type KeyProperties } from "#core/store/keys/create-key.ts";
import { createTenant } from "#core/store/tenants/create-tenant.ts";
import { definePlan, type PlanChange } from "#core/store/plans/define-plan.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { tenantKeys, tenantOfKey } from "#core/store/redis/keys.ts";
import { newReceiptKey } from "../../backend/cli/operations/new-receipt-key.ts";
import { createPgDb } from "../../backend/drivers/pg.ts";
import { createRedis } from "../../backend/drivers/redis.ts";
import { createTestDatabase } from "../dev/database.ts";
import { startEdge } from "../dev/edge.ts";
import { freePort } from "../dev/free-port.ts";
import { startNeonFront } from "../dev/neon-front.ts";
import { startUpstashFront } from "../dev/upstash-front.ts";

export interface Account {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_sha256: string;
  readonly api_key: string;
}

export interface AccountOptions {
  /** In micros. */
  readonly funds?: number;
  readonly plan?: PlanChange | null;
  readonly key?: Partial<KeyProperties>;
}

const GENEROUS: PlanChange = {
  submit_per_minute: 600_000,
  submit_burst: 10_000,
  read_per_minute: 600_000,
  read_burst: 10_000,
  max_open_runs: 1_000,
  max_cost_micros: micros(10_000_000),
};

export const newKey = (): string => newApiKey("test", randomBytes(API_KEY_RANDOM_BYTES));

/** The key with one letter of its body changed. */
export const mistyped = (api_key: string): string =>
  api_key.replace(/^(dpp_test_)(.)/, (_all, head: string, letter: string) => head + (letter === "a" ? "b" : "a"));

async function addKey(owner: Db, tenant_id: string, properties: Partial<KeyProperties> = {}): Promise<Account> {
  const api_key = newKey();
  const key_id = randomUUID();
  const key_sha256 = parseApiKey(api_key)?.sha256 ?? "";
  const plain = { name: "key", mode: "test", scopes: ["submit", "read"], expires_at: undefined } as const;
  const unlimited = { submit_per_minute: undefined, read_per_minute: undefined, spending_cap: undefined };
  await createKey(owner, { ...plain, ...unlimited, ...properties, tenant_id, key_id, key_sha256 });
  return { tenant_id, key_id, key_sha256, api_key };
}

export async function grant(owner: Db, tenant_id: string, funds: number): Promise<void> {
  await grantCredit(owner, { tenant_id, grant_id: randomUUID(), amount: micros(funds) });
}

async function addAccount(owner: Db, options: AccountOptions): Promise<Account> {
  const { funds = 100_000_000, plan = {}, key = {} } = options;
  const tenant_id = randomUUID();
  const plan_id = plan === null ? undefined : `plan-${tenant_id}`;
  if (plan_id !== undefined) await definePlan(owner, plan_id, { ...GENEROUS, ...plan }, ["decision", "url"]);
  await createTenant(owner, { tenant_id, name: "tenant", plan_id });
  if (funds > 0) await grant(owner, tenant_id, funds);
  return addKey(owner, tenant_id, key);
}

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

function once(stop: () => Promise<void>): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop());
}

const given = (bindings: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(bindings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

export interface WorldOptions {
  /** Beside those of the stack, or in their place; undefined takes one away. */
  readonly bindings?: Readonly<Record<string, string | undefined>>;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** The edge in workerd before a database of its own, and fronts of its own that count what the edge asks of them. */
export async function createWorld({ bindings = {} }: WorldOptions = {}) {
  const stack = inject("stack");
  const database = await createTestDatabase(stack.databaseUrl);
  const pools = { owner: connect(database.owner), backend: connect(database.backend) };
  const token = randomBytes(16).toString("hex");
  const upstash = await startUpstashFront({ redisUrl: stack.redisUrl, token });
  const neon = await startNeonFront();
  const stopRedis = once(() => upstash.stop());
  const stopPostgres = once(() => neon.stop());
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
      AWS_REGION: stack.region,
      AWS_ACCESS_KEY_ID: stack.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stack.secretAccessKey,
      SQS_QUEUE_URL: stack.queueUrl,
      S3_ENDPOINT: stack.s3Endpoint,
      S3_BUCKET: stack.bucket,
      // So that a question alone has a price, and a minimum fee.
      DPP_DECISION_MODEL: "true",
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
    account: (options: AccountOptions = {}) => addAccount(owner, options),
    key: (tenant_id: string, properties: Partial<KeyProperties> = {}) => addKey(owner, tenant_id, properties),
    /** A worker that says it is alive for as long as the test may take. */
    workerAlive: () =>
      owner.query(
        "INSERT INTO processes (process_id, kind, beat_at) VALUES (gen_random_uuid(), 'worker', now() + interval '1 hour')",
        [],
      ),
    roundTrips: () => ({ redis: upstash.requests(), postgres: neon.requests() }),
    stopRedis,
    stopPostgres,
    close: async () => {
      await edge.dispose();
      client.disconnect();
      redis.close();
      await Promise.all([stopRedis(), stopPostgres(), ...Object.values(pools).map((pool) => pool.close())]);
      await database.drop();
    },
  };
}
