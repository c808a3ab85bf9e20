import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics } from "#core/ports/metrics.ts";

const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 900];
type Labels = Readonly<Record<string, string>>;

export interface Prometheus {
  /** Counters and gauges of the product, as `dpp_<name>`. */
  readonly metrics: Metrics;
  /** One duration of the histogram `dpp_<name>`. */
  readonly observe: (name: string, seconds: number, labels: Labels) => void;
  /** What `call` takes, in `dpp_store_seconds{store,operation}`; its failures in `dpp_store_failures_total`. */
  readonly timed: <T>(store: string, operation: string, call: () => Promise<T>) => Promise<T>;
  /** The text format, version 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Metrics in memory, for Prometheus to read. */
export function createPrometheus(service: string): Prometheus {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const counters = keeper((name, labelNames) => new Counter({ name, help: name, labelNames, registers: [registry] }));
  const gauges = keeper((name, labelNames) => new Gauge({ name, help: name, labelNames, registers: [registry] }));
  const histograms = keeper(
    (name, labelNames) => new Histogram({ name, help: name, labelNames, buckets: SECONDS, registers: [registry] }),
  );
  const observe: Prometheus["observe"] = (name, seconds, labels) =>
    histograms(`dpp_${name}`, labels).observe(labels, seconds);
  const metrics: Metrics = {
    count: (name, labels = {}) => counters(`dpp_${name}_total`, labels).inc(labels),
    gauge: (name, value, labels = {}) => gauges(`dpp_${name}`, labels).set(labels, value),
  };
  return {
    metrics,
    observe,
    async timed(store, operation, call) {
      const began = performance.now();
      try {
        return await call();
      } catch (error) {
        metrics.count("store_failures", { store, operation });
        throw error;
      } finally {
        observe("store_seconds", (performance.now() - began) / 1_000, { store, operation });
      }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** One metric a name: made at its first use, whose labels all later uses have. */
function keeper<Metric>(make: (name: string, labelNames: string[]) => Metric) {
  const made = new Map<string, Metric>();
  return (name: string, labels: Labels): Metric => {
    const metric = made.get(name) ?? make(name, Object.keys(labels));
    made.set(name, metric);
    return metric;
  };
}
