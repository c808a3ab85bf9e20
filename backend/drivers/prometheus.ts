import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { METRICS } from "#core/domain/metric.ts";
import { type Metrics, metricsTo } from "#core/ports/metrics.ts";

const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 900];
type Labels = Readonly<Record<string, string>>;

/** All series that labels can have; none where a label has values that are not known. */
const seriesOf = (labels: Readonly<Record<string, readonly string[] | undefined>>): readonly Labels[] =>
  Object.entries(labels).reduce<readonly Labels[]>(
    (all, [label, values = []]) => all.flatMap((each) => values.map((value) => ({ ...each, [label]: value }))),
    [{}],
  );

export interface Prometheus {
  readonly metrics: Metrics;
  /** The text format, version 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Metrics in memory, for Prometheus to read: all that this service has, from the start. */
export function createPrometheus(service: "worker" | "reaper"): Prometheus {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const made = new Map<string, (value: number, labels: Labels) => void>();
  for (const [name, { type, by, labels, help }] of Object.entries(METRICS)) {
    if (!by.some((each) => each === service)) continue;
    const settings = { help, labelNames: Object.keys(labels), registers: [registry] };
    if (type === "counter") {
      const counter = new Counter({ ...settings, name: `dpp_${name}_total` });
      for (const series of seriesOf(labels)) counter.inc(series, 0);
      made.set(name, (value, given) => counter.inc(given, value));
    } else if (type === "gauge") {
      const gauge = new Gauge({ ...settings, name: `dpp_${name}` });
      made.set(name, (value, given) => gauge.set(given, value));
    } else {
      const histogram = new Histogram({ ...settings, name: `dpp_${name}`, buckets: SECONDS });
      for (const series of seriesOf(labels)) histogram.zero(series);
      made.set(name, (value, given) => histogram.observe(given, value));
    }
  }
  return {
    metrics: metricsTo((_kind, name, value, labels) => made.get(name)?.(value, labels)),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
