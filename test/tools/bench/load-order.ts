/** One closed loop: each client sends its next request when the last one was answered. */
export type WorkName =
  | "submit"
  | "read"
  | "hello-post"
  | "hello-get"
  | "submit-http"
  | "submit-direct"
  | "read-http"
  | "admit-http"
  | "admit-direct"
  | "submit-run-http"
  | "submit-run-direct";

export interface BenchTenant {
  readonly tenant_id: string;
  readonly api_key: string;
}

export interface Addresses {
  readonly edge_url: string;
  readonly hello_url: string;
  readonly upstash_url: string;
  readonly upstash_token: string;
  readonly neon_http: string;
  readonly redis_url: string;
  /** As the role of the edge. */
  readonly database_url: string;
}

export interface LoadOrder {
  readonly work: WorkName;
  readonly clients: number;
  readonly tenants: readonly BenchTenant[];
  /** What reads ask for, by place of the tenant. */
  readonly run_ids: readonly (readonly string[])[];
  /** Requests before this time are sent, checked, and left out of the figures. */
  readonly warm_ms: number;
  readonly measure_ms: number;
  /** Requests at most, the warm ones included. */
  readonly most: number;
}

export interface LoadAnswer {
  /** Of the requests that were answered well within the measured time. */
  readonly latencies_ms: Float64Array;
  readonly measured_ms: number;
  /** All that were answered well, the warm ones included. */
  readonly answered: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Of the load process itself, from the first request to the last answer. */
  readonly cpu_ms: number;
  readonly first_sent_at_ms: number;
}

/** What a kind of work does per request; throws for any answer but the one it must get. */
export interface Work {
  perform(tenant: number, client: number): Promise<void>;
  close(): Promise<void>;
}
