import type { OpenDb } from "../../../backend/drivers/pg.ts";
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createDemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem, type System } from "../../dev/system.ts";
import type { Violation } from "./checker/evidence.ts";
import { type Gate, gate, type GateState } from "./gate.ts";
import { seeded, type Seeded } from "./seeded.ts";
import { type Pages, servePages } from "./slow-page.ts";
import { newPayload } from "./work.ts";

type StoreName = "database" | "redis" | "sqs" | "s3";
const STORES: readonly StoreName[] = ["database", "redis", "sqs", "s3"];

interface Outage {
  readonly stores: readonly StoreName[];
  readonly how: Exclude<GateState, "open">;
}

const OUTAGES: readonly Outage[] = (["refuse", "hang"] as const).flatMap((how) => [
  { stores: ["database"], how },
  { stores: ["s3"], how },
  { stores: STORES, how },
]);

/** Leases as in production, sweeps and signals sooner: nobody dies, so that no run needs more than one attempt. */
const TIMES = {
  DPP_LEASE_SECONDS: "120",
  DPP_HEARTBEAT_SECONDS: "30",
  DPP_CLAIMED_SECONDS: "120",
  DPP_SWEEP_SECONDS: "1",
  DPP_SIGNAL_SECONDS: "5",
};
const BEFORE_MS = 6_000;
const AFTER_MS = 4_000;
const BETWEEN_MS = { from: 100, to: 700 };
const SUBMITTERS = 3;
const LONG_SHARE = 0.15;
const LONG_MS = { from: 2_000, to: 25_000 };
const REST_MS = 240_000;

interface OutageSummary {
  readonly lines: readonly string[];
  readonly violations: readonly Violation[];
}

/** Every store refuses, then hangs, for so long, while runs are submitted and at work: each run ends at its first attempt. */
export async function outages(
  stateDir: string,
  seconds: number,
  seed: number,
  stop: AbortSignal,
): Promise<OutageSummary> {
  rmSync(stateDir, { recursive: true, force: true });
  mkdirSync(stateDir, { recursive: true });
  const gates = new Map<StoreName, Gate[]>();
  const way = async (store: StoreName, to: string) => {
    const made = await gate(to);
    gates.set(store, [...(gates.get(store) ?? []), made]);
    return made.url;
  };
  const pages = await servePages();
  try {
    const system = await startSystem({
      stateDir,
      env: { PATH: process.env["PATH"], ...TIMES },
      processes: ["edge", "worker", "worker-2", "reaper"],
      fetchAllowHosts: [pages.host],
      detour: async (direct) => ({
        neonHttp: direct.neonHttp,
        upstashUrl: await way("redis", direct.upstashUrl),
        s3Endpoint: await way("s3", direct.s3Endpoint),
        databaseUrl: await way("database", direct.databaseUrl),
        redisUrl: await way("redis", direct.redisUrl),
        sqsEndpoint: await way("sqs", direct.sqsEndpoint),
      }),
    });
    try {
      return await withOwner(system, (db) => endure({ system, db, pages, gates, seed, stop }, seconds));
    } finally {
      for (const each of [...gates.values()].flat()) each.set("open");
      await system.stop();
    }
  } finally {
    await Promise.all([...gates.values()].flat().map((each) => each.close()));
    await pages.close();
  }
}

interface Scenario {
  readonly system: System;
  readonly db: OpenDb;
  readonly pages: Pages;
  readonly gates: ReadonlyMap<StoreName, readonly Gate[]>;
  readonly seed: number;
  readonly stop: AbortSignal;
}

async function endure(scenario: Scenario, seconds: number): Promise<OutageSummary> {
  const { db, gates, stop } = scenario;
  const submitting = new AbortController();
  const tenant = await createDemoTenant(db, { name: "outages" });
  const submitters = Array.from({ length: SUBMITTERS }, (_, number) =>
    submitAway(scenario, tenant.api_key, seeded(scenario.seed, `submitter-${number}`), submitting.signal),
  );
  const alive: string[] = [];
  for (const { stores, how } of OUTAGES) {
    if (stop.aborted) break;
    await pause(BEFORE_MS, stop);
    console.log(`outage: ${stores.join(", ")} ${how} for ${seconds} s`);
    const shut = stores.flatMap((store) => gates.get(store) ?? []);
    alive.push(`${stores.length === 1 ? stores[0] : "all"} ${how} ${await countAtWork(db)}`);
    for (const each of shut) each.set(how);
    await pause(seconds * 1000, stop);
    for (const each of shut) each.set("open");
    await pause(AFTER_MS, stop);
  }
  submitting.abort();
  const accepted = (await Promise.all(submitters)).reduce((sum, count) => sum + count, 0);
  const unrest = await settle(db);
  const runs = z.array(ended).parse(await db.query(SQL, []));
  const burned = runs.filter((run) => run.attempts > 1);
  return {
    lines: [
      `outages            ${OUTAGES.length} of ${seconds} s; ${runs.length} runs, ${accepted} of them confirmed to their caller`,
      `runs at work       when each began: ${alive.join(", ")}`,
      `attempts burned    ${burned.reduce((sum, run) => sum + run.attempts - 1, 0)}`,
    ],
    violations: [
      ...(unrest === undefined ? [] : [unrest]),
      ...burned.map((run) => violation("an outage shorter than a lease burns no attempt", run)),
      ...runs.filter(isWrong).map((run) => violation("an outage shorter than a lease loses no work", run)),
    ],
  };
}

const violation = (rule: string, run: Ended): Violation => ({ rule, subject: `run ${run.run_id}`, detail: run });

const ended = z.object({
  run_id: z.guid(),
  pack_type: z.string(),
  status: z.string(),
  attempts: z.number(),
  reason_code: z.string().nullable(),
});
type Ended = z.infer<typeof ended>;
const SQL =
  "SELECT run_id, pack_type, status, attempt - uncounted_requeues AS attempts, reason_code FROM runs ORDER BY run_id";

/** What these runs may end with by themselves: a page that is not there, or never answers, or may not be fetched. */
const OWN_ENDS = new Set(["HTTP_ERROR", "TIMEBOX_EXCEEDED", "ADDRESS_NOT_ALLOWED"]);
const isWrong = ({ status, pack_type, reason_code }: Ended): boolean =>
  status !== "COMPLETED" && !(pack_type === "url" && OWN_ENDS.has(reason_code ?? ""));

const pause = (ms: number, stop: AbortSignal) => sleep(ms, undefined, { signal: stop }).catch(() => undefined);

/** Submits one run after the other, each until it is taken, and says how many were. */
async function submitAway(
  { system, pages }: Scenario,
  api_key: string,
  random: Seeded,
  stop: AbortSignal,
): Promise<number> {
  let accepted = 0;
  while (!stop.aborted) {
    const idempotency_key = `outage-${random.whole(0, 2 ** 40)}`;
    const isLong = random.chance(LONG_SHARE);
    const body = isLong ? longBody(random, pages) : newPayload(random, pages, idempotency_key).body;
    while (!stop.aborted && !(await submit(system, api_key, idempotency_key, body))) await pause(500, stop);
    if (!stop.aborted) accepted += 1;
    await pause(random.whole(BETWEEN_MS.from, BETWEEN_MS.to), stop);
  }
  return accepted;
}

/** A page that keeps its run at work while the stores go away and come back. */
const longBody = (random: Seeded, pages: Pages): object => ({
  pack_type: "url",
  max_cost_usd: "0.0200",
  timebox_sec: 60,
  inputs: { url: pages.url(`/slow?ms=${random.whole(LONG_MS.from, LONG_MS.to)}`), format: "text" },
});

async function submit(system: System, api_key: string, idempotency_key: string, body: unknown): Promise<boolean> {
  try {
    const response = await fetch(`${system.edgeUrl}/v1/runs`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${api_key}`,
        "content-type": "application/json",
        "idempotency-key": idempotency_key,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.status === 202 || response.status === 200;
  } catch {
    return false;
  }
}

const AT_WORK = "SELECT count(*)::integer AS count FROM runs WHERE status IN ('QUEUED', 'PROCESSING')";
const counted = z.object({ count: z.number() });
const countAtWork = async (db: OpenDb): Promise<number> => counted.parse((await db.query(AT_WORK, []))[0]).count;

async function settle(db: OpenDb): Promise<Violation | undefined> {
  const until = performance.now() + REST_MS;
  while (performance.now() < until) {
    if ((await countAtWork(db)) === 0) return undefined;
    await sleep(500);
  }
  return { rule: "7: it quiesces", subject: `within ${REST_MS / 1000} s of the last outage`, detail: {} };
}
