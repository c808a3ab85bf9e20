import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "#core/ports/redis.ts";
import { createPgDb, type OpenDb } from "../../../backend/drivers/pg.ts";
import { createRedis } from "../../../backend/drivers/redis.ts";
import { type InstanceName, startSystem, type System, type Ways } from "../../dev/system.ts";
import { type Losses, type LossyWay, lossyWay } from "./lossy.ts";
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

/** The system under chaos, and what its operator holds. */
export interface World {
  readonly system: System;
  readonly db: OpenDb;
  readonly redis: Redis;
  readonly pages: Pages;
  readonly tenants: readonly ChaosTenant[];
  readonly hasCancel: boolean;
  /** How often a process came back. */
  restarts(): number;
  /** How many requests or answers were lost on the way, by store. */
  lost(): Readonly<Record<keyof Ways, number>>;
  /** Nothing is lost on the way any more. */
  calm(): void;
  stop(): Promise<void>;
}

export async function createWorld(stateDir: string, seed: number): Promise<World> {
  rmSync(stateDir, { recursive: true, force: true });
  mkdirSync(stateDir, { recursive: true });
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  let restarts = 0;
  const ways = new Map<keyof Ways, LossyWay>();
  const way = async (name: keyof Ways, to: string) => {
    const made = await lossyWay(to, LOSSES[name], seeded(seed, name));
    ways.set(name, made);
    stops.push(() => made.close());
    return made.url;
  };
  try {
    const pages = await servePages();
    stops.push(() => pages.close());
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
      onLog: (_, line) => {
        if (line.endsWith("starting it again")) restarts += 1;
      },
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
    return {
      system,
      db: owner.db,
      redis: mirror.redis,
      pages,
      tenants,
      hasCancel: await knowsCancel(system.edgeUrl),
      restarts: () => restarts,
      lost: () => {
        const lost = (name: keyof Ways) => ways.get(name)?.lost() ?? 0;
        return { neonHttp: lost("neonHttp"), upstashUrl: lost("upstashUrl"), s3Endpoint: lost("s3Endpoint") };
      },
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
  [...EDGES, ...WORKERS, ...REAPERS, "postgres", "redis"].map((name) => join(stateDir, `${name}.log`));
