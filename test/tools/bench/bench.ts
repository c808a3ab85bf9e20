import { setTimeout as sleep } from "node:timers/promises";
import { createPgDb, type OpenDb } from "../../../backend/drivers/pg.ts";
import { createRedis } from "../../../backend/drivers/redis.ts";
import { type System, startSystem } from "../../dev/system.ts";
import { type LoadProcess, startHello, startLoad } from "./children.ts";
import { type CpuByPart, cpuBetween, cpuOf } from "./cpu.ts";
import type { LoadAnswer, LoadOrder, BenchTenant } from "./load-order.ts";
import { createBenchTenants } from "./tenants.ts";

const STATEMENT_MS = 10_000;
const REDIS_MS = 5_000;
/** For database connections of the load to end: a process that ends while it is looked at is counted nowhere. */
const SETTLE_MS = 30;

/** The system under load, what loads it, and what looks at it meanwhile. */
export interface Bench {
  readonly system: System;
  readonly db: OpenDb;
  tenants(count: number): Promise<readonly BenchTenant[]>;
  /** Runs one closed loop; counts errors and says them on standard error. */
  load(order: LoadOrder): Promise<Observed>;
  watch(): () => { readonly cpu_ms: CpuByPart; readonly round_trips: Readonly<Record<string, number>> };
  errors(): number;
  stop(): Promise<void>;
}

export interface Observed extends LoadAnswer {
  readonly failed: number;
  readonly cpu_by_part_ms: CpuByPart;
  readonly round_trips: Readonly<Record<string, number>>;
}

export async function startBench(stateDir: string): Promise<Bench> {
  // Nothing that names a real service is handed on: the bench never leaves this machine.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH$|DPP_)/.test(name)));
  const system = await startSystem({ stateDir, env, processes: ["edge"] });
  const stops: (() => unknown)[] = [() => system.stop()];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  try {
    const hello = await startHello();
    stops.push(() => hello.stop());
    const load = startLoadOf(system, hello.url);
    stops.push(() => load.stop());
    const owner = createPgDb({
      connectionString: system.stack.databaseUrl,
      max: 4,
      statement_timeout_ms: STATEMENT_MS,
      connect_timeout_ms: STATEMENT_MS,
      application_name: "dpp-bench-owner",
    });
    stops.push(() => owner.close());
    const mirror = createRedis({ url: system.stack.redisUrl, command_timeout_ms: REDIS_MS });
    stops.push(() => mirror.close());
    return observed(system, { load, hello_pid: hello.pid, db: owner.db, redis: mirror.redis, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

function startLoadOf({ stack, edgeUrl, logins }: System, hello_url: string): LoadProcess {
  return startLoad({
    edge_url: edgeUrl,
    hello_url,
    upstash_url: stack.upstashUrl,
    upstash_token: stack.upstashToken,
    neon_http: `${stack.neonHttp}/sql`,
    redis_url: stack.redisUrl,
    database_url: logins.edge,
  });
}

interface Parts {
  readonly load: LoadProcess;
  readonly hello_pid: number;
  readonly db: OpenDb;
  readonly redis: Parameters<typeof createBenchTenants>[0]["redis"];
  stop(): Promise<void>;
}

function observed(system: System, parts: Parts): Bench {
  let errors = 0;
  const pids = () => ({ ...system.pids(), hello: parts.hello_pid, load: parts.load.pid });
  const watch: Bench["watch"] = () => {
    const cpu = cpuOf(pids());
    const trips = { ...system.stack.roundTrips() };
    return () => ({
      cpu_ms: cpuBetween(cpu, cpuOf(pids())),
      round_trips: subtract({ ...system.stack.roundTrips() }, trips),
    });
  };
  return {
    system,
    db: parts.db,
    tenants: (count) => createBenchTenants(parts, count),
    watch,
    load: async (order) => {
      const seen = watch();
      const answer = await parts.load.run(order);
      await sleep(SETTLE_MS);
      const { cpu_ms, round_trips } = seen();
      const failed = Object.values(answer.errors).reduce((sum, count) => sum + count, 0);
      errors += failed;
      for (const [what, count] of Object.entries(answer.errors)) {
        console.error(`${order.work}, ${order.clients} clients, ${order.tenants.length} tenants: ${count} x ${what}`);
      }
      if (answer.answered === 0) throw new Error(`no ${order.work} was answered as it must be`);
      return { ...answer, failed, cpu_by_part_ms: cpu_ms, round_trips };
    },
    errors: () => errors,
    stop: parts.stop,
  };
}

function subtract(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}
