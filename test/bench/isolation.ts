import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { POOL_LIMITS } from "../../backend/worker/packs/isolation/process-pool.ts";
import { encodePng } from "../scan/png.ts";
import { scan } from "../scan/scan.ts";
import { createDemoTenant, withOwner } from "../stack/demo-tenant.ts";
import { startSystem, type System } from "../stack/system.ts";

export interface LoopDelay {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly looks: number;
}

const IMAGES = 16;
const P99_AIM_MS = 100;
const POLL_MS = 50;
const HEARTBEAT_SECONDS = 1;
const LEASE_SECONDS = 3;
const LINES = Array.from({ length: 12 }, (_, index) => `Line ${index} of a page which is read while others work.`);

const accepted = z.object({ run_id: z.guid() });
const state = z.object({ status: z.string() });

async function startWorker({ stack, logins }: System, stateDir: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("watched-worker-process.ts", import.meta.url)), {
    execArgv: ["--import", fileURLToPath(new URL("../../backend/text-loader.ts", import.meta.url))],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: logins.backend,
      REDIS_URL: stack.redisUrl,
      AWS_REGION: stack.region,
      AWS_ACCESS_KEY_ID: stack.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stack.secretAccessKey,
      SQS_ENDPOINT: stack.sqsEndpoint,
      SQS_QUEUE_URL: stack.queueUrl,
      S3_ENDPOINT: stack.s3Endpoint,
      S3_BUCKET: stack.bucket,
      DPP_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
      DPP_LEASE_SECONDS: String(LEASE_SECONDS),
      DPP_WORKER_CONCURRENCY: String(IMAGES + 2),
    },
  });
  const log = createWriteStream(join(stateDir, "watched-worker.log"), { mode: 0o600 });
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  await once(child, "message");
  return child;
}

function client(edge: string, key: string) {
  const authorization = `Bearer ${key}`;
  const call = async (path: string, init: RequestInit, status: number): Promise<unknown> => {
    const response = await fetch(`${edge}${path}`, init);
    if (response.status !== status) throw new Error(`${response.status} from ${path}: ${await response.text()}`);
    return response.json();
  };
  return {
    async submit(pack_type: string, inputs: unknown): Promise<string> {
      const headers = { authorization, "content-type": "application/json", "idempotency-key": randomUUID() };
      const body = JSON.stringify({ pack_type, inputs, max_cost_usd: "0.1000", timebox_sec: 600 });
      return accepted.parse(await call("/v1/runs", { method: "POST", headers, body }, 202)).run_id;
    },
    async isOver(run_id: string): Promise<boolean> {
      const { status } = state.parse(await call(`/v1/runs/${run_id}`, { headers: { authorization } }, 200));
      if (status === "FAILED") throw new Error(`run ${run_id} failed`);
      return status === "COMPLETED";
    },
  };
}

/** Fills every place for reading images, and lets small decisions pass by meanwhile, each timed from end to end. */
async function load(system: System, api_key: string) {
  const { submit, isOver } = client(system.edgeUrl, api_key);
  const image = encodePng(scan(LINES, { px: 28 })).toString("base64");
  const images = await Promise.all(Array.from({ length: IMAGES }, () => submit("ocr", { image })));
  const neighbours_ms: number[] = [];
  const over = async () => (await Promise.all(images.map(isOver))).every(Boolean);
  do {
    const began = performance.now();
    const run_id = await submit("decision", decisionOffer.example);
    while (!(await isOver(run_id))) await sleep(POLL_MS);
    neighbours_ms.push(performance.now() - began);
  } while (!(await over()));
  return { images, neighbours_ms: neighbours_ms.toSorted((a, b) => a - b) };
}

/** Measures the worker's event loop while images are read in all places there are. Throws when a run fails. */
export async function measureIsolation(stateDir: string, print: (line: string) => void): Promise<boolean> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name === "PATH"));
  const system = await startSystem({ stateDir, env, processes: ["edge", "reaper"] });
  let worker: ChildProcess | undefined;
  try {
    const tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "Bench" }));
    worker = await startWorker(system, stateDir);
    worker.send("watch");
    const began = performance.now();
    const { images, neighbours_ms } = await load(system, tenant.api_key);
    const seconds = (performance.now() - began) / 1_000;
    worker.send("tell");
    const [delay] = (await once(worker, "message")) as [LoopDelay];
    const attempts = await withOwner(system, (db) =>
      db.query("SELECT attempt FROM runs WHERE run_id = ANY($1::uuid[]) AND attempt > 1", [`{${images.join()}}`]),
    );
    const held = delay.p99_ms < P99_AIM_MS && attempts.length === 0;
    const places = `${POOL_LIMITS.processes} places`;
    print(`${IMAGES} images read in ${places}, ${seconds.toFixed(1)} s, ${neighbours_ms.length} decisions beside them`);
    print(
      `worker's event loop: p50 ${delay.p50_ms.toFixed(1)} ms, p99 ${delay.p99_ms.toFixed(1)} ms, max `.concat(
        `${delay.max_ms.toFixed(1)} ms (${delay.looks} looks)`,
      ),
    );
    const [middle = Number.NaN, most = Number.NaN] = [neighbours_ms[neighbours_ms.length >> 1], neighbours_ms.at(-1)];
    print(`a decision meanwhile, end to end: p50 ${middle.toFixed(0)} ms, max ${most.toFixed(0)} ms`);
    print(`leases lost with heartbeats every ${HEARTBEAT_SECONDS} s: ${attempts.length}`);
    print(`p99 under ${P99_AIM_MS} ms, and no lease lost: ${held ? "yes" : "no"}`);
    return held;
  } finally {
    if (worker !== undefined && worker.exitCode === null) {
      const exit = once(worker, "exit");
      worker.kill("SIGTERM");
      await exit;
    }
    await system.stop();
  }
}
