import { STORES } from "./outage.ts";
import { catalog } from "./packs/catalog.ts";

type Service = "edge" | "worker" | "reaper";

/** Of a label whose values are not known beforehand. */
const ANY = undefined;

interface MetricSpec {
  readonly type: "counter" | "gauge" | "histogram";
  readonly by: readonly Service[];
  /** The values of each label, or `ANY`. */
  readonly labels: Readonly<Record<string, readonly string[] | typeof ANY>>;
  readonly help: string;
}

const PACK_TYPES = [...catalog.keys()];
const WORKER = ["worker"] as const;
const REAPER = ["reaper"] as const;
const BACKEND = ["worker", "reaper"] as const;
const EDGE = ["edge"] as const;
const ALL = ["edge", "worker", "reaper"] as const;

/**
 * Every metric of the product. Prometheus knows it as `dpp_<name>`, a counter as `dpp_<name>_total`, with the label
 * `service` besides. Labels have few values: never an id of a tenant, a key or a run. Series of counters and histograms all of
 * whose labels' values are known begin at 0: a rate does not see what a series is born with. Histograms are in seconds.
 */
export const METRICS = {
  build_info: { type: "gauge", by: BACKEND, labels: { version: ANY }, help: "1, for the version that runs." },
  process_started_timestamp_seconds: {
    type: "gauge",
    by: BACKEND,
    labels: {},
    help: "When the process began its work, in Unix seconds.",
  },

  run_seconds: {
    type: "histogram",
    by: WORKER,
    labels: { pack_type: PACK_TYPES, kind: ["interrupted", "done", "input_rejected", "pack_failed"] },
    help: "Work of a pack on a run, waits for a process included.",
  },
  run_wait_seconds: {
    type: "histogram",
    by: WORKER,
    labels: { pack_type: PACK_TYPES },
    help: "From the acceptance of a run to the start of its first attempt.",
  },
  runs_in_flight: { type: "gauge", by: WORKER, labels: { pack_type: PACK_TYPES }, help: "Runs that a pack works on." },
  worker_concurrency: { type: "gauge", by: WORKER, labels: {}, help: "Runs that the worker may hold at once." },
  run_closed: {
    type: "counter",
    by: BACKEND,
    labels: { pack_type: PACK_TYPES, kind: ["done", "input_rejected", "pack_failed", "platform_failed"] },
    help: "Runs that ended here, by how.",
  },
  charged_micros: { type: "counter", by: BACKEND, labels: {}, help: "Charges of runs that this process closed." },
  refunded_micros: {
    type: "counter",
    by: BACKEND,
    labels: {},
    help: "What runs that this process closed had reserved and were not charged.",
  },
  run_interrupted: {
    type: "counter",
    by: WORKER,
    labels: {},
    help: "Runs that an error interrupted; a sweep or the next signal goes on.",
  },
  run_waited_too_long: {
    type: "counter",
    by: WORKER,
    labels: { pack_type: PACK_TYPES },
    help: "Runs that found no free work process in time.",
  },
  lease_beats: {
    type: "counter",
    by: WORKER,
    labels: { outcome: ["extended", "lost", "unanswered"] },
    help: "Heartbeats of leases: extended, lost or unanswered.",
  },
  lease_lost: { type: "counter", by: WORKER, labels: {}, help: "Runs at work whose lease was lost." },
  process_pool_busy: { type: "gauge", by: WORKER, labels: { pool: ANY }, help: "Work processes that have a request." },
  process_pool_size: {
    type: "gauge",
    by: WORKER,
    labels: { pool: ANY },
    help: "The most work processes that the pool has.",
  },
  process_pool_waiting: {
    type: "gauge",
    by: WORKER,
    labels: { pool: ANY },
    help: "Requests that wait for a work process.",
  },
  child_ended: {
    type: "counter",
    by: WORKER,
    labels: { pool: ANY, fault: ANY },
    help: "Work processes that ended before or at their work: for memory, for time, or killed from outside.",
  },
  work_process_lost: {
    type: "counter",
    by: WORKER,
    labels: { pack_type: PACK_TYPES },
    help: "Attempts lost with their work process; they are repeated.",
  },
  model_requests: {
    type: "counter",
    by: WORKER,
    labels: { outcome: ["answered", "refused", "unanswered"] },
    help: "Requests to the model's endpoint: answered, refused for no fault of the question, or unanswered.",
  },

  store_seconds: {
    type: "histogram",
    by: ALL,
    labels: { store: STORES, operation: ANY },
    help: "One call of a store.",
  },
  store_failures: {
    type: "counter",
    by: ALL,
    labels: { store: STORES, operation: ANY },
    help: "Calls of a store that failed, for whatever reason.",
  },
  store_outages: {
    type: "counter",
    by: ALL,
    labels: { store: STORES },
    help: "Calls of a store that got no answer, or one that decides nothing.",
  },
  trace_spans_lost: {
    type: "counter",
    by: ALL,
    labels: {},
    help: "Spans that were not delivered: the collector refused them or was out for too long.",
  },

  queued_runs: { type: "gauge", by: REAPER, labels: {}, help: "Runs that wait for a worker; 10000 stands for more." },
  oldest_queued_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "How long the run has waited that has waited longest for a worker; 0 where none waits.",
  },
  processing_runs: { type: "gauge", by: REAPER, labels: {}, help: "Leased runs; 10000 stands for more." },
  claimed_runs: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Runs whose result is being written (CLAIMED); 10000 stands for more.",
  },
  oldest_claimed_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Age of the oldest claim; 0 without one.",
  },
  processes_alive: {
    type: "gauge",
    by: REAPER,
    labels: { process: ["worker", "reaper"] },
    help: "Workers and reapers that said in the last 60 s that they are alive.",
  },
  switch_mode: {
    type: "gauge",
    by: REAPER,
    labels: { mode: ANY },
    help: "1 for the mode of the operator's switch, else 0.",
  },
  queue_messages: {
    type: "gauge",
    by: REAPER,
    labels: { state: ["visible", "in_flight", "delayed"] },
    help: "Messages of the signal queue as SQS estimates them: visible, in_flight, delayed.",
  },
  dead_letters: { type: "gauge", by: REAPER, labels: {}, help: "Messages of the dead-letter queue." },
  run_never_claimed: {
    type: "counter",
    by: REAPER,
    labels: {},
    help: "Signals, from the fifth on, of a run that no worker took.",
  },
  signals_repeated: { type: "counter", by: REAPER, labels: {}, help: "Signals sent again for queued runs." },
  lease_requeued: { type: "counter", by: REAPER, labels: {}, help: "Runs of lost workers that were queued again." },
  lease_failed: {
    type: "counter",
    by: REAPER,
    labels: {},
    help: "Runs that failed since their last attempt was lost.",
  },
  claim_rolled_forward: {
    type: "counter",
    by: REAPER,
    labels: {},
    help: "Claimed runs closed by the result that S3 holds.",
  },
  claim_rolled_back: { type: "counter", by: REAPER, labels: {}, help: "Claimed runs whose attempt did not finish." },

  sweep_seconds: { type: "histogram", by: REAPER, labels: { sweep: ANY }, help: "One round of a sweep." },
  sweep_failed: { type: "counter", by: REAPER, labels: { sweep: ANY }, help: "Rounds of a sweep that failed." },
  sweep_last_success_timestamp_seconds: {
    type: "gauge",
    by: REAPER,
    labels: { sweep: ANY },
    help: "When a round last succeeded, in Unix seconds; before the first, when the reaper started.",
  },
  commit_horizon_age_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "For how long an open transaction has held back lists in commit order.",
  },

  money_micros: {
    type: "gauge",
    by: REAPER,
    labels: { account: ["granted", "charged", "reserved", "available"] },
    help: "All tenants' granted, charged, reserved and available, counted in turns of 500 tenants.",
  },
  money_counted_timestamp_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "When all tenants were last counted to the end, in Unix seconds.",
  },
  tenants: {
    type: "gauge",
    by: REAPER,
    labels: { plan: ANY },
    help: "Tenants by plan: the 20 largest plans, other, and none.",
  },
  ledger_drift_tenants: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Tenants whose ledger and balance disagreed when this reaper last audited them; must be 0.",
  },
  audit_findings_open: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Findings of the audit that no person has resolved.",
  },
  audit_finding: { type: "counter", by: REAPER, labels: { kind: ANY }, help: "New findings of the audit." },
  audit_required: { type: "counter", by: BACKEND, labels: {}, help: "Runs that were frozen." },
  tenant_unaudited: { type: "counter", by: REAPER, labels: {}, help: "Audits of a tenant that failed." },
  runs_unjudged: { type: "counter", by: REAPER, labels: {}, help: "Batches of runs that could not be audited." },
  mirror_drift: { type: "counter", by: REAPER, labels: {}, help: "Tenants whose amounts in Redis were replaced." },
  mirror_unwritable: { type: "counter", by: REAPER, labels: {}, help: "Tenants that could not be synced to Redis." },

  webhook_pending_deliveries: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Deliveries that are due or wait for their next attempt; 10000 stands for more.",
  },
  webhook_oldest_due_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "For how long a delivery has been due that no reaper has looked at; 0 where none is.",
  },
  webhook_waiting_events: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "Events that are not yet deliveries; 10000 stands for more.",
  },
  webhook_attempts: {
    type: "counter",
    by: REAPER,
    labels: { outcome: ["delivered", "retry", "failed", "gone"] },
    help: "Attempts: delivered, retry, failed, gone.",
  },
  webhooks_skipped: {
    type: "counter",
    by: REAPER,
    labels: {},
    help: "Deliveries above the hourly limit of an account.",
  },
  webhook_unconcluded: { type: "counter", by: REAPER, labels: {}, help: "Attempts whose outcome was not recorded." },
  webhook_output_unread: { type: "counter", by: REAPER, labels: {}, help: "Deliveries sent without their output." },
  events_forgotten: { type: "counter", by: REAPER, labels: {}, help: "Events deleted 30 days after they happened." },
  retention_lag_seconds: {
    type: "gauge",
    by: REAPER,
    labels: {},
    help: "For how long a run is past its retention whose result is not deleted; 0 without one.",
  },
  run_purged: { type: "counter", by: REAPER, labels: {}, help: "Runs whose result and inputs were deleted." },
  run_unpurgeable: { type: "counter", by: REAPER, labels: {}, help: "Runs whose result could not be deleted." },

  requests: {
    type: "counter",
    by: EDGE,
    labels: { method: ANY, route: ANY, status: ANY, slug: ANY },
    help: "Requests that were answered.",
  },
  request_seconds: {
    type: "histogram",
    by: EDGE,
    labels: { method: ANY, route: ANY, status: ANY },
    help: "From a request to its answer; of a wait or a stream, to its first byte.",
  },
  redis_bypassed: {
    type: "counter",
    by: EDGE,
    labels: { class: ["submit", "read"] },
    help: "Requests decided without Redis.",
  },
  mirror_refreshed: {
    type: "counter",
    by: EDGE,
    labels: { outcome: ANY },
    help: "Refusals of Redis that Postgres was asked about.",
  },
  tool_refused: { type: "counter", by: EDGE, labels: { tool: ANY, slug: ANY }, help: "Refused calls of MCP tools." },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof METRICS;
type NameOf<T extends MetricSpec["type"]> = {
  [N in MetricName]: (typeof METRICS)[N]["type"] extends T ? N : never;
}[MetricName];
export type CounterName = NameOf<"counter">;
export type GaugeName = NameOf<"gauge">;
export type HistogramName = NameOf<"histogram">;

type ValueOf<V> = V extends readonly (infer Value extends string)[] ? Value : string;
export type LabelsOf<N extends MetricName, L = (typeof METRICS)[N]["labels"]> = {
  readonly [K in keyof L]: ValueOf<L[K]>;
};
