import { createHash, randomUUID } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { Redis as RawClient } from "ioredis";
import { micros, minimumFee } from "#core/domain/money.ts";
import { Problem, PROBLEMS } from "#core/domain/problem.ts";
import { resultKey } from "#core/domain/receipt.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { findRun, type FoundRun } from "#core/store/runs/find-run.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { sweepClaims } from "../../../backend/reaper/sweeps/claimed.ts";
import { sweepLeases } from "../../../backend/reaper/sweeps/lease.ts";
import { sweepRetention } from "../../../backend/reaper/sweeps/retention.ts";
import { sweepSignals } from "../../../backend/reaper/sweeps/signal.ts";
import { newSyncCursors, sweepSync } from "../../../backend/reaper/sweeps/sync.ts";
import { processMessage, type WorkerDeps } from "../../../backend/worker/process-run.ts";
import { IsolateRateLimiter } from "../../../edge/admission/isolate-rate-limiter.ts";
import { LruCache } from "../../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../../edge/admission/denied-key-cache.ts";
import { submit, type SubmitDeps } from "../../../edge/runs/submit.ts";
import type { Through } from "./faults.ts";
import type { Account } from "../../dev/add-tenant.ts";
import { balanceOf, createMoneyWorld, type MoneyWorld, submission } from "./money-world.ts";
import { memoryQueue } from "./memory-queue.ts";
import { done, NEVER, packOf, TIMES, untilAborted } from "./run-harness.ts";
import { installSqlClock } from "./sql-clock.ts";
import { silentLog } from "../../support/silent-log.ts";
import { stackStores } from "../../support/stack-stores.ts";

const GENEROUS = { per_minute: 600_000, burst: 10_000 };
const MAX_ROUNDS = 12;
/** Longer than a lease, a claim's patience and a first signal's. */
const ROUND_SECONDS = 150;

/** What the default pack's work costs. */
export const COST = 7_000;
const nothing: Through = (deps) => deps;

/** Retries do not wait; a heartbeat or a timebox, when nobody makes them, does not come. */
export const aggressive: Sleeper = {
  sleep: (ms, until) => (ms <= 5_000 ? Promise.resolve() : untilAborted(until)),
};

interface SubmitOptions {
  readonly idempotency_key?: string;
  readonly reserve?: number;
  readonly timebox_sec?: number;
  readonly through?: Through;
}
type WorkOptions = Partial<Omit<WorkerDeps, "log" | "metrics">> & {
  readonly through?: Through;
  readonly stop?: AbortSignal;
};

export type PaidWorld = Awaited<ReturnType<typeof createPaidWorld>>;

/**
 * Edge, workers and reaper as use cases on real stores, under a clock that the test moves. Whatever the test does to one
 * of them, the others are there, and `goOn` lets them work until nothing is left to do.
 */
export async function createPaidWorld() {
  const money: MoneyWorld = await createMoneyWorld();
  const clock = await installSqlClock(money.owner);
  const { stack, redis, objects, s3, worker: common, close } = stackStores();
  const { random } = common;
  const raw = new RawClient(stack.redisUrl);
  const queue = memoryQueue();

  const edge: Omit<SubmitDeps, "defer"> = {
    db: money.edge,
    redis,
    signals: queue,
    clock,
    random,
    log: silentLog,
    metrics: NO_METRICS,
    grace_seconds: 90,
    tenants: new LruCache(1_000),
    unauthenticated: new IsolateRateLimiter(GENEROUS, clock),
    denied_keys: new DeniedKeyCache(clock),
    bypass: { submit: new IsolateRateLimiter(GENEROUS, clock), read: new IsolateRateLimiter(GENEROUS, clock) },
    refreshes: new IsolateRateLimiter(GENEROUS, clock),
  };
  const worker: WorkerDeps = {
    ...common,
    db: money.backend,
    queue,
    clock,
    sleeper: aggressive,
    packs: packOf(async () => done({ answer: 42 }, 7)),
  };

  const world = {
    money,
    clock,
    redis,
    raw,
    queue,
    worker,
    objects,
    random,
    account: (options: Parameters<MoneyWorld["account"]>[0] = {}) =>
      money.account({ ...options, plan: { submit_per_minute: 600_000, submit_burst: 10_000, ...options.plan } }),

    /** What the caller is told, and of which run. */
    submit: async (account: Account, options: SubmitOptions = {}) => {
      const {
        idempotency_key = `key-${randomUUID()}`,
        reserve = 100_000,
        timebox_sec = 90,
        through = nothing,
      } = options;
      const amount = micros(reserve);
      const {
        run_id: _,
        key_sha256,
        payload_sha256,
        inputs,
        ...request
      } = submission(account, { reserve: amount, timebox_sec, idempotency_key });
      const deferred: Promise<unknown>[] = [];
      const defer: SubmitDeps["defer"] = (_what, work) => void deferred.push(work().catch(() => undefined));
      const caller = { key_sha256, address: "203.0.113.7" };
      const { verdict } = await submit({ ...through(edge), defer }, caller, {
        ...request,
        content: () => ({ payload_sha256, inputs }),
        price: { least: amount, most: amount },
        minimum_fee: minimumFee(amount, amount),
      });
      await Promise.all(deferred);
      if (verdict instanceof Problem)
        return { response: `${PROBLEMS[verdict.slug].status} ${verdict.slug}`, run_id: "" };
      return { response: "202", run_id: verdict.run.run_id };
    },
    /** A run that was accepted. */
    accepted: async (account: Account, options: SubmitOptions = {}) => {
      const { response, run_id } = await world.submit(account, options);
      if (response !== "202") throw new Error(response);
      return run_id;
    },
    /** A worker that takes the run's signal. */
    work: (run_id: string, { through = nothing, stop = NEVER, ...deps }: WorkOptions = {}) =>
      processMessage(through({ ...worker, ...deps }), TIMES, queue.of(run_id), stop),

    leases: (through = nothing, max_attempts = 3) => sweepLeases(through(worker), max_attempts, NEVER),
    claims: (through = nothing) => sweepClaims(through(worker), { claimed_seconds: 120, max_attempts: 3 }, NEVER),
    signals: (through = nothing) => sweepSignals(through(worker), 60, NEVER),
    /** As when the grace has passed since the last request. */
    sync: () => sweepSync(worker, { moved_within_seconds: 86_400, grace_seconds: 0 }, newSyncCursors(), NEVER),
    retain: (through = nothing) => sweepRetention(through({ ...worker, objects }), { after: undefined }, NEVER),
    /** Time goes by, every sweep sweeps and workers take what is in the queue, until no run is open. */
    goOn: async () => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        await clock.advance(ROUND_SECONDS);
        await world.leases();
        await world.claims();
        await world.signals();
        await Promise.all(queue.all().map((message) => processMessage(worker, TIMES, message, NEVER)));
        await world.sync();
        const open = await money.owner.query("SELECT FROM runs WHERE status IN ('QUEUED', 'PROCESSING')", []);
        if (open.length === 0) return;
      }
      throw new Error("some runs never end");
    },

    run: async ({ key_sha256 }: Account, run_id: string): Promise<FoundRun> => {
      const found = await findRun(money.edge, key_sha256, run_id);
      if (found.kind !== "found") throw new Error(found.kind);
      return found.run;
    },
    /** Whether the caller gets the very bytes that the run promises. */
    isDelivered: async (account: Account, run_id: string): Promise<boolean> => {
      const { result_attempt, result_sha256, tenant_id } = await world.run(account, run_id);
      const Key = resultKey(tenant_id, run_id, result_attempt ?? 0);
      const object = await s3.send(new GetObjectCommand({ Bucket: stack.bucket, Key }));
      const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
      return createHash("sha256").update(bytes).digest("hex") === result_sha256;
    },
    transfers: async (run_id: string): Promise<Record<string, number>> => {
      const sql = "SELECT kind, amount_micros FROM ledger_transfers WHERE run_id = $1";
      const rows = await money.owner.query(sql, [run_id]);
      return Object.fromEntries(rows.map((row) => [String(row["kind"]), Number(row["amount_micros"])]));
    },
    balance: (account: Account) => balanceOf(money, account),
    /** What Redis says of a tenant's money. */
    mirror: async ({ tenant_id }: Account) => {
      const keys = tenantKeys(tenant_id);
      const [available, open] = [await raw.hget(keys.budget, "available"), await raw.hkeys(keys.open)];
      return { available: available === null ? undefined : Number(available), open_runs: open.length };
    },
    /** As after a flush, for this tenant alone: other files share the server. */
    forgetInRedis: async ({ tenant_id }: Account) => void (await raw.del(...(await raw.keys(`{${tenant_id}}:*`)))),
    close: async () => {
      close();
      raw.disconnect();
      await money.close();
    },
  };
  return world;
}
