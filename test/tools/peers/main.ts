import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decision } from "../../dev/demo-jobs.ts";
import { otherJobs } from "../../dev/demo-other-jobs.ts";
import { createDemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem, type System } from "../../dev/system.ts";
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { outcomeOf, run } from "../deploy/programs.ts";
import { buyAll } from "../deploy/paid-runs.ts";
import { Report } from "../referees/report.ts";
import { httpFront } from "../rehearse/http-front.ts";
import { fileOf } from "../referees/tools.ts";
import { type Ceph, CEPH_PROGRAMS, startCeph } from "./ceph.ts";
import { connected, type Peer, POSTGRES_15, startPgbouncer, startPostgres15 } from "./postgres.ts";
import { startRedisCluster } from "./redis-cluster.ts";

const TENANTS = 6;
const CLI = ["--import", "./backend/text-loader.ts", "backend/cli/main.ts"];
const WORKER = ["--import", "./backend/text-loader.ts", "backend/worker/main.ts"];
const MIGRATE = ["--import", "./backend/text-loader.ts", "backend/migrate/main.ts"];

/** What a worker or a reaper is given; `dpp doctor` examines it. */
const environmentOf = ({ stack, logins }: System, more: Readonly<Record<string, string>>) => ({
  PATH: process.env["PATH"],
  DATABASE_URL: logins.backend,
  REDIS_URL: stack.redisUrl,
  AWS_REGION: stack.region,
  AWS_ACCESS_KEY_ID: stack.accessKeyId,
  AWS_SECRET_ACCESS_KEY: stack.secretAccessKey,
  SQS_ENDPOINT: stack.sqsEndpoint,
  SQS_QUEUE_URL: stack.queueUrl,
  SQS_DLQ_URL: stack.dlqUrl,
  S3_ENDPOINT: stack.s3Endpoint,
  S3_BUCKET: stack.bucket,
  ...more,
});

/** Several tenants at once, so that their runs meet in the stores. Each buys every pack that needs no page. */
async function buyAsTenants(system: System): Promise<void> {
  const jobs = [decision, ...otherJobs()];
  const tenants = await withOwner(system, async (db) => {
    const made = [];
    for (let at = 0; at < TENANTS; at++) made.push(await createDemoTenant(db, { name: `Peer ${at}` }));
    return made;
  });
  await Promise.all(tenants.map(({ api_key }) => buyAll({ edgeUrl: system.edgeUrl, apiKey: api_key }, jobs)));
}

async function saysWell(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  await run(process.execPath, args, { env });
}

const linesOf = (dir: string, processes: readonly string[]) =>
  processes.flatMap((name) => readFileSync(join(dir, "stack", `${name}.log`), "utf8").split("\n"));

async function checkPostgres(report: Report, dir: string): Promise<void> {
  const server = await startPostgres15(dir);
  let pooler: Peer | undefined;
  const system = await startSystem({
    stateDir: join(dir, "stack"),
    env: { DATABASE_URL: server.url },
    fsync: false,
    detour: async (direct) => {
      pooler = await startPgbouncer(dir, server.url, ["owner", "dpp_backend_login", "dpp_edge_login"]);
      return { ...direct, databaseUrl: pooler.url };
    },
  });
  try {
    await report.check("it is PostgreSQL 15 with jit on, for all but the roles of the product", async () => {
      const shown = (url: string) =>
        connected(url, async (client) => {
          const { rows } = await client.query(
            "SELECT current_setting('server_version') AS v, current_setting('jit') AS j",
          );
          return rows[0] as { readonly v: string; readonly j: string };
        });
      const [owner, backend] = [await shown(server.url), await shown(pooled(system.logins.backend, pooler))];
      if (!owner.v.startsWith("15.") || owner.j !== "on" || backend.j !== "off")
        throw new Error(JSON.stringify({ owner, backend }));
    });
    await report.check(`${TENANTS} tenants buy every pack through pgbouncer, to the micro`, () => buyAsTenants(system));
    await report.check("no statement was refused by the pooler", async () => {
      const refused = linesOf(dir, ["worker", "reaper"]).filter((line) => /"(?:08P01|42P05|26000)"/.test(line));
      if (refused.length > 0) throw new Error(refused.slice(0, 3).join("\n"));
    });
    const env = environmentOf(system, { DATABASE_URL: pooled(system.logins.backend, pooler) });
    await report.check("dpp doctor finds nothing wrong", () => saysWell([...CLI, "doctor"], env));
    await report.check("dpp audit --full finds even books", () =>
      saysWell([...CLI, "audit", "--full"], { ...env, DATABASE_URL: server.url }),
    );
    await report.check("migrate through the pooler leaves no lock behind", async () => {
      // What it answers does not matter here: a refusal is as good.
      await outcomeOf(process.execPath, MIGRATE, { env: { ...env, DATABASE_URL: pooler?.url ?? "" } });
      await saysWell([...MIGRATE, "--check"], { ...env, DATABASE_URL: server.url });
      await saysWell(MIGRATE, { ...env, DATABASE_URL: server.url });
      const locks = await connected(server.url, (client) =>
        client.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"),
      );
      if (locks.rows.length > 0) throw new Error(`${locks.rows.length} advisory locks`);
    });
  } finally {
    await system.stop();
    await pooler?.stop();
    await server.stop();
  }
}

function pooled(url: string, pooler: Peer | undefined): string {
  const moved = new URL(url);
  moved.host = new URL(pooler?.url ?? url).host;
  return moved.href;
}

async function checkRedisCluster(report: Report, dir: string): Promise<void> {
  const cluster = await startRedisCluster(dir);
  const settings = { REDIS_URL: cluster.url, REDIS_CLUSTER: "true" };
  const system = await startSystem({ stateDir: join(dir, "stack"), env: settings, fsync: false });
  try {
    await report.check(`${TENANTS} tenants buy every pack, to the micro`, () => buyAsTenants(system));
    await report.check("their keys are on all three masters", async () => {
      const keys = await cluster.keys();
      if (keys.some((count) => count === 0)) throw new Error(`keys: ${keys.join(", ")}`);
    });
    await report.check("no call was sent to the wrong node", async () => {
      const wrong = linesOf(dir, ["worker", "reaper"]).filter((line) =>
        /MOVED|CROSSSLOT|redis is unavailable/.test(line),
      );
      if (wrong.length > 0) throw new Error(wrong.slice(0, 3).join("\n"));
    });
    await report.check("dpp doctor finds nothing wrong", () =>
      saysWell([...CLI, "doctor"], environmentOf(system, settings)),
    );
  } finally {
    await system.stop();
    await cluster.stop();
  }
}

const BUCKET = "dpp-peers";

async function withS3<T>(ceph: Ceph, act: (s3: S3Client) => Promise<T>): Promise<T> {
  const s3 = new S3Client({ region: ceph.region, endpoint: ceph.endpoint, credentials: ceph, forcePathStyle: true });
  return act(s3).finally(() => s3.destroy());
}

async function checkCeph(report: Report, dir: string): Promise<void> {
  const ceph = await startCeph(dir);
  await withS3(ceph, (s3) => s3.send(new CreateBucketCommand({ Bucket: BUCKET })));
  const settings = {
    S3_ENDPOINT: ceph.endpoint,
    S3_BUCKET: BUCKET,
    AWS_REGION: ceph.region,
    AWS_ACCESS_KEY_ID: ceph.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey,
  };
  const system = await startSystem({ stateDir: join(dir, "stack"), env: settings, fsync: false });
  const env = environmentOf(system, settings);
  try {
    await report.check(`${TENANTS} tenants buy every pack, to the micro`, () => buyAsTenants(system));
    await report.check("dpp doctor finds nothing wrong", () => saysWell([...CLI, "doctor"], env));
    await report.check("dpp audit --full --receipts finds every result", () =>
      saysWell([...CLI, "audit", "--full", "--receipts"], { ...env, DATABASE_URL: system.stack.databaseUrl }),
    );
    await checkForgetful(report, ceph, env);
  } finally {
    await system.stop();
    await ceph.stop();
  }
}

/** The same store behind a way that forgets an object just before it is created: one that ignores `If-None-Match`. */
async function checkForgetful(report: Report, ceph: Ceph, good: NodeJS.ProcessEnv): Promise<void> {
  const front = await httpFront(ceph.endpoint);
  front.faults.add(async ({ method, url, headers }) => {
    if (method !== "PUT" || headers["if-none-match"] === undefined) return undefined;
    const Key = decodeURIComponent(new URL(url, ceph.endpoint).pathname.slice(`/${BUCKET}/`.length));
    await withS3(ceph, (s3) => s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key })));
    return undefined;
  });
  const env = { ...good, S3_ENDPOINT: front.url };
  try {
    await report.check("dpp doctor names a store that ignores If-None-Match", async () => {
      const { code, out } = await outcomeOf(process.execPath, [...CLI, "doctor"], { env });
      if (code !== 1 || !out.includes("If-None-Match")) throw new Error(`${code}: ${out}`);
    });
    await report.check("a worker does not start on it", async () => {
      const { code, out, err } = await outcomeOf(process.execPath, WORKER, { env });
      if (code === 0 || !`${out}${err}`.includes("If-None-Match")) throw new Error(`${code}: ${out}${err}`);
    });
  } finally {
    await front.close();
  }
}

interface Part {
  /** Programs, by name or by path. */
  readonly needs: readonly string[];
  check(report: Report, dir: string): Promise<void>;
}

const PARTS: Readonly<Record<string, Part>> = {
  postgres: { needs: [POSTGRES_15, "pgbouncer", "setpriv"], check: checkPostgres },
  ceph: { needs: CEPH_PROGRAMS, check: checkCeph },
  "redis-cluster": { needs: ["redis-server", "redis-cli"], check: checkRedisCluster },
};

async function main(names: readonly string[]): Promise<boolean> {
  if (names.some((name) => !Object.hasOwn(PARTS, name))) {
    console.error(`usage: npm run peers [-- ${Object.keys(PARTS).join(" | ")}]...`);
    process.exit(2);
  }
  const report = new Report();
  const parent = mkdtempSync(join(tmpdir(), "dpp-peers-"));
  try {
    for (const [name, { needs, check }] of Object.entries(PARTS)) {
      if (names.length > 0 && !names.includes(name)) continue;
      console.log(`\n${name}`);
      const missing = needs.filter((program) => fileOf(program) === undefined && !existsSync(program));
      if (missing.length > 0) {
        report.skip(name, `not installed: ${missing.join(", ")} (see .ci/run)`);
        continue;
      }
      const dir = join(parent, name);
      mkdirSync(dir);
      await report.check(`${name}: all of it was checked`, () => check(report, dir));
    }
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
  return report.conclude();
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
