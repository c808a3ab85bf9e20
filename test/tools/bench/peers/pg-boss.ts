import { HOLD, type PaidJob, RESERVE } from "./paid-job.ts";
import { load, type PeerQueue, type PeerStores } from "./peer-queue.ts";

interface Database {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

interface Boss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { readonly graceful: boolean }): Promise<void>;
  createQueue(name: string): Promise<void>;
  send(name: string, data: PaidJob, options: { readonly db: Database }): Promise<string | null>;
  work(
    name: string,
    options: Readonly<Record<string, unknown>>,
    handler: (jobs: readonly { readonly data: PaidJob }[]) => Promise<void>,
  ): Promise<string>;
}

interface PgBossPackage {
  readonly PgBoss: new (options: Readonly<Record<string, unknown>>) => Boss;
}

const QUEUE = "paid";
/** Jobs that it takes at once, and completes at once. */
const BATCH = 500;

/** Money and job are one transaction. */
export async function pgBoss({ addresses, pool, connections }: PeerStores): Promise<PeerQueue> {
  const { PgBoss } = await load<PgBossPackage>("pg-boss");
  const { database_url: connectionString } = addresses;
  const boss = new PgBoss({ connectionString, max: connections, schedule: false, supervise: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    async submit(job, key) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const values = [job.run_id, job.tenant_id, key, RESERVE];
        await client.query({ name: "hold", text: `SELECT ${HOLD}`, values });
        const db: Database = { executeSql: (text, parameters) => client.query(text, parameters) };
        if ((await boss.send(QUEUE, job, { db })) === null) throw new Error("the job was not queued");
        await client.query("COMMIT");
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    async work(concurrency, perform) {
      const options = { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
      await boss.work(QUEUE, options, (jobs) => atMost(concurrency, jobs, ({ data }) => perform(data)));
    },
    close: () => boss.stop({ graceful: true }),
  };
}

/** Does all of them, so many at a time. */
async function atMost<T>(concurrency: number, items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
