import type pg from "pg";
import { HOLD, type PaidJob, RESERVE } from "./paid-job.ts";
import { load, type PeerQueue, type PeerStores } from "./peer-queue.ts";

interface GraphileWorker {
  run(options: {
    readonly pgPool: pg.Pool;
    readonly concurrency: number;
    readonly noHandleSignals: boolean;
    readonly logger: unknown;
    readonly taskList: Readonly<Record<string, (payload: PaidJob) => Promise<void>>>;
    readonly preset: { readonly worker: Readonly<Record<string, unknown>> };
  }): Promise<{ stop(): Promise<void> }>;
  runMigrations(options: { readonly pgPool: pg.Pool }): Promise<void>;
  readonly Logger: new (factory: () => () => void) => unknown;
}

/** Milliseconds in which jobs that end are completed together. */
const COMPLETE_TOGETHER_MS = 10;

/** Both of its ways of batching are on. Money and job are one statement. */
export async function graphileWorker({ pool }: PeerStores): Promise<PeerQueue> {
  const { run, runMigrations, Logger } = await load<GraphileWorker>("graphile-worker");
  await runMigrations({ pgPool: pool });
  const text = `SELECT graphile_worker.add_job('paid', $5::json) FROM ${HOLD} AS held WHERE held`;
  let runner: { stop(): Promise<void> } | undefined;
  return {
    async submit(job, key) {
      const values = [job.run_id, job.tenant_id, key, RESERVE, JSON.stringify(job)];
      const { rowCount } = await pool.query({ name: "submit", text, values });
      if (rowCount !== 1) throw new Error("the job was not queued");
    },
    async work(concurrency, perform) {
      runner = await run({
        pgPool: pool,
        concurrency,
        noHandleSignals: true,
        logger: new Logger(() => () => undefined),
        taskList: { paid: perform },
        preset: {
          worker: { localQueue: { size: concurrency * 2 }, completeJobBatchDelay: COMPLETE_TOGETHER_MS },
        },
      });
    },
    async close() {
      await runner?.stop();
    },
  };
}
