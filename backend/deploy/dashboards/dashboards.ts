import type { Dashboard } from "./panels.ts";

/** The quantile of a histogram's rate, by one label. */
const quantile = (q: number, metric: string, by: string, where = "") =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric}_bucket${where}[5m])))`;
const USD = (account: string) => `max(dpp_money_micros{account="${account}"}) / 1e6`;

const service: Dashboard = {
  uid: "dpp-service",
  title: "Service",
  panels: [
    {
      title: "Workers alive",
      unit: "none",
      kind: "number",
      queries: { workers: 'max(dpp_processes_alive{process="worker"})' },
    },
    { title: "Runs that wait", unit: "none", kind: "number", queries: { queued: "max(dpp_queued_runs)" } },
    { title: "Longest wait", unit: "s", kind: "number", queries: { oldest: "max(dpp_oldest_queued_seconds)" } },
    {
      title: "Edge, from outside",
      unit: "bool",
      kind: "number",
      queries: { ready: 'max(probe_success{job="dpp-edge"})' },
    },
    {
      title: "Runs that end, per second",
      unit: "ops",
      queries: { "{{kind}}": "sum by (kind) (rate(dpp_run_closed_total[5m]))" },
    },
    {
      title: "From acceptance to start",
      unit: "s",
      queries: {
        p50: quantile(0.5, "dpp_run_wait_seconds", "service"),
        p99: quantile(0.99, "dpp_run_wait_seconds", "service"),
      },
    },
    {
      title: "Work of a pack, p95",
      unit: "s",
      queries: { "{{pack_type}}": quantile(0.95, "dpp_run_seconds", "pack_type") },
    },
    {
      title: "Budgets: share of the last hour's runs",
      unit: "percentunit",
      queries: {
        "failed by the platform": "dpp:runs_failed_by_platform:ratio_rate1h",
        "started later than 5 s": "dpp:runs_started_late:ratio_rate1h",
      },
    },
    {
      title: "Runs by state",
      unit: "none",
      queries: {
        queued: "max(dpp_queued_runs)",
        processing: "max(dpp_processing_runs)",
        claimed: "max(dpp_claimed_runs)",
      },
    },
    {
      title: "Alerts that fire",
      unit: "none",
      queries: { "{{alertname}}": 'count by (alertname) (ALERTS{alertstate="firing"})' },
    },
  ],
};

const money: Dashboard = {
  uid: "dpp-money",
  title: "Money",
  panels: [
    {
      title: "Tenants whose ledger and balance disagree",
      unit: "none",
      kind: "number",
      queries: { drift: "max(dpp_ledger_drift_tenants)" },
    },
    {
      title: "Open findings of the audit",
      unit: "none",
      kind: "number",
      queries: { findings: "max(dpp_audit_findings_open)" },
    },
    { title: "Reserved", unit: "currencyUSD", kind: "number", queries: { reserved: USD("reserved") } },
    { title: "Available", unit: "currencyUSD", kind: "number", queries: { available: USD("available") } },
    {
      title: "All tenants' money",
      unit: "currencyUSD",
      queries: {
        granted: USD("granted"),
        charged: USD("charged"),
        reserved: USD("reserved"),
        available: USD("available"),
      },
    },
    {
      title: "Per hour",
      unit: "currencyUSD",
      queries: {
        charged: "sum(rate(dpp_charged_micros_total[15m])) * 3600 / 1e6",
        refunded: "sum(rate(dpp_refunded_micros_total[15m])) * 3600 / 1e6",
      },
    },
    {
      title: "Frozen runs, per hour",
      unit: "none",
      queries: { frozen: "sum(increase(dpp_audit_required_total[1h]))" },
    },
    {
      title: "Since all tenants were counted",
      unit: "s",
      queries: { age: "time() - max(dpp_money_counted_timestamp_seconds)" },
    },
    {
      title: "Claimed runs that the reaper decided, per second",
      unit: "ops",
      queries: {
        "rolled forward": "sum(rate(dpp_claim_rolled_forward_total[5m]))",
        "rolled back": "sum(rate(dpp_claim_rolled_back_total[5m]))",
      },
    },
  ],
};

const workers: Dashboard = {
  uid: "dpp-workers",
  title: "Workers",
  panels: [
    { title: "In flight", unit: "none", queries: { "{{pack_type}}": "sum by (pack_type) (dpp_runs_in_flight)" } },
    {
      title: "Slots in use",
      unit: "percentunit",
      queries: {
        "{{instance}}": "sum by (instance) (dpp_runs_in_flight) / sum by (instance) (dpp_worker_concurrency)",
      },
    },
    {
      title: "Heartbeats, per second",
      unit: "ops",
      queries: { "{{outcome}}": "sum by (outcome) (rate(dpp_lease_beats_total[5m]))" },
    },
    {
      title: "Runs queued again, or failed, after a lost worker",
      unit: "ops",
      queries: {
        "queued again": "sum(rate(dpp_lease_requeued_total[5m]))",
        failed: "sum(rate(dpp_lease_failed_total[5m]))",
        interrupted: "sum(rate(dpp_run_interrupted_total[5m]))",
      },
    },
    {
      title: "Work processes in use",
      unit: "percentunit",
      queries: { "{{pool}}": "sum by (pool) (dpp_process_pool_busy) / sum by (pool) (dpp_process_pool_size)" },
    },
    {
      title: "Requests that wait for a work process",
      unit: "none",
      queries: { "{{pool}}": "sum by (pool) (dpp_process_pool_waiting)" },
    },
    {
      title: "Work processes that ended at work, per second",
      unit: "ops",
      queries: { "{{pool}} {{fault}}": "sum by (pool, fault) (rate(dpp_child_ended_total[5m]))" },
    },
    {
      title: "Resident memory",
      unit: "bytes",
      queries: { "{{service}} {{instance}}": "process_resident_memory_bytes" },
    },
    {
      title: "Event loop lag, p99",
      unit: "s",
      queries: { "{{service}} {{instance}}": "nodejs_eventloop_lag_p99_seconds" },
    },
    {
      title: "Age of a process",
      unit: "s",
      queries: { "{{service}} {{instance}}": "time() - dpp_process_started_timestamp_seconds" },
    },
  ],
};

const stores: Dashboard = {
  uid: "dpp-stores",
  title: "Stores",
  panels: [
    {
      title: "Calls, per second",
      unit: "ops",
      queries: { "{{store}}": "sum by (store) (rate(dpp_store_seconds_count[5m]))" },
    },
    { title: "Time of a call, p99", unit: "s", queries: { "{{store}}": "dpp:store_seconds:p99_rate10m" } },
    {
      title: "Outages, per second",
      unit: "ops",
      queries: { "{{store}}": "sum by (store) (rate(dpp_store_outages_total[5m]))" },
    },
    {
      title: "Failed calls, per second",
      unit: "ops",
      queries: { "{{store}} {{operation}}": "sum by (store, operation) (rate(dpp_store_failures_total[5m]))" },
    },
    {
      title: "Slowest statements, p95",
      unit: "s",
      queries: {
        "{{operation}}": `topk(8, ${quantile(0.95, "dpp_store_seconds", "operation", '{store="database"}')})`,
      },
    },
    {
      title: "Since a sweep last succeeded",
      unit: "s",
      queries: { "{{sweep}}": "time() - max by (sweep) (dpp_sweep_last_success_timestamp_seconds)" },
    },
    {
      title: "Round of a sweep, p95",
      unit: "s",
      queries: { "{{sweep}}": quantile(0.95, "dpp_sweep_seconds", "sweep") },
    },
    {
      title: "Messages of the queue",
      unit: "none",
      queries: { "{{state}}": "max by (state) (dpp_queue_messages)", dead: "max(dpp_dead_letters)" },
    },
    { title: "Commit horizon stands still", unit: "s", queries: { age: "max(dpp_commit_horizon_age_seconds)" } },
    {
      title: "Redis differed from Postgres, per second",
      unit: "ops",
      queries: {
        replaced: "sum(rate(dpp_mirror_drift_total[5m]))",
        unwritable: "sum(rate(dpp_mirror_unwritable_total[5m]))",
      },
    },
  ],
};

const tenants: Dashboard = {
  uid: "dpp-tenants",
  title: "Tenants",
  panels: [
    { title: "Tenants by plan", unit: "none", queries: { "{{plan}}": "max by (plan) (dpp_tenants)" } },
    {
      title: "Runs by pack, per second",
      unit: "ops",
      queries: { "{{pack_type}}": "sum by (pack_type) (rate(dpp_run_closed_total[5m]))" },
    },
    {
      title: "Webhook attempts, per second",
      unit: "ops",
      queries: { "{{outcome}}": "sum by (outcome) (rate(dpp_webhook_attempts_total[5m]))" },
    },
    {
      title: "Webhooks that wait",
      unit: "none",
      queries: {
        deliveries: "max(dpp_webhook_pending_deliveries)",
        events: "max(dpp_webhook_waiting_events)",
      },
    },
    { title: "Longest overdue delivery", unit: "s", queries: { overdue: "max(dpp_webhook_oldest_due_seconds)" } },
    {
      title: "Deliveries above the hourly limit",
      unit: "ops",
      queries: { skipped: "sum(rate(dpp_webhooks_skipped_total[5m]))" },
    },
    { title: "Longest past retention", unit: "s", queries: { lag: "max(dpp_retention_lag_seconds)" } },
    { title: "Results deleted, per second", unit: "ops", queries: { purged: "sum(rate(dpp_run_purged_total[5m]))" } },
  ],
};

export const DASHBOARDS: readonly Dashboard[] = [service, money, workers, stores, tenants];
