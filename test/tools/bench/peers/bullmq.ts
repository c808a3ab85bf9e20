import { HOLD, type PaidJob, RESERVE } from "./paid-job.ts";
import { load, type PeerQueue, type PeerStores } from "./peer-queue.ts";

type Connection = Readonly<Record<string, unknown>>;

interface Closes {
  close(): Promise<void>;
}

interface BullMq {
  readonly Queue: new (
    name: string,
    options: { readonly connection: Connection },
  ) => Closes & { add(name: string, data: PaidJob, options: Readonly<Record<string, unknown>>): Promise<unknown> };
  readonly Worker: new (
    name: string,
    processor: (job: { readonly data: PaidJob }) => Promise<void>,
    options: { readonly connection: Connection; readonly concurrency: number },
  ) => Closes & {
    on(event: "error", listener: (error: Error) => void): void;
    waitUntilReady(): Promise<unknown>;
  };
}

const QUEUE = "paid";

/** Money and job are two stores without a transaction: what a crash between them leaves is not cleaned up here. */
export async function bullmq({ addresses, pool }: PeerStores): Promise<PeerQueue> {
  const { Queue, Worker } = await load<BullMq>("bullmq");
  const { hostname, port, username, password } = new URL(addresses.redis_url);
  const connection: Connection = {
    host: hostname,
    port: Number(port),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    maxRetriesPerRequest: null,
  };
  const queue = new Queue(QUEUE, { connection });
  let worker: Closes | undefined;
  return {
    async submit(job, key) {
      const values = [job.run_id, job.tenant_id, key, RESERVE];
      await pool.query({ name: "hold", text: `SELECT ${HOLD}`, values });
      await queue.add("paid", job, { jobId: job.run_id, removeOnComplete: true, attempts: 3 });
    },
    async work(concurrency, perform) {
      const started = new Worker(QUEUE, ({ data }) => perform(data), { connection, concurrency });
      started.on("error", (error) => console.error(error));
      await started.waitUntilReady();
      worker = started;
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}
