import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "#core/ports/redis.ts";
import { createPgDb, type OpenDb } from "../../../backend/drivers/pg.ts";
import { createRedis } from "../../../backend/drivers/redis.ts";
import { type InstanceName, startSystem, type System, type Ways } from "../../dev/system.ts";
import { type Losses, type LossyWay, lossyWay } from "./lossy.ts";
import { regionOf, SECOND_DIR, settingsOf, type Shield, startSecondShield } from "./regions.ts";
import { seeded } from "./seeded.ts";
import { type Pages, servePages } from "./slow-page.ts";
import { type ChaosTenant, createTenants } from "./tenants.ts";
import TRACE_BALANCES from "./trace-balances.sql";

export const EDGES = ["edge", "edge-2"] as const satisfies readonly InstanceName[];
export const WORKERS = ["worker", "worker-2", "worker-3"] as const satisfies readonly InstanceName[];
export const REAPERS = ["reaper", "reaper-2"] as const satisfies readonly InstanceName[];

/** Short, so that minutes see what takes hours; the grace stays above the edge's deadline for a submit. */
export const TIMES = { lease: 3, heartbeat: 0.7, claimed: 3, sweep: 0.5, signal: 1, grace: 15, stop: 1 };
const TIME_SETTINGS = {
  DPP_LEASE_SECONDS: String(TIMES.lease),
  DPP_HEARTBEAT_SECONDS: String(TIMES.heartbeat),
  DPP_CLAIMED_SECONDS: String(TIMES.claimed),
  DPP_SWEEP_SECONDS: String(TIMES.sweep),
  DPP_SIGNAL_SECONDS: String(TIMES.signal),
  DPP_SYNC_GRACE_SECONDS: String(TIMES.grace),
  DPP_STOP_SECONDS: String(TIMES.stop),
};

/** What happens on the way to the stores: enough to meet every boundary, little enough that most work gets through. */
const LOSSES = {
  neonHttp: { late: 20, late_ms: 1_500, belated: 2, request_lost: 5, reply_lost: 10 },
  upstashUrl: { late: 10, late_ms: 1_200, request_lost: 5, reply_lost: 5 },
  s3Endpoint: { late: 120, late_ms: 2_500, belated: 5, request_lost: 20, reply_lost: 30 },
} as const satisfies Record<keyof Ways, Losses>;
type WayName = keyof Ways | "upstashUrl-2";

/** The system under chaos, and what its operator holds. */
export interface World {
  readonly system: System;
  readonly db: OpenDb;
  /** That of the first region, which an operator's commands tell of a change. */
  readonly redis: Redis;
  /** Of each region. */
  readonly shields: readonly Shield[];
  readonly pages: Pages;
  readonly tenants: readonly ChaosTenant[];
  readonly hasCancel: boolean;
  /** How often a process came back. */
  restarts(): number;
  /** How many requests or answers were lost on the way, by store. */
  lost(): Readonly<Record<string, number>>;
  /** Nothing is lost on the way any more. */
  calm(): void;
  stop(): Promise<void>;
}

export async function createWorld(stateDir: string, seed: number, regions: number): Promise<World> {
  rmSync(stateDir, { recursive: true, force: true });
  mkdirSync(stateDir, { recursive: true });
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  let restarts = 0;
  const ways = new Map<WayName, LossyWay>();
  const way = async (name: WayName, to: string) => {
    const losses = LOSSES[name === "upstashUrl-2" ? "upstashUrl" : name];
    const made = await lossyWay(to, losses, seeded(seed, name));
    ways.set(name, made);
    stops.push(() => made.close());
    return made.url;
  };
  const countRestart = (line: string) => {
    if (line.endsWith("starting it again")) restarts += 1;
  };
  const startSecond = async () => {
    const shield = await startSecondShield(stateDir, countRestart);
    stops.push(() => shield.stop());
    return { ...shield, upstashUrl: await way("upstashUrl-2", shield.upstashUrl) };
  };
  try {
    const pages = await servePages();
    stops.push(() => pages.close());
    const second = regions > 1 ? await startSecond() : undefined;
    const system = await startSystem({
      stateDir,
      // Nothing that names a real service is handed on: chaos never leaves this machine.
      env: { PATH: process.env["PATH"], ...TIME_SETTINGS },
      processes: [...EDGES, ...WORKERS, ...REAPERS],
      fetchAllowHosts: [pages.host],
      detour: async (direct) => ({
        neonHttp: await way("neonHttp", direct.neonHttp),
        upstashUrl: await way("upstashUrl", direct.upstashUrl),
        s3Endpoint: await way("s3Endpoint", direct.s3Endpoint),
      }),
      envOf: (name) => (second === undefined ? {} : settingsOf(name, second)),
      onLog: (_, line) => countRestart(line),
    });
    stops.push(() => system.stop());
    const owner = createPgDb({
      connectionString: system.stack.databaseUrl,
      max: 4,
      statement_timeout_ms: 30_000,
      connect_timeout_ms: 5_000,
      application_name: "chaos",
    });
    stops.push(() => owner.close());
    const mirror = createRedis({ url: system.stack.redisUrl, command_timeout_ms: 2_000 });
    stops.push(() => mirror.close());
    await owner.pool.query(TRACE_BALANCES);
    const tenants = await createTenants(owner.db);
    const first: Shield = { name: "redis", url: system.stack.redisUrl, pid: () => system.pid("redis") };
    return {
      system,
      db: owner.db,
      redis: mirror.redis,
      shields: second === undefined ? [first] : [first, second],
      pages,
      tenants,
      hasCancel: await knowsCancel(system.edgeUrl),
      restarts: () => restarts,
      lost: () => Object.fromEntries([...ways].map(([name, each]) => [name, each.lost()])),
      calm: () => {
        for (const each of ways.values()) each.calm();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An address that exists says which methods it takes; one that does not is not found. */
async function knowsCancel(edge_url: string): Promise<boolean> {
  const { status } = await fetch(`${edge_url}/v1/runs/00000000-0000-7000-8000-000000000000/cancel`);
  return status === 405;
}

export const logsOf = (stateDir: string): readonly string[] =>
  [...EDGES, ...WORKERS, ...REAPERS, "postgres", "redis", `${SECOND_DIR}/redis`].map((name) =>
    join(stateDir, `${name}.log`),
  );

/** What runs in each region: the first, then the second. */
export const instancesOf = (regions: number): readonly (readonly InstanceName[])[] =>
  Array.from({ length: regions }, (_, index) =>
    [...EDGES, ...WORKERS, ...REAPERS].filter((name) => regionOf(name, regions) === index + 1),
  );
