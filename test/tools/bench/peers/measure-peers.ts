import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createPgDb } from "../../../../backend/drivers/pg.ts";
import { createRedis } from "../../../../backend/drivers/redis.ts";
import { startSystem, type System } from "../../../dev/system.ts";
import { installPackages } from "../../install-packages.ts";
import { asChild, nextMessage, startChild } from "../children.ts";
import { cpuBetween, type CpuByPart, cpuOf } from "../cpu.ts";
import type { BenchTenant } from "../load-order.ts";
import { createBenchTenants } from "../tenants.ts";
import { openLedger, type PeerLedger } from "./peer-ledger.ts";
import { type PeerAddresses, type PeerStart, type Submitted, type SystemName, SYSTEMS } from "./peer-order.ts";
import type { PeerRow } from "./peer-report.ts";

export interface PeersPace {
  readonly rounds: number;
  /** Of each backlog, before its figures begin: by then as much code is compiled as ever will be. */
  readonly warm: number;
  readonly runs: number;
  readonly concurrencies: readonly number[];
}

const TENANTS = 100;
const CREDIT = 100_000_000_000;
const SUBMIT_CLIENTS = 16;
/** As many as the product's worker has at most. */
const CONNECTIONS = 10;
const POLL_MS = 50;
const LIMIT_MS = 180_000;
const TIMEOUT_MS = 10_000;

interface PeersBench {
  readonly system: System;
  readonly addresses: PeerAddresses;
  readonly tenants: readonly BenchTenant[];
  /** Read when a worker of the product starts. */
  readonly own: { concurrency: number };
}

/** The same paid run at the product and at job queues, in turn: one worker process each, on the same servers. */
export async function measurePeers(
  stateDir: string,
  pace: PeersPace,
  progress: (line: string) => void,
): Promise<readonly PeerRow[]> {
  await installPackages(fileURLToPath(new URL(".", import.meta.url)), "the peers");
  const own = { concurrency: 0 };
  // Nothing that names a real service is handed on: the bench never leaves this machine.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH$|DPP_)/.test(name)));
  const system = await startSystem({
    stateDir,
    env,
    processes: [],
    envOf: (): Record<string, string> => ({ DPP_WORKER_CONCURRENCY: String(own.concurrency) }),
  });
  try {
    const tenants = await openTenants(system);
    const bench = { system, addresses: addressesOf(system), tenants, own };
    const rows: PeerRow[] = [];
    const turns = pace.concurrencies.flatMap((concurrency) => SYSTEMS.map((name) => ({ name, concurrency })));
    for (let round = 1; round <= pace.rounds; round++) {
      for (const { name, concurrency } of round % 2 === 0 ? turns.toReversed() : turns) {
        const row = { round, ...(await measureTurn(bench, name, concurrency, pace)) };
        rows.push(row);
        progress(`round ${round}, ${name} at ${concurrency}: ${row.per_second.toFixed(1)} runs/s`);
      }
    }
    return rows;
  } finally {
    await system.stop();
  }
}

function addressesOf({ stack, logins }: System): PeerAddresses {
  return {
    database_url: stack.databaseUrl,
    edge_database_url: logins.edge,
    redis_url: stack.redisUrl,
    queue_url: stack.queueUrl,
    s3_endpoint: stack.s3Endpoint,
    bucket: stack.bucket,
    region: stack.region,
    access_key_id: stack.accessKeyId,
    secret_access_key: stack.secretAccessKey,
  };
}

/** Tenants of the product, and their twins in the tables of the peers. */
async function openTenants({ stack }: System): Promise<readonly BenchTenant[]> {
  const owner = createPgDb({
    connectionString: stack.databaseUrl,
    max: 2,
    statement_timeout_ms: TIMEOUT_MS,
    connect_timeout_ms: TIMEOUT_MS,
    application_name: "dpp-bench-owner",
  });
  const mirror = createRedis({ url: stack.redisUrl, command_timeout_ms: TIMEOUT_MS });
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const tenants = await createBenchTenants({ db: owner.db, redis: mirror.redis }, TENANTS);
    await client.query(readFileSync(new URL("peers.sql", import.meta.url), "utf8"));
    await client.query(
      "INSERT INTO peers.balances (tenant_id, granted, available) SELECT id, $2, $2 FROM unnest($1::uuid[]) AS id",
      [tenants.map(({ tenant_id }) => tenant_id), CREDIT],
    );
    return tenants;
  } finally {
    await client.end();
    mirror.close();
    await owner.close();
  }
}

async function startPeer(bench: PeersBench, system: SystemName, connections: number) {
  const child = startChild("peers/peer-process.ts");
  const ready = nextMessage(child, system);
  child.send({ system, addresses: bench.addresses, connections } satisfies PeerStart);
  await ready;
  return {
    ...asChild(child),
    async ask(order: object): Promise<unknown> {
      const answer = nextMessage(child, system);
      child.send(order);
      return answer;
    },
  };
}

/** Fills a queue, and lets one worker empty it. */
async function measureTurn(bench: PeersBench, system: SystemName, concurrency: number, pace: PeersPace) {
  const runs = pace.warm + pace.runs;
  const tenant_ids = bench.tenants.map(({ tenant_id }) => tenant_id);
  const ledger = await openLedger(system, bench.system, tenant_ids);
  try {
    const before = await ledger.counters();
    const submitted = await submitRuns(bench, system, runs);
    const queued = await ledger.counters();
    const worker = await startWorker(bench, system, concurrency);
    const worked = await watch(bench, worker.pid, ledger, pace).finally(() => worker.stop());
    const after = await ledger.counters();
    await ledger.check(runs);
    return {
      system,
      concurrency,
      ...worked,
      fsyncs_per_run: (after.fsyncs - queued.fsyncs) / runs,
      transactions_per_run: (after.transactions - queued.transactions) / runs,
      ...submitted,
      submit_fsyncs: (queued.fsyncs - before.fsyncs) / runs,
    };
  } finally {
    await ledger.close();
  }
}

async function submitRuns(bench: PeersBench, system: SystemName, runs: number) {
  const submitter = await startPeer(bench, system, SUBMIT_CLIENTS);
  try {
    const pids = () => ({ ...bench.system.pids(), submitter: submitter.pid });
    const cpu = cpuOf(pids());
    const order = { submit: runs, clients: SUBMIT_CLIENTS, tenants: bench.tenants };
    const { seconds } = (await submitter.ask(order)) as Submitted;
    return { submits_per_second: runs / seconds, submit_cpu_us: perRun(cpuBetween(cpu, cpuOf(pids())), runs) };
  } finally {
    await submitter.stop();
  }
}

async function startWorker(bench: PeersBench, system: SystemName, concurrency: number) {
  if (system !== "decisionproof") {
    const worker = await startPeer(bench, system, Math.min(concurrency, CONNECTIONS));
    await worker.ask({ concurrency });
    return worker;
  }
  bench.own.concurrency = concurrency;
  await bench.system.start("worker");
  return { pid: bench.system.pids().worker ?? 0, stop: () => bench.system.stop("worker") };
}

/** From when the warm runs are over until the last one is and the queue is empty. */
async function watch(bench: PeersBench, worker: number, ledger: PeerLedger, pace: PeersPace) {
  const used = () => cpuOf({ ...bench.system.pids(), worker });
  const all = pace.warm + pace.runs;
  const warm = await until(
    () => ledger.open(),
    (open) => open <= all - pace.warm,
  );
  const [began, cpu] = [performance.now(), used()];
  await until(
    () => ledger.open(),
    (open) => open === 0,
  );
  const seconds = (performance.now() - began) / 1000;
  await until(
    () => ledger.queued(),
    (queued) => queued === 0,
  );
  return { runs: warm, per_second: warm / seconds, cpu_us: perRun(cpuBetween(cpu, used()), warm) };
}

async function until(read: () => Promise<number>, isOver: (value: number) => boolean): Promise<number> {
  const limit = Date.now() + LIMIT_MS;
  for (;;) {
    const value = await read();
    if (isOver(value)) return value;
    if (Date.now() > limit) throw new Error(`${value} runs were left after ${LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

const perRun = (cpu_ms: CpuByPart, runs: number): CpuByPart =>
  Object.fromEntries(Object.entries(cpu_ms).map(([part, ms]) => [part, (ms * 1000) / runs]));
