import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { z } from "zod";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { until } from "../../deploy/programs.ts";
import type { Fault, HttpFront } from "../http-front.ts";
import { held, drill } from "../drill.ts";
import { buyOne, decisionBody, ended, slowBody, type Stage, submit } from "../stage.ts";

/** Buys until it is told to stop: what a store does shows only when it is called. */
function keepBuying(stage: Stage, key: string) {
  const over = new AbortController();
  const buy = async () => {
    while (!over.signal.aborted) {
      await submit(stage, key, decisionBody()).catch(() => undefined);
      await sleep(1_000);
    }
  };
  const buying = buy();
  return async () => {
    over.abort();
    await buying;
  };
}

/** A fault of a front, with a tenant who buys meanwhile. */
const withFault = (front: (stage: Stage) => HttpFront, fault: Fault) => async (stage: Stage) => {
  const tenant = await stage.newTenant("meanwhile");
  front(stage).faults.add(fault);
  const stop = keepBuying(stage, tenant.api_key);
  return { ...tenant, repair: () => front(stage).faults.delete(fault), stop };
};

interface Repairable {
  readonly api_key: string;
  repair(): unknown;
  stop(): Promise<void>;
}
const repaired = async (_: Stage, { repair }: Repairable) => repair();
const buysAgain = async (stage: Stage, { api_key, stop }: Repairable) => {
  await stop();
  await buyOne(stage, api_key);
};

const DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
const OUT = "<Error><Code>ServiceUnavailable</Code><Message>out</Message></Error>";
const isObject = (url: string) => url.includes("/results/");

/** Without the right to read or write results a claim cannot be decided. */
export const claimsStuck = drill({
  title: "S3 refuses reads and writes",
  alerts: [{ alert: "ClaimsStuck" }],
  raise: withFault(
    ({ s3 }) => s3,
    ({ method, url }) =>
      (method === "HEAD" || method === "PUT") && isObject(url) ? { status: 403, body: DENIED } : undefined,
  ),
  steps: [
    {
      runbook: "claims-stuck",
      act: 1,
      follow: async (stage, context) => {
        const { code, out } = await stage.doctor();
        held(code === 1 && /failed\s+.*bucket/.test(out), `the doctor to name the bucket, got ${out}`);
        context.repair();
      },
    },
  ],
  over: buysAgain,
});

export const storeSlow = drill({
  title: "S3 is slow",
  alerts: [{ alert: "StoreSlow", labels: { store: "s3" } }],
  raise: withFault(
    ({ s3 }) => s3,
    ({ url }) => (isObject(url) ? { late_ms: 3_500 } : undefined),
  ),
  steps: [{ runbook: "store-slow", act: 2, follow: repaired }],
  over: buysAgain,
});

export const s3Out = drill({
  title: "S3 is out",
  alerts: [{ alert: "StoreUnreachable", labels: { store: "s3" } }],
  raise: withFault(
    ({ s3 }) => s3,
    () => ({ status: 503, body: OUT }),
  ),
  steps: [{ runbook: "store-unreachable", act: 1, follow: repaired }],
  over: buysAgain,
});

export const sqsOut = drill({
  title: "SQS is out",
  alerts: [{ alert: "StoreUnreachable", labels: { store: "sqs" } }],
  raise: withFault(
    ({ sqs }) => sqs,
    () => ({ status: 503, body: "{}" }),
  ),
  steps: [{ runbook: "store-unreachable", act: 1, follow: repaired }],
  over: buysAgain,
});

const withRedis = async <T>({ system }: Stage, use: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis(system.stack.redisUrl);
  return use(redis).finally(() => redis.disconnect());
};

export const redisOut = drill({
  title: "Redis is out, and comes back empty",
  alerts: [{ alert: "StoreUnreachable", labels: { store: "redis" } }],
  raise: async (stage) => {
    const tenant = await stage.newTenant("mirrored");
    await buyOne(stage, tenant.api_key);
    for (const each of stage.gates.redis) each.set("refuse");
    return tenant;
  },
  steps: [
    {
      runbook: "store-unreachable",
      act: 3,
      follow: async (stage) => {
        await withRedis(stage, (redis) => redis.flushall());
        for (const each of stage.gates.redis) each.set("open");
      },
    },
    {
      runbook: "redis-flushed",
      act: 1,
      follow: (stage, { tenant_id }) =>
        withRedis(stage, (redis) =>
          until(
            () => redis.hget(tenantKeys(tenant_id).budget, "available"),
            (available) => available !== null,
          ),
        ),
    },
  ],
  over: async (stage, { api_key, tenant_id }) => {
    await buyOne(stage, api_key);
    await stage.dpp("audit", "--tenant", tenant_id);
  },
});

export const mirrorUnwritable = drill({
  title: "Redis is full",
  alerts: [{ alert: "MirrorUnwritable" }],
  raise: (stage) => withRedis(stage, (redis) => redis.config("SET", "maxmemory", "1")),
  steps: [
    {
      runbook: "mirror-unwritable",
      act: 1,
      follow: (stage) => withRedis(stage, (redis) => redis.config("SET", "maxmemory", "0")),
    },
  ],
});

/** Runs at work lose their heartbeats with it. */
export const databaseOut = drill({
  title: "Postgres is out",
  alerts: [{ alert: "DatabaseUnreachable" }, { alert: "HeartbeatsMissing" }],
  raise: async (stage) => {
    const tenant = await stage.newTenant("at work");
    const run_ids = await Promise.all([0, 1].map(() => submit(stage, tenant.api_key, slowBody(stage.pages, 20_000))));
    await until(
      () => stage.db.query("SELECT FROM runs WHERE tenant_id = $1 AND status = 'PROCESSING'", [tenant.tenant_id]),
      (runs) => runs.length === run_ids.length,
    );
    for (const each of stage.gates.database) each.set("refuse");
    return { ...tenant, run_ids };
  },
  steps: [
    {
      runbook: "database-unreachable",
      act: 1,
      follow: async ({ gates }) => {
        for (const each of gates.database) each.set("open");
      },
    },
    {
      runbook: "heartbeats-missing",
      act: 1,
      follow: async (stage, { api_key, run_ids }) => {
        for (const run_id of run_ids) {
          const run = await ended(stage, api_key, run_id);
          held(run?.status === "COMPLETED", `the run at work to complete, got ${JSON.stringify(run)}`);
        }
      },
    },
  ],
});

const pids = z.array(z.object({ pid: z.number() }));

export const horizonStuck = drill({
  title: "a transaction stays open",
  alerts: [{ alert: "CommitHorizonStuck" }],
  raise: async ({ system }) => {
    const client = new pg.Client({ connectionString: system.stack.databaseUrl, application_name: "forgotten" });
    client.on("error", () => undefined);
    await client.connect();
    await client.query("BEGIN");
    await client.query("SELECT pg_current_xact_id()");
  },
  steps: [
    {
      runbook: "commit-horizon-stuck",
      act: 2,
      follow: async ({ db }) => {
        const sql =
          "SELECT pid FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND application_name = 'forgotten' ORDER BY xact_start";
        const [one] = pids.parse(await db.query(sql, []));
        held(one !== undefined, "the transaction to be listed");
        await db.query("SELECT pg_terminate_backend($1)", [one?.pid ?? 0]);
      },
    },
  ],
});
