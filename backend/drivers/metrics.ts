import type { Log } from "#core/ports/log.ts";
import { type Metrics, metricsTo } from "#core/ports/metrics.ts";

/** What changes with every run or call of a store: as lines it would be most of the log. */
const TOO_MANY = new Set([
  "store_seconds",
  "runs_in_flight",
  "process_pool_busy",
  "process_pool_waiting",
  "process_pool_size",
]);

/** Metrics as log lines, for a collector that reads them there. */
export const createLogMetrics = (log: Log): Metrics =>
  metricsTo((kind, metric, value, labels) => {
    if (!TOO_MANY.has(metric)) log.info("metric", { metric, kind, value, labels });
  });
