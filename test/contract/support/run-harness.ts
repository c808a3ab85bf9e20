import { randomUUID } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { inject } from "vitest";
import type { PackOffer, PackOutcome } from "#core/domain/pack.ts";
import { micros, minimumFee } from "#core/domain/money.ts";
import { newId } from "#core/domain/ids.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { encodeSignal } from "#core/domain/message.ts";
import type { Clock, Sleeper } from "#core/ports/clock.ts";
import type { Log } from "#core/ports/log.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { NO_TRACER } from "#core/ports/tracer.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import { parseApiKey } from "#core/domain/api-key.ts";
import { awsClient } from "../../../backend/drivers/aws-client.ts";
import { createClock, createSleeper } from "../../../backend/drivers/clock.ts";
import { createPgDb } from "../../../backend/drivers/pg.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { createRedis } from "../../../backend/drivers/redis.ts";
import { createS3Objects } from "../../../backend/drivers/s3.ts";
import { createOffThread } from "../../../backend/worker/off-thread/off-thread.ts";
import type { PackContext } from "../../../backend/worker/packs/pack.ts";
import { z } from "zod";
import { processMessage, type WorkerDeps, type WorkerTimes } from "../../../backend/worker/process-run.ts";
import { createTestDatabase } from "../../dev/database.ts";
import { createDemoTenant } from "../../dev/demo-tenant.ts";
import { SUBMITTED } from "../../support/submission.ts";

export const NEVER = new AbortController().signal;
export const hang = () => new Promise<never>(() => undefined);
export const TIMES: WorkerTimes = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };

/** A clock that stands still: however long a step takes on a crowded machine, it takes nothing of a run's time. */
export function stillClock(): Clock {
  const now = Date.now();
  return { now: () => now };
}

/** A wait that lasts until its signal aborts. */
export const untilAborted = (signal?: AbortSignal) =>
  new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };

/** A queue that remembers what it was told. */
function recordingQueue() {
  const queueCalls = { sent: [] as string[], deleted: [] as string[], hidden: [] as string[] };
  const queue: SignalReceiver & SignalSender = {
    receive: () => Promise.resolve([]),
    send: (bodies) => Promise.resolve(void queueCalls.sent.push(...bodies)),
    delete: (handle) => Promise.resolve(void queueCalls.deleted.push(handle)),
    hide: (handle) => Promise.resolve(void queueCalls.hidden.push(handle)),
  };
  return { queue, queueCalls };
}

const offer: PackOffer<unknown> = {
  type: "decision",
  version: "1",
  title: "test",
  summary: "a pack of the test's own",
  inputs: z.unknown(),
  data: z.unknown(),
  prices: { base: { unit_micros: micros(1_000), per: "run" } },
  reliability: "none",
  example: {},
  estimate: () => ({ units: { base: 1 }, exact: true }),
};

/** A pack that does what the test says, whose data may be anything unless `data` says what they are. */
export const packOf = (run: (context: PackContext) => Promise<PackOutcome>, data: PackOffer["data"] = offer.data) =>
  new Map([["decision", { offer: { ...offer, data }, run: (_: unknown, context: PackContext) => run(context) }]]);

export const done = (data: unknown, base = 1, reliability = 1): PackOutcome => ({
  kind: "done",
  data,
  artifacts: [],
  units: { base },
  reliability,
});

/** Real stores of this test's own, a tenant with money, and the means to submit and look. */
export async function runHarness() {
  const stack = inject("stack");
  const database = await createTestDatabase(stack.databaseUrl);
  const connect = (connectionString: string) =>
    createPgDb({
      connectionString,
      max: 8,
      statement_timeout_ms: 10_000,
      connect_timeout_ms: 10_000,
      application_name: "test",
    });
  const owner = connect(database.owner);
  const edge = connect(database.edge);
  const backend = connect(database.backend);
  const redis = createRedis({ url: stack.redisUrl, command_timeout_ms: 5_000 });
  const aws = {
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: stack.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stack.secretAccessKey,
  };
  const objects = createS3Objects({
    client: awsClient(aws, stack.s3Endpoint, { request_ms: 10_000, attempts: 3 }),
    bucket: stack.bucket,
  });
  const s3 = new S3Client(awsClient(aws, stack.s3Endpoint, { request_ms: 10_000, attempts: 3 }));
  const tenant = await createDemoTenant(owner.db, { name: "test" });
  const random = createRandom();
  const { queue, queueCalls } = recordingQueue();
  const sleeper: Sleeper = createSleeper();
  const metrics = NO_METRICS;

  const deps = (over: Partial<WorkerDeps>): WorkerDeps => ({
    db: backend.db,
    redis: redis.redis,
    objects,
    queue,
    packs: new Map(),
    offThread: createOffThread(),
    fetch: () => Promise.reject(new Error("no network in this test")),
    clock: createClock(),
    sleeper,
    random,
    platform_failure_fee: "none",
    metrics,
    tracer: NO_TRACER,
    log: silent,
    ...over,
  });

  const submit = async (
    over: { reserve?: number; timebox_sec?: number; min_reliability?: number; inputs?: string } = {},
  ) => {
    const reserve = micros(over.reserve ?? 100_000);
    const answer = await submitRun(
      edge.db,
      {
        key_sha256: parseApiKey(tenant.api_key)?.sha256 ?? "",
        run_id: newId(Date.now(), random.bytes(16)),
        idempotency_key: randomUUID(),
        payload_sha256: sha256Hex(randomUUID()),
        ...SUBMITTED,
        inputs: "{}",
        ...over,
        reserve,
        minimum_fee: minimumFee(reserve, reserve),
      },
      { mode: "reserve", deadline_ms: Date.now() + 10_000 },
    );
    if (answer.outcome !== "inserted") throw new Error(answer.outcome);
    return answer.run.run_id;
  };

  const message = (run_id: string) => ({
    body: encodeSignal({ run_id, traceparent: SUBMITTED.traceparent }),
    handle: run_id,
  });

  const one = async (sql: string, values: readonly string[]) => (await owner.db.query(sql, values))[0] ?? {};
  return {
    stack,
    tenant,
    newTenant: () => createDemoTenant(owner.db, { name: "another" }),
    queueCalls,
    s3,
    objects,
    owner: owner.db,
    edge: edge.db,
    backend: backend.db,
    deps,
    submit,
    message,
    /** A worker with this run's signal. */
    work: (run_id: string, over: Partial<WorkerDeps>, stop = NEVER) =>
      processMessage(deps(over), TIMES, message(run_id), stop),
    run: (run_id: string) => one("SELECT * FROM runs WHERE run_id = $1", [run_id]),
    balance: () =>
      one("SELECT granted, charged, reserved, available, open_runs FROM balances WHERE tenant_id = $1", [
        tenant.tenant_id,
      ]),
    /** CHARGE and REFUND of a run, in micros. */
    closing: async (run_id: string) =>
      Object.fromEntries(
        (await owner.db.query("SELECT kind, amount_micros FROM ledger_transfers WHERE run_id = $1", [run_id])).map(
          (row) => [row["kind"], Number(row["amount_micros"])],
        ),
      ),
    close: async () => {
      redis.close();
      objects.close();
      s3.destroy();
      await Promise.all([owner.close(), edge.close(), backend.close()]);
      await database.drop();
    },
  };
}
export type RunHarness = Awaited<ReturnType<typeof runHarness>>;
