import type { OpenDb } from "../../../backend/drivers/pg.ts";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { type InstanceName, startSystem, type System } from "../../dev/system.ts";
import { ownerOf } from "./socket-owner.ts";

const STATE_DIR = ".dev/chaos-recovery";
const USAGE = "usage: npm run chaos:recovery -- [--kills N]";
/** Much shorter than in production (120, 30, 15, 60), so that many kills fit into minutes; the bound is made of the same. */
const TIMES = { lease: 4, heartbeat: 1, sweep: 1, signal: 2 };
const BOUND_MS = (TIMES.lease + TIMES.sweep) * 1000;
const WITH_SIGNAL_MS = BOUND_MS + TIMES.signal * 1000;
/** A killed worker is known by its connection; without /proc there is only one to kill. */
const WORKERS: readonly InstanceName[] = existsSync("/proc/net/tcp") ? ["worker", "worker-2"] : ["worker"];
const LOOK_MS = 10;
const LIMIT_MS = 60_000;

interface Recovery {
  readonly claimed_ms: number;
  readonly completed_ms: number;
}

/** Plain text, so that nothing is measured but the protocol: no page reader has to start. */
const PAGE = "Held until its worker is dead.";

/** A page that holds its first request until it is let go and answers all later ones at once. */
async function holdOnce() {
  let asked = Promise.withResolvers<{ readonly from: number; letGo(): void }>();
  let holding = true;
  const answer = (response: ServerResponse) => response.setHeader("content-type", "text/plain").end(PAGE);
  const server = createServer((request, response) => {
    if (!holding) return void answer(response);
    holding = false;
    asked.resolve({ from: request.socket.remotePort ?? 0, letGo: () => answer(response) });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    hold: () => {
      asked = Promise.withResolvers();
      holding = true;
      return asked.promise;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

type Held = Awaited<ReturnType<typeof holdOnce>>;

async function submitHeld(system: System, tenant: DemoTenant, host: string, number: number): Promise<string> {
  const response = await fetch(`${system.edgeUrl}/v1/runs`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${tenant.api_key}`,
      "content-type": "application/json",
      "idempotency-key": `recovery-${number}`,
    },
    body: JSON.stringify({
      pack_type: "url",
      max_cost_usd: "0.0200",
      inputs: { url: `http://${host}/${number}`, format: "text" },
    }),
  });
  if (response.status !== 202) throw new Error(`submit answered ${response.status}: ${await response.text()}`);
  return z.object({ run_id: z.guid() }).parse(await response.json()).run_id;
}

const row = z.object({
  status: z.string(),
  attempt: z.number(),
  started_at: z.date().nullable(),
  finished_at: z.date().nullable(),
});

/** Kills the worker in the middle of a run; the times are the database's, whose clock is this machine's. */
async function killOnce(system: System, db: OpenDb, tenant: DemoTenant, held: Held, number: number): Promise<Recovery> {
  const asked = held.hold();
  const run_id = await submitHeld(system, tenant, held.host, number);
  const { from, letGo } = await asked;
  // Anywhere between two heartbeats.
  await sleep(Math.random() * TIMES.heartbeat * 1000);
  const pids = WORKERS.flatMap((name) => system.pid(name) ?? []);
  const owner = WORKERS.length === 1 ? pids[0] : ownerOf(from, held.port, pids);
  if (owner === undefined) throw new Error("the run's worker was not found");
  const killed_at = Date.now();
  process.kill(owner, "SIGKILL");
  letGo();
  for (const until = killed_at + LIMIT_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const [found] = await db.query("SELECT status, attempt, started_at, finished_at FROM runs WHERE run_id = $1", [
      run_id,
    ]);
    const run = row.parse(found);
    if (run.status === "QUEUED" || run.status === "PROCESSING") continue;
    if (run.status !== "COMPLETED" || run.attempt !== 2 || run.started_at === null || run.finished_at === null) {
      throw new Error(`run ${run_id} ended ${run.status} at attempt ${run.attempt}`);
    }
    await backAgain(system);
    return { claimed_ms: run.started_at.getTime() - killed_at, completed_ms: run.finished_at.getTime() - killed_at };
  }
  throw new Error(`run ${run_id} did not end within ${LIMIT_MS / 1000} s`);
}

async function backAgain(system: System): Promise<void> {
  while (WORKERS.some((name) => system.pid(name) === null)) await sleep(LOOK_MS);
}

function line(what: string, samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0} ms`.padStart(9);
  return `${what.padEnd(28)} ${at(0)} ${at(0.5)} ${at(0.9)} ${at(0.99)} ${at(1)}`;
}

function report(recoveries: readonly Recovery[]): void {
  const claims = recoveries.map((each) => each.claimed_ms);
  const within = (bound: number) => claims.filter((each) => each <= bound).length;
  const { lease, heartbeat, sweep, signal } = TIMES;
  console.log(`\n${recoveries.length} workers killed in the middle of a run, ${WORKERS.length} workers, 1 reaper`);
  console.log(
    `settings: lease ${lease} s, heartbeat ${heartbeat} s, sweep ${sweep} s, signal ${signal} s ` +
      "(short for this measurement; by default 120, 30, 15, 60)\n",
  );
  console.log(
    `${"from the kill to".padEnd(28)} ${["min", "p50", "p90", "p99", "max"].map((each) => each.padStart(9)).join(" ")}`,
  );
  console.log(line("the new claim (attempt 2)", claims));
  console.log(
    line(
      "COMPLETED",
      recoveries.map((each) => each.completed_ms),
    ),
  );
  console.log(`\nbound: lease + one sweep = ${BOUND_MS} ms; ${within(BOUND_MS)} of ${claims.length} claims within it`);
  console.log(
    `with a lost signal, + signal wait = ${WITH_SIGNAL_MS} ms; ${within(WITH_SIGNAL_MS)} of ${claims.length}`,
  );
  if (within(WITH_SIGNAL_MS) < claims.length) process.exitCode = 1;
}

async function measure(kills: number): Promise<void> {
  rmSync(STATE_DIR, { recursive: true, force: true });
  mkdirSync(STATE_DIR, { recursive: true });
  const held = await holdOnce();
  try {
    const system = await startSystem({
      stateDir: STATE_DIR,
      env: {
        PATH: process.env["PATH"],
        DPP_LEASE_SECONDS: String(TIMES.lease),
        DPP_HEARTBEAT_SECONDS: String(TIMES.heartbeat),
        DPP_SWEEP_SECONDS: String(TIMES.sweep),
        DPP_SIGNAL_SECONDS: String(TIMES.signal),
      },
      processes: ["edge", ...WORKERS, "reaper"],
      fetchAllowHosts: [held.host],
    });
    try {
      await withOwner(system, async (db) => {
        const tenant = await createDemoTenant(db, { name: "recovery" });
        const recoveries: Recovery[] = [];
        for (let number = 1; number <= kills; number += 1) {
          const recovery = await killOnce(system, db, tenant, held, number);
          recoveries.push(recovery);
          console.log(
            `kill ${number}: claimed again after ${recovery.claimed_ms} ms, completed ${recovery.completed_ms} ms`,
          );
        }
        report(recoveries);
      });
    } finally {
      await system.stop();
    }
  } finally {
    await held.close();
  }
}

async function main(): Promise<void> {
  let kills: number;
  try {
    const { values } = parseArgs({ options: { kills: { type: "string" } } });
    kills = z.coerce.number().int().min(1).max(10_000).default(20).parse(values.kills);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
  await measure(kills);
}

await main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
