import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";

/** Metrics as log lines, for a collector that reads them there. */
export function createLogMetrics(log: Log): Metrics {
  return {
    count: (metric, labels = {}) => log.info("metric", { metric, kind: "count", value: 1, labels }),
    gauge: (metric, value, labels = {}) => log.info("metric", { metric, kind: "gauge", value, labels }),
  };
}
