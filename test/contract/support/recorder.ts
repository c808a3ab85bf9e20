import type { Log } from "#core/ports/log.ts";
import { metricsTo } from "#core/ports/metrics.ts";

/** A log and metrics that remember what they were told. */
export function recorder() {
  const lines: { level: "info" | "warn" | "error"; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const values: { name: string; value: number; labels: Readonly<Record<string, string>> }[] = [];
  const logWith = (base: Readonly<Record<string, unknown>>): Log => {
    const write =
      (level: "info" | "warn" | "error") =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
        void lines.push({ level, message, fields: { ...base, ...fields } });
    return {
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      child: (fields) => logWith({ ...base, ...fields }),
    };
  };
  const metrics = metricsTo((_kind, name, value, labels) => void values.push({ name, value, labels }));
  return {
    log: logWith({}),
    metrics,
    lines,
    criticals: () => lines.filter(({ level, message }) => level === "error" && message.startsWith("CRITICAL: ")),
    counted: (wanted: string) => values.filter(({ name }) => name === wanted).length,
    values,
    last: (wanted: string) => values.findLast(({ name }) => name === wanted)?.value,
  };
}
