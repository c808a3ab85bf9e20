/** Counters and gauges by name; labels have few values, never an id. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}
