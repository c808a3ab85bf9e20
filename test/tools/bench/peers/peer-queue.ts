import type pg from "pg";
import type { PaidJob } from "./paid-job.ts";
import type { PeerAddresses } from "./peer-order.ts";

/** A job queue as its own documents say that it is used, beside money in Postgres. */
export interface PeerQueue {
  /** Holds the money and queues the job. */
  submit(job: PaidJob, idempotency_key: string): Promise<void>;
  /** Works from now on; resolves once it does. */
  work(concurrency: number, perform: (job: PaidJob) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface PeerStores {
  readonly addresses: PeerAddresses;
  readonly pool: pg.Pool;
  readonly connections: number;
}

/** A package of the peers, which the house's compiler does not see: `T` is as much of it as is used. */
export async function load<T>(specifier: string): Promise<T> {
  return (await import(specifier)) as T;
}
