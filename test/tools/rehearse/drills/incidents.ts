import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Redis } from "ioredis";
import pg from "pg";
import { z } from "zod";
import { resultKey } from "#core/domain/receipt.ts";
import { smoke } from "../../../../backend/deploy/smoke.ts";
import { until } from "../../deploy/programs.ts";
import { held, drill } from "../drill.ts";
import { ask, buyOne, ended, type Stage } from "../stage.ts";

const REASON = ["--reason", "rehearsal"];
const keys = z.object({ keys: z.array(z.object({ key_id: z.string() })) });
const created = z.object({ api_key: z.string() });

export const keyLeaked = drill({
  title: "API key leaked",
  alerts: [],
  raise: async (stage) => {
    const tenant = await stage.newTenant("leaked");
    await buyOne(stage, tenant.api_key);
    return tenant;
  },
  steps: [
    {
      runbook: "key-leaked",
      act: 1,
      follow: async (stage, { tenant_id, api_key, admin_key }) => {
        const list = keys.parse(await stage.dpp("key", "list", "--tenant", tenant_id)).keys;
        for (const { key_id } of list) await stage.dpp("key", "revoke", key_id);
        for (const key of [api_key, admin_key]) {
          const { status } = await ask(stage, key, "/v1/budget");
          held(status === 401, `401 for a revoked key, got ${status}`);
        }
      },
    },
    {
      runbook: "key-leaked",
      act: 3,
      follow: async (stage, { tenant_id }) => {
        const made = await stage.dpp("key", "create", "--tenant", tenant_id, "--scopes", "submit,read");
        await buyOne(stage, created.parse(made).api_key);
      },
    },
  ],
});

const receiptOf = async (stage: Stage, key: string, run_id: string): Promise<string> => {
  const response = await ask(stage, key, `/v1/runs/${run_id}/receipt`);
  held(response.status === 200, `a receipt, got ${response.status}`);
  const file = join(stage.dir, `receipt-${run_id}.json`);
  writeFileSync(file, await response.text());
  return file;
};

/** Starts the edge with other keys, as a secret that was put. */
async function restartEdge(stage: Stage, settings: Record<string, string>): Promise<void> {
  stage.settings.set("edge", settings);
  await stage.system.stop("edge");
  await stage.system.start("edge");
}

export const receiptKeyRotated = drill({
  title: "receipt key rotated, then leaked",
  alerts: [],
  raise: async (stage) => {
    const { api_key } = await stage.newTenant("receipts");
    const run_id = await buyOne(stage, api_key);
    return { api_key, run_id, old: await receiptOf(stage, api_key, run_id) };
  },
  steps: [
    {
      runbook: "receipt-key-rotated",
      act: 1,
      follow: async (stage) => {
        const jwks = await (await fetch(`${stage.system.edgeUrl}/.well-known/jwks.json`)).text();
        const key = JSON.stringify(await stage.dpp("receipt", "new-key"));
        await restartEdge(stage, { DPP_RECEIPT_KEY: key, DPP_RECEIPT_PUBLIC_KEYS: jwks });
      },
    },
    {
      runbook: "receipt-key-rotated",
      act: 3,
      follow: async (stage, { api_key, old }) => {
        const fresh = await receiptOf(stage, api_key, await buyOne(stage, api_key));
        for (const file of [old, fresh]) await stage.dpp("receipt", "verify", file);
      },
    },
    {
      runbook: "receipt-key-rotated",
      act: 2,
      follow: async (stage, { api_key, run_id, old }) => {
        await restartEdge(stage, { DPP_RECEIPT_KEY: JSON.stringify(await stage.dpp("receipt", "new-key")) });
        const isValid = await stage.dpp("receipt", "verify", old).then(
          () => true,
          () => false,
        );
        held(!isValid, "a receipt of the leaked key not to verify");
        await stage.dpp("receipt", "verify", await receiptOf(stage, api_key, run_id));
      },
    },
  ],
});

/** Runs statements in the database `postgres` of the same server. */
async function onServer(url: string, ...statements: readonly string[]): Promise<void> {
  const server = new URL(url);
  server.pathname = "/postgres";
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const closed = (name: string) => [
  `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
];
const open = (name: string) => `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`;

/** A copy of the database as it is now. */
async function backUp(stage: Stage, backup: string): Promise<void> {
  const name = databaseOf(stage);
  await onServer(
    stage.system.stack.databaseUrl,
    ...closed(name),
    `CREATE DATABASE ${backup} TEMPLATE ${name}`,
    open(name),
  );
}

/** The copy takes the place of the database, which stays as `lost` and takes no connection. */
async function restore(stage: Stage, backup: string, lost: string): Promise<void> {
  const name = databaseOf(stage);
  await onServer(
    stage.system.stack.databaseUrl,
    ...closed(name),
    `ALTER DATABASE ${name} RENAME TO ${lost}`,
    `ALTER DATABASE ${backup} RENAME TO ${name}`,
    open(name),
  );
}

const BACKEND = ["reaper", "reaper-2", "worker", "worker-2"] as const;
const stopAll = ({ system }: Stage) => Promise.all(BACKEND.map((name) => system.stop(name)));
const startAll = async ({ system }: Stage) => {
  for (const name of BACKEND) await system.start(name);
};

/** As soon as the database answers. */
const haltSoon = ({ dpp }: Stage) =>
  until(
    () =>
      dpp("switch", "set", "halt", ...REASON).then(
        () => true,
        () => false,
      ),
    Boolean,
  );

async function flushRedis({ system }: Stage): Promise<void> {
  const redis = new Redis(system.stack.redisUrl);
  await redis.flushdb().finally(() => redis.disconnect());
}

/** Bought once the database answers. */
const buySoon = async (stage: Stage, api_key: string): Promise<string> =>
  (await until(
    () => buyOne(stage, api_key).catch(() => undefined),
    (run_id) => run_id !== undefined,
  )) ?? "";

const databaseOf = ({ system }: Stage) => new URL(system.stack.databaseUrl).pathname.slice(1);

export const postgresRestored = drill({
  title: "Postgres restored",
  alerts: [],
  stand_in: "a copy of the database in the place of a backup",
  raise: async (stage) => {
    const tenant = await stage.newTenant("restored");
    const kept = await buyOne(stage, tenant.api_key);
    await backUp(stage, "dpp_backup");
    // What is bought after the backup is lost with it.
    return { ...tenant, kept, lost: await buySoon(stage, tenant.api_key) };
  },
  steps: [
    {
      runbook: "postgres-restored",
      act: 1,
      follow: async (stage) => {
        await stopAll(stage);
        await restore(stage, "dpp_backup", "dpp_lost");
        await haltSoon(stage);
      },
    },
    {
      runbook: "postgres-restored",
      act: 2,
      follow: async ({ migrate }) => {
        const { code, out } = await migrate();
        held(code === 0, `the migration to succeed, got ${out}`);
        held((await migrate("--check")).code === 0, "nothing to differ");
      },
    },
    { runbook: "postgres-restored", act: 3, follow: flushRedis },
    { runbook: "postgres-restored", act: 4, follow: ({ dpp }) => dpp("audit", "--full", "--receipts") },
    {
      runbook: "postgres-restored",
      act: 5,
      follow: async (stage) => {
        await startAll(stage);
        await stage.dpp("switch", "set", "normal", ...REASON);
      },
    },
  ],
  over: async (stage, { api_key, kept, lost }) => {
    held((await ended(stage, api_key, kept))?.status === "COMPLETED", "a run from before the backup");
    held((await ask(stage, api_key, `/v1/runs/${lost}`)).status === 404, "404 for a run that is lost");
    await buyOne(stage, api_key);
    await smoke({ url: stage.system.edgeUrl, key: stage.buyer.api_key });
    await stage.dpp("audit", "--full", "--receipts");
  },
});

const BUCKET = "dpp-results-2";
const found = z.object({
  findings: z.array(z.object({ finding_id: z.unknown(), tenant_id: z.string() })),
});

async function withS3<T>({ system }: Stage, act: (s3: S3Client) => Promise<T>): Promise<T> {
  const { region, s3Endpoint: endpoint } = system.stack;
  const s3 = new S3Client({ region, endpoint, credentials: system.stack, forcePathStyle: true });
  return act(s3).finally(() => s3.destroy());
}

/** Copies a bucket, all but one object. */
async function replicate(s3: S3Client, from: string, except: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: from })) {
    for (const { Key } of Contents) {
      if (Key === except) continue;
      const { Body, Metadata, ContentType, ContentDisposition } = await s3.send(
        new GetObjectCommand({ Bucket: from, Key }),
      );
      const copy = { Bucket: BUCKET, Key, Metadata, ContentType, ContentDisposition };
      await s3.send(new PutObjectCommand({ ...copy, Body: (await Body?.transformToByteArray()) ?? "" }));
    }
  }
}

/** Comes last: every store but Redis has another address afterwards. */
export const regionLost = drill({
  title: "region lost",
  alerts: [],
  stand_in: "a copy of the database in the place of the replica; the same server, bucket and queue under other names",
  raise: async (stage) => {
    const tenant = await stage.newTenant("moved");
    const kept = await buyOne(stage, tenant.api_key);
    const unreplicated = await buyOne(stage, tenant.api_key);
    await backUp(stage, "dpp_replica");
    await stopAll(stage);
    for (const gate of stage.gates.database) gate.set("refuse");
    const { status } = await ask(stage, tenant.api_key, "/readyz");
    held(status === 503, `callers to be told, got ${status}`);
    return { ...tenant, kept, unreplicated };
  },
  steps: [
    {
      runbook: "region-lost",
      act: 2,
      follow: async (stage) => {
        await restore(stage, "dpp_replica", "dpp_old_region");
        await haltSoon(stage);
        held((await stage.migrate()).code === 0, "the migration to succeed");
      },
    },
    {
      runbook: "region-lost",
      act: 3,
      follow: async (stage, { tenant_id, unreplicated }) => {
        const { queueUrl, dlqUrl } = await stage.system.stack.createQueues("dpp-runs-2");
        const through = (address: string) => address.replace(stage.system.stack.sqsEndpoint, stage.sqs.url);
        Object.assign(stage.moved, {
          SQS_QUEUE_URL: through(queueUrl),
          SQS_DLQ_URL: through(dlqUrl),
          S3_BUCKET: BUCKET,
        });
        await withS3(stage, (s3) => replicate(s3, stage.system.stack.bucket, resultKey(tenant_id, unreplicated, 1)));
      },
    },
    { runbook: "region-lost", act: 5, follow: flushRedis },
    {
      runbook: "region-lost",
      act: 4,
      follow: async (stage) => {
        for (const gate of stage.gates.database) gate.set("open");
        await restartEdge(stage, stage.settings.get("edge") ?? {});
        await startAll(stage);
        await stage.dpp("switch", "set", "normal", ...REASON);
      },
    },
    {
      runbook: "region-lost",
      act: 6,
      follow: async ({ system }) => {
        const old = new URL(system.logins.backend);
        old.pathname = "/dpp_old_region";
        const client = new pg.Client({ connectionString: old.href });
        const isRefused = await client.connect().then(
          () => client.end().then(() => false),
          () => true,
        );
        held(isRefused, "the old region's database to take no connection");
      },
    },
  ],
  over: async (stage, { api_key, tenant_id, kept, unreplicated }) => {
    await smoke({ url: stage.system.edgeUrl, key: stage.buyer.api_key });
    held((await ask(stage, api_key, `/v1/runs/${kept}/output`)).status === 200, "a result that was replicated");
    const { status } = await ask(stage, api_key, `/v1/runs/${unreplicated}/output`);
    held(status === 500, `an error for a result that was not, got ${status}`);
    const contradictions = async () => {
      // It ends with 1 where it finds something, whether somebody has resolved it or not.
      await stage.dpp("audit", "--full", "--receipts").catch(() => undefined);
      return found.parse(await stage.dpp("findings", "list")).findings;
    };
    const findings = await contradictions();
    held(findings.length === 1 && findings[0]?.tenant_id === tenant_id, "a finding of the result that was not");
    for (const { finding_id } of findings)
      await stage.dpp("findings", "resolve", String(finding_id), "--note", "lost with its region");
    await stage.dpp("run", "refund", unreplicated, ...REASON);
    const again = await contradictions();
    held(again.every((each) => each.tenant_id === tenant_id) && again.length <= 1, "nothing but the lost result");
  },
});
