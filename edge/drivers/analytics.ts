import { METRICS } from "#core/domain/metric.ts";
import { type Metrics, metricsTo } from "#core/ports/metrics.ts";

/** A binding of Workers Analytics Engine. */
export interface AnalyticsDataset {
  writeDataPoint(point: {
    readonly indexes: readonly [string];
    readonly blobs: readonly string[];
    readonly doubles: readonly [number];
  }): void;
}

/** Far below the 16 KB of all blobs of a point. */
const LONGEST_BLOB = 256;

/**
 * Metrics as data points, of which an invocation may write 250: `index1` and `blob1` are the metric's name, `blob2` and those
 * that follow its labels in the order of METRICS.md, `double1` the value.
 */
export const createAnalyticsMetrics = (dataset: AnalyticsDataset): Metrics =>
  metricsTo((_kind, name, value, labels) => {
    const metric = `dpp_${name}${METRICS[name].type === "counter" ? "_total" : ""}`;
    const blobs = Object.keys(METRICS[name].labels).map((label) => (labels[label] ?? "").slice(0, LONGEST_BLOB));
    try {
      dataset.writeDataPoint({ indexes: [metric], blobs: [metric, ...blobs], doubles: [value] });
    } catch {
      // One point too many is no reason to fail a request.
    }
  });

/** The binding `METRICS`, where the deployment has it. */
export function datasetOf(bindings: unknown): AnalyticsDataset | undefined {
  const dataset = (bindings as { readonly METRICS?: Partial<AnalyticsDataset> } | undefined)?.METRICS;
  return typeof dataset?.writeDataPoint === "function" ? (dataset as AnalyticsDataset) : undefined;
}
