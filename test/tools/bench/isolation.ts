import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { createDemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem, type System } from "../../dev/system.ts";
import { hostilePage, type HostileRun, hostileRuns } from "./hostile-inputs.ts";
import { submitPastTheEdge } from "./hostile-submits.ts";
import { awsSettings } from "../../dev/aws-settings.ts";

export interface LoopDelay {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly looks: number;
}

const ROUNDS = 2;
/** For the decisions beside them. */
const FREE_SLOTS = 2;
const P99_AIM_MS = 100;
const POLL_MS = 50;
const HEARTBEAT_SECONDS = 1;
const LEASE_SECONDS = 5;

const accepted = z.object({ run_id: z.guid() });
const ended = z.object({ run_id: z.guid(), lost: z.boolean(), end: z.string() });
const state = z.object({ status: z.string() });

async function startWorker(
  { stack, logins }: System,
  stateDir: string,
  settings: { readonly concurrency: number; readonly pages: string },
): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("watched-worker-process.ts", import.meta.url)), {
    execArgv: ["--import", fileURLToPath(new URL("../../../backend/text-loader.ts", import.meta.url))],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: logins.backend,
      REDIS_URL: stack.redisUrl,
      ...awsSettings(stack),
      SQS_ENDPOINT: stack.sqsEndpoint,
      SQS_QUEUE_URL: stack.queueUrl,
      S3_ENDPOINT: stack.s3Endpoint,
      S3_BUCKET: stack.bucket,
      DPP_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
      DPP_LEASE_SECONDS: String(LEASE_SECONDS),
      DPP_WORKER_CONCURRENCY: String(settings.concurrency),
      DPP_FETCH_ALLOW_HOSTS: settings.pages,
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

/** Lets hostile runs fill all slots but few, and small decisions pass by meanwhile, each timed from end to end. */
async function load(
  system: System,
  keys: { readonly hostile: string; readonly neighbour: string },
  runs: HostileRun[],
) {
  const { submit, isOver } = client(system.edgeUrl, keys.neighbour);
  const run_ids = await submitPastTheEdge(system, keys.hostile, runs);
  const neighbours_ms: number[] = [];
  const open = () => withOwner(system, (db) => db.query(OPEN, [`{${run_ids.join()}}`]));
  do {
    const began = performance.now();
    const run_id = await submit("decision", decisionOffer.examples[0].inputs);
    while (!(await isOver(run_id))) await sleep(POLL_MS);
    neighbours_ms.push(performance.now() - began);
  } while ((await open()).length > 0);
  return { run_ids, neighbours_ms: neighbours_ms.toSorted((a, b) => a - b) };
}

const OPEN = "SELECT FROM runs WHERE run_id = ANY ($1::uuid[]) AND money_state = 'RESERVED'";
/** What became of the runs; an attempt that was handed back lost no lease. */
const ENDS = `
  SELECT run_id, attempt - uncounted_requeues > 1 AS lost, concat_ws(' ', status, reason_code, charged_micros, 'micros,',
         result_bytes, 'bytes, handed back', uncounted_requeues) AS end
    FROM runs WHERE run_id = ANY ($1::uuid[])`;

/** In micros: each run may reserve much more than it costs. */
const HOSTILE_CREDIT = 10_000_000_000;

/** Measures the worker's event loop while hostile inputs of every pack fill its slots. */
async function measureWorker(system: System, worker: ChildProcess, runs: HostileRun[], print: (line: string) => void) {
  const tenants = await withOwner(system, async (db) => ({
    hostile: await createDemoTenant(db, { name: "Hostile", credit: HOSTILE_CREDIT }),
    neighbour: await createDemoTenant(db, { name: "Neighbour" }),
  }));
  worker.send("watch");
  const began = performance.now();
  const keys = { hostile: tenants.hostile.api_key, neighbour: tenants.neighbour.api_key };
  const { run_ids, neighbours_ms } = await load(system, keys, runs);
  const seconds = (performance.now() - began) / 1_000;
  worker.send("tell");
  const [delay] = (await once(worker, "message")) as [LoopDelay];
  const rows = await withOwner(system, (db) => db.query(ENDS, [`{${run_ids.join()}}`]));
  const ends = rows.map((row) => ended.parse(row));
  for (const [index, run_id] of run_ids.entries()) {
    const { end } = ends.find((row) => row.run_id === run_id) ?? {};
    print(`  ${(runs[index]?.name ?? "").padEnd(14)} ${end ?? "no such run"}`);
  }
  const lost = ends.filter((row) => row.lost).length;
  print(`${runs.length} hostile runs in ${seconds.toFixed(1)} s, ${neighbours_ms.length} decisions beside them`);
  print(
    `worker's event loop: p50 ${delay.p50_ms.toFixed(1)} ms, p99 ${delay.p99_ms.toFixed(1)} ms, max `.concat(
      `${delay.max_ms.toFixed(1)} ms (${delay.looks} looks)`,
    ),
  );
  const [middle = Number.NaN, most = Number.NaN] = [neighbours_ms[neighbours_ms.length >> 1], neighbours_ms.at(-1)];
  print(`a decision meanwhile, end to end: p50 ${middle.toFixed(0)} ms, max ${most.toFixed(0)} ms`);
  print(`leases of ${LEASE_SECONDS} s lost with heartbeats every ${HEARTBEAT_SECONDS} s: ${lost}`);
  const held = delay.p99_ms < P99_AIM_MS && lost === 0;
  print(`p99 under ${P99_AIM_MS} ms, and no lease lost: ${held ? "yes" : "no"}`);
  return held;
}

/** Serves what the url pack fetches. */
async function servePages(): Promise<Server> {
  const server = createServer((request, response) => {
    const [type, body] = hostilePage(request.url ?? "");
    response.writeHead(200, { "content-type": type }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Measures how the worker keeps its leases among hostile inputs. Throws when a decision beside them fails. */
export async function measureIsolation(stateDir: string, print: (line: string) => void): Promise<boolean> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name === "PATH"));
  const server = await servePages();
  const pages = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const system = await startSystem({ stateDir, env, processes: ["edge", "reaper"] });
  let worker: ChildProcess | undefined;
  try {
    const runs = Array.from({ length: ROUNDS }, () => hostileRuns(`http://${pages}`)).flat();
    worker = await startWorker(system, stateDir, { concurrency: runs.length + FREE_SLOTS, pages });
    return await measureWorker(system, worker, runs, print);
  } finally {
    if (worker !== undefined && worker.exitCode === null) {
      const exit = once(worker, "exit");
      worker.kill("SIGTERM");
      await exit;
    }
    await system.stop();
    server.closeAllConnections();
    server.close();
  }
}
