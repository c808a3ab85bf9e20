import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { neon, neonConfig } from "@neondatabase/serverless";
import { Redis } from "@upstash/redis";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { processes } from "../dev/processes.ts";
import { startPostgres } from "../dev/postgres.ts";
import { startStack, type Stack } from "../dev/stack.ts";

const dirs: string[] = [];
const stateDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "dpp-stack-"));
  dirs.push(dir);
  return dir;
};

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const start = (dir: string, more: Partial<Parameters<typeof startStack>[0]> = {}) =>
  startStack({ stateDir: dir, env: {}, redis: "js", fsync: false, ...more });

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const alive = (pid: number | null) => processes().some((process) => process.pid === pid);
// The servers, and the shells that would end them if this process died.
const servants = (pids: (number | null)[]) =>
  processes().filter(
    ({ pid, command }) => pids.includes(pid) || pids.some((child) => command.endsWith(`2>/dev/null ${child}`)),
  );

function s3Of(stack: Stack): S3Client {
  const { s3Endpoint: endpoint, region } = stack;
  return new S3Client({ endpoint, region, credentials: stack, forcePathStyle: true });
}

/** A stack on its own, in a process that another may kill. */
function startElsewhere(dir: string): ChildProcess {
  const module = fileURLToPath(new URL("../dev/stack.ts", import.meta.url));
  const source = `
    const { startStack } = await import(${JSON.stringify(module)});
    const stack = await startStack({ stateDir: ${JSON.stringify(dir)}, env: {}, redis: "js", fsync: false });
    console.log(JSON.stringify(stack.pids));`;
  const command = ["--input-type=module", "-e", source];
  return spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a stack", () => {
  const dir = stateDir();
  let stack: Stack;
  const changes = vi.fn();

  beforeAll(async () => {
    stack = await start(dir, { onChange: changes });
  });
  afterAll(() => stack.stop());

  it("answers at every address that it tells", async () => {
    expect(await query(stack.databaseUrl, "SELECT current_database() AS db")).toEqual([{ db: "dpp" }]);
    neonConfig.fetchEndpoint = `${stack.neonHttp}/sql`;
    expect(await neon(stack.databaseUrl)`SELECT 1 AS one`).toEqual([{ one: 1 }]);
    expect(await new Redis({ url: stack.upstashUrl, token: stack.upstashToken }).ping()).toBe("PONG");
    const s3 = s3Of(stack);
    await s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key: "k", Body: "v" }));
    const sqs = new SQSClient({ endpoint: stack.sqsEndpoint, region: stack.region, credentials: stack });
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: "m" }));
    const own = await stack.createQueues("own");
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: own.queueUrl }))).Messages).toBeUndefined();
    expect(stack.roundTrips()).toEqual({ upstash: 1, neon: 1, sqs: 2, s3: 1 });
    s3.destroy();
    sqs.destroy();
  });

  it("nothing of it listens beyond 127.0.0.1", async () => {
    const urls = [
      stack.databaseUrl,
      stack.redisUrl,
      stack.neonHttp,
      stack.upstashUrl,
      stack.sqsEndpoint,
      stack.s3Endpoint,
    ];
    const reach = (url: string, host: string) =>
      new Promise((resolve) => {
        const socket = connect(Number(new URL(url).port), host, () => resolve(socket.destroy().destroyed));
        socket.once("error", () => resolve(false));
      });
    expect(await Promise.all(urls.map((url) => reach(url, "127.0.0.1")))).toEqual(urls.map(() => true));
    expect(await Promise.all(urls.map((url) => reach(url, "127.0.0.2")))).toEqual(urls.map(() => false));
  });

  it("a killed Postgres comes back on its port with every committed row", async () => {
    await query(stack.databaseUrl, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
    const busy = query(stack.databaseUrl, "SELECT pg_sleep(60)").catch((error: unknown) => error);
    const working = "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'";
    await expect.poll(() => query(stack.databaseUrl, working)).toHaveLength(1);
    const before = stack.pids.postgres;
    changes.mockClear();
    process.kill(before ?? 0, "SIGKILL");
    expect(await busy).toBeInstanceOf(Error);
    const rows = () => query(stack.databaseUrl, "SELECT id FROM kept").catch(() => []);
    await expect.poll(rows).toEqual([{ id: 7 }]);
    await expect.poll(() => stack.pids.postgres).toEqual(expect.any(Number));
    expect(stack.pids.postgres).not.toBe(before);
    expect(changes).toHaveBeenCalled();
    expect(await neon(stack.databaseUrl)`SELECT id FROM kept`).toEqual([{ id: 7 }]);
  });

  it("a killed Redis comes back on its port, and its front with it", async () => {
    const before = stack.pids.redis;
    process.kill(before ?? 0, "SIGKILL");
    await expect.poll(() => stack.pids.redis).not.toBe(before);
    const redis = new Redis({ url: stack.upstashUrl, token: stack.upstashToken, retry: false });
    await expect.poll(() => redis.ping().catch(() => "down")).toBe("PONG");
    await expect.poll(() => stack.pids.redis).toEqual(expect.any(Number));
  });

  it("a second one on the same state directory is refused", async () => {
    await expect(start(dir)).rejects.toThrow(/already runs/);
  });

  it("what was stored is there after a stop and a start, and no process stays behind", async () => {
    const pids = [stack.pids.postgres, stack.pids.redis];
    expect(servants(pids)).toHaveLength(4);
    await query(stack.databaseUrl, "CREATE TABLE stored (id int); INSERT INTO stored VALUES (7)");
    const s3 = s3Of(stack);
    await s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key: "stored", Body: "bytes" }));
    s3.destroy();
    await stack.stop();
    expect(servants(pids)).toEqual([]);

    stack = await start(dir);
    expect(await query(stack.databaseUrl, "SELECT id FROM stored")).toEqual([{ id: 7 }]);
    const again = s3Of(stack);
    const object = await again.send(new GetObjectCommand({ Bucket: stack.bucket, Key: "stored" }));
    expect(await object.Body?.transformToString()).toBe("bytes");
    again.destroy();
  });

  it("leaves no servers when its process is killed, and its state starts again", async () => {
    await stack.stop();
    const owner = startElsewhere(dir);
    const [line] = (await once(owner.stdout ?? owner, "data")) as [Buffer];
    const pids = JSON.parse(line.toString()) as Stack["pids"];
    expect([pids.postgres, pids.redis].map(alive)).toEqual([true, true]);
    owner.kill("SIGKILL");
    await expect.poll(() => [pids.postgres, pids.redis].map(alive)).toEqual([false, false]);
    stack = await start(dir);
  });

  it("keeps its secrets on disk for their owner alone", () => {
    expect(statSync(join(dir, "postgres.password")).mode & 0o777).toBe(0o600);
  });

  it("refuses data of another major version, and says the way out", async () => {
    await stack.stop();
    writeFileSync(join(dir, "postgres", "PG_VERSION"), "12\n");
    await expect(startPostgres({ stateDir: dir, database: "dpp" })).rejects.toThrow(
      /Postgres 12.*npm run dev -- --fresh/s,
    );
  });
});

it("a state directory that the server's user cannot reach is served from elsewhere, any other from its place", async () => {
  const closed = stateDir();
  const dir = join(closed, "below");
  const first = await startPostgres({ stateDir: dir, database: "dpp", fsync: false });
  await query(first.url, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
  await first.stop();
  const second = await startPostgres({ stateDir: dir, database: "dpp", fsync: false });
  expect(await query(second.url, "SELECT id FROM kept")).toEqual([{ id: 7 }]);
  const [place] = (await query(second.url, "SHOW data_directory")) as { data_directory: string }[];
  await second.stop();
  const isRoot = process.getuid?.() === 0;
  expect(place?.data_directory.startsWith(closed)).toBe(!isRoot);
  rmSync(join(dir, "postgres.password"));
  const fresh = await startPostgres({ stateDir: dir, database: "dpp", fsync: false });
  expect(await query(fresh.url, "SELECT to_regclass('kept') AS kept")).toEqual([{ kept: null }]);
  await fresh.stop();
  if (isRoot) dirs.push(join(place?.data_directory ?? closed, ".."));
});
