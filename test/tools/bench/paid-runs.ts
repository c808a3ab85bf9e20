import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Bench } from "./bench.ts";
import type { PaidRuns } from "./figures.ts";
import type { BenchTenant } from "./load-order.ts";

const POLL_MS = 50;
const LIMIT_MS = 60_000;
const CLIENTS = 16;

const progress = z.object({
  completed: z.coerce.number(),
  open: z.coerce.number(),
  first_started_ms: z.coerce.number(),
  last_finished_ms: z.coerce.number(),
});

/** Submits so many runs as fast as the edge takes them while the worker works; until Postgres has all of them COMPLETED. */
export async function measureEndToEnd(bench: Bench, runs: number, tenant_count: number): Promise<PaidRuns> {
  const tenants = await bench.tenants(tenant_count);
  await bench.system.start("worker");
  const seen = bench.watch();
  const { first_sent_at_ms, failed } = await submitAll(bench, runs, tenants);
  const done = await allCompleted(bench, tenants, runs - failed);
  const { cpu_ms } = seen();
  await bench.system.stop("worker");
  return report("end to end", tenants, runs - failed, failed, done.last_finished_ms - first_sent_at_ms, cpu_ms);
}

/** The same with every run queued before the worker starts; from the first claim to the last closing. */
export async function measureBacklog(bench: Bench, runs: number, tenant_count: number): Promise<PaidRuns> {
  const tenants = await bench.tenants(tenant_count);
  const { failed } = await submitAll(bench, runs, tenants);
  await bench.system.start("worker");
  const seen = bench.watch();
  const done = await allCompleted(bench, tenants, runs - failed);
  const { cpu_ms } = seen();
  await bench.system.stop("worker");
  return report("backlog", tenants, runs - failed, failed, done.last_finished_ms - done.first_started_ms, cpu_ms);
}

function submitAll(bench: Bench, runs: number, tenants: readonly BenchTenant[]) {
  return bench.load({
    work: "submit",
    clients: CLIENTS,
    tenants,
    run_ids: [],
    warm_ms: 0,
    measure_ms: LIMIT_MS,
    most: runs,
  });
}

async function allCompleted(
  bench: Bench,
  tenants: readonly BenchTenant[],
  runs: number,
): Promise<z.infer<typeof progress>> {
  const tenant_ids = tenants.map(({ tenant_id }) => tenant_id);
  const until = Date.now() + LIMIT_MS;
  for (;;) {
    const [open] = await bench.db.query(OPEN, [tenant_ids]);
    if (Number(open?.["open"]) === 0) break;
    if (Date.now() > until) break;
    await sleep(POLL_MS);
  }
  const now = progress.parse((await bench.db.query(PROGRESS, [tenant_ids]))[0]);
  if (now.open === 0 && now.completed === runs) return now;
  throw new Error(`${now.completed} of ${runs} runs were COMPLETED and ${now.open} still open after ${LIMIT_MS} ms`);
}

const OPEN = "SELECT sum(open_runs) AS open FROM balances WHERE tenant_id = ANY ($1::uuid[])";
const PROGRESS = `
  SELECT count(*) FILTER (WHERE status = 'COMPLETED' AND money_state = 'SETTLED') AS completed,
         count(*) FILTER (WHERE money_state = 'RESERVED') AS open,
         extract(epoch FROM min(started_at)) * 1000 AS first_started_ms,
         extract(epoch FROM max(finished_at)) * 1000 AS last_finished_ms
    FROM runs WHERE tenant_id = ANY ($1::uuid[])`;

function report(
  what: PaidRuns["what"],
  tenants: readonly BenchTenant[],
  runs: number,
  errors: number,
  elapsed_ms: number,
  cpu_ms: Readonly<Record<string, number>>,
): PaidRuns {
  const cpu_us = Object.fromEntries(Object.entries(cpu_ms).map(([part, ms]) => [part, (ms * 1000) / runs]));
  const seconds = elapsed_ms / 1000;
  return { what, tenants: tenants.length, runs, seconds, per_second: runs / seconds, cpu_us, errors };
}
