import { randomUUID } from "node:crypto";
import pg from "pg";
import { newId } from "../../../../backend/core/domain/ids.ts";
import { decisionOffer } from "../../../../backend/core/domain/packs/decision.ts";
import { createRandom } from "../../../../backend/drivers/random.ts";
import { JOB } from "../job.ts";
import type { BenchTenant } from "../load-order.ts";
import { bullmq } from "./bullmq.ts";
import { decisionproofSubmits } from "./decisionproof.ts";
import { graphileWorker } from "./graphile-worker.ts";
import { paidWorker } from "./paid-job.ts";
import type { PeerName, PeerStart, SubmitOrder, Submitted, WorkOrder } from "./peer-order.ts";
import type { PeerQueue, PeerStores } from "./peer-queue.ts";
import { pgBoss } from "./pg-boss.ts";

const QUEUES: Readonly<Record<PeerName, (stores: PeerStores) => Promise<PeerQueue>>> = {
  "graphile-worker": graphileWorker,
  "pg-boss": pgBoss,
  bullmq,
};

interface Part {
  submit(tenant: BenchTenant): Promise<void>;
  /** All that submits have begun. */
  drain(): Promise<void>;
  work(concurrency: number): Promise<void>;
  close(): Promise<void>;
}

async function open({ system, addresses, connections }: PeerStart): Promise<Part> {
  if (system === "decisionproof") {
    const work = () => Promise.reject(new Error("its worker is a process of its own"));
    return { ...decisionproofSubmits(addresses), work };
  }
  const pool = new pg.Pool({ connectionString: addresses.database_url, max: connections });
  pool.on("error", (error) => console.error(error));
  pool.on("connect", (client) => client.on("error", (error) => console.error(error)));
  const queue = await QUEUES[system]({ addresses, pool, connections });
  const worker = paidWorker(addresses, pool);
  const random = createRandom();
  const inputs = decisionOffer.inputs.parse(JOB.inputs);
  return {
    submit: ({ tenant_id }) =>
      queue.submit({ run_id: newId(Date.now(), random.bytes(16)), tenant_id, inputs }, randomUUID()),
    drain: async () => undefined,
    work: (concurrency) => queue.work(concurrency, (job) => worker.perform(job)),
    async close() {
      await queue.close();
      worker.close();
      await pool.end();
    },
  };
}

async function submitAll(part: Part, { submit, clients, tenants }: SubmitOrder): Promise<Submitted> {
  const began = performance.now();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < submit) {
      const tenant = tenants[sent % tenants.length];
      sent += 1;
      if (tenant !== undefined) await part.submit(tenant);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await part.drain();
  return { seconds: (performance.now() - began) / 1000 };
}

let part: Part | undefined;

async function obey(message: PeerStart | SubmitOrder | WorkOrder): Promise<void> {
  if ("system" in message) {
    part = await open(message);
    process.send?.("ready");
  } else if (part === undefined) {
    throw new Error("nobody's process yet");
  } else if ("submit" in message) {
    process.send?.(await submitAll(part, message));
  } else {
    await part.work(message.concurrency);
    process.send?.("working");
  }
}

const end = (error: unknown): never => {
  console.error(error);
  process.exit(1);
};
process.on("message", (message: PeerStart | SubmitOrder | WorkOrder) => {
  obey(message).catch(end);
});
process.once("disconnect", () => {
  Promise.resolve(part?.close()).then(() => process.exit(0), end);
});
