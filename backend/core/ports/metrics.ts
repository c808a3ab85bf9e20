import type { CounterName, GaugeName, HistogramName, LabelsOf, MetricName } from "../domain/metric.ts";

/** The labels of a metric, which one without labels may leave out. */
type Labels<N extends MetricName> = [keyof LabelsOf<N>] extends [never]
  ? [labels?: LabelsOf<N>]
  : [labels: LabelsOf<N>];

/** What the product counts and measures; names and labels are those of `METRICS`. */
export interface Metrics {
  count<N extends CounterName>(name: N, ...labels: Labels<N>): void;
  /** As so many counts; `by` is never negative. */
  add<N extends CounterName>(name: N, by: number, ...labels: Labels<N>): void;
  gauge<N extends GaugeName>(name: N, value: number, ...labels: Labels<N>): void;
  observe<N extends HistogramName>(name: N, seconds: number, ...labels: Labels<N>): void;
}

/** Takes one value. Never throws for what it cannot keep. */
export type MetricSink = (
  kind: "count" | "gauge" | "seconds",
  name: MetricName,
  value: number,
  labels: Readonly<Record<string, string>>,
) => void;

/** Metrics whose values all go to one sink. */
export const metricsTo = (sink: MetricSink): Metrics => ({
  count: (name, ...[labels]) => sink("count", name, 1, labels ?? {}),
  add: (name, by, ...[labels]) => sink("count", name, by, labels ?? {}),
  gauge: (name, value, ...[labels]) => sink("gauge", name, value, labels ?? {}),
  observe: (name, seconds, ...[labels]) => sink("seconds", name, seconds, labels ?? {}),
});

export const NO_METRICS = metricsTo(() => undefined);
