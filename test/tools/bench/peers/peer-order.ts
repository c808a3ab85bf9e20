import type { BenchTenant } from "../load-order.ts";

export const SYSTEMS = ["decisionproof", "graphile-worker", "pg-boss", "bullmq"] as const;
export type SystemName = (typeof SYSTEMS)[number];
export type PeerName = Exclude<SystemName, "decisionproof">;

export interface PeerAddresses {
  /** As the owner. */
  readonly database_url: string;
  /** As the role of the edge. */
  readonly edge_database_url: string;
  readonly redis_url: string;
  readonly queue_url: string;
  readonly s3_endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** The first message to the process: whose it is. It says "ready". */
export interface PeerStart {
  readonly system: SystemName;
  readonly addresses: PeerAddresses;
  readonly connections: number;
}

/** So many runs, submitted in closed loops; it answers with {@link Submitted}. */
export interface SubmitOrder {
  readonly submit: number;
  readonly clients: number;
  readonly tenants: readonly BenchTenant[];
}

export interface Submitted {
  readonly seconds: number;
}

/** Work until the end, so many jobs at a time; it answers "working". */
export interface WorkOrder {
  readonly concurrency: number;
}
