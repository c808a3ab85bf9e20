import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { z } from "zod";
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

/** Processes that write are stopped; the database of an hour ago takes the place of this one's. */
async function restoreEarlier({ system }: Stage, name: string): Promise<void> {
  await onServer(
    system.stack.databaseUrl,
    ...closed(name),
    `ALTER DATABASE ${name} RENAME TO ${name}_lost`,
    `ALTER DATABASE ${name}_backup RENAME TO ${name}`,
    open(name),
  );
}

const databaseOf = ({ system }: Stage) => new URL(system.stack.databaseUrl).pathname.slice(1);

export const postgresRestored = drill({
  title: "Postgres restored",
  alerts: [],
  stand_in: "a copy of the database in the place of a backup",
  raise: async (stage) => {
    const tenant = await stage.newTenant("restored");
    const kept = await buyOne(stage, tenant.api_key);
    const name = databaseOf(stage);
    await onServer(
      stage.system.stack.databaseUrl,
      ...closed(name),
      `CREATE DATABASE ${name}_backup TEMPLATE ${name}`,
      open(name),
    );
    // What is bought after the backup is lost with it.
    const lost = await until(
      () => buyOne(stage, tenant.api_key).catch(() => undefined),
      (run_id) => run_id !== undefined,
    );
    return { ...tenant, kept, lost: lost ?? "" };
  },
  steps: [
    {
      runbook: "postgres-restored",
      act: 1,
      follow: async (stage) => {
        await Promise.all(
          ["worker", "worker-2", "reaper", "reaper-2"].map((name) => stage.system.stop(name as "worker")),
        );
        await restoreEarlier(stage, databaseOf(stage));
        await until(
          () =>
            stage.dpp("switch", "set", "halt", ...REASON).then(
              () => true,
              () => false,
            ),
          Boolean,
        );
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
    {
      runbook: "postgres-restored",
      act: 3,
      follow: async ({ system }) => {
        const redis = new Redis(system.stack.redisUrl);
        await redis.flushdb().finally(() => redis.disconnect());
      },
    },
    { runbook: "postgres-restored", act: 4, follow: ({ dpp }) => dpp("audit", "--full", "--receipts") },
    {
      runbook: "postgres-restored",
      act: 5,
      follow: async ({ system, dpp }) => {
        for (const name of ["reaper", "reaper-2", "worker", "worker-2"]) await system.start(name as "worker");
        await dpp("switch", "set", "normal", ...REASON);
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
