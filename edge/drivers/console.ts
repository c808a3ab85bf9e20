import { escapeUnprintable } from "#core/domain/printable.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";

type Fields = Readonly<Record<string, unknown>>;
type Level = "info" | "warn" | "error";
/** The platform takes the level of a line from the method that printed it. */
type Write = Readonly<Record<Level, (line: string) => void>>;

/** One JSON line per event, for the platform's log collector. */
export function createConsoleLog(write: Write, bound: Fields = {}): Log {
  const line =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      const all = { level, time: new Date().toISOString(), message, ...bound, ...fields };
      const text = JSON.stringify(all, (_name, value: unknown) => (value instanceof Error ? describe(value) : value));
      write[level](escapeUnprintable(text));
    };
  return {
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => createConsoleLog(write, { ...bound, ...fields }),
  };
}

/** Metrics as log lines. */
export function createConsoleMetrics(log: Log): Metrics {
  return {
    count: (metric, labels = {}) => log.info("metric", { metric, kind: "count", value: 1, labels }),
    gauge: (metric, value, labels = {}) => log.info("metric", { metric, kind: "gauge", value, labels }),
  };
}

/** No other property of an error: Postgres' `detail` quotes rows. */
function describe(error: Error): Fields {
  const code = "code" in error ? error.code : undefined;
  return { name: error.name, message: error.message, code, stack: error.stack, cause: error.cause };
}
