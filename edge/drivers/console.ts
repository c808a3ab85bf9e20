import { escapeUnprintable } from "#core/domain/printable.ts";
import type { Log } from "#core/ports/log.ts";
import { type Metrics, metricsTo } from "#core/ports/metrics.ts";

type Fields = Readonly<Record<string, unknown>>;
type Level = "info" | "warn" | "error";
/** The platform takes the level of a line from the method that printed it. */
type Write = Readonly<Record<Level, (line: unknown) => void>>;
/** Workers Logs indexes the fields of an object; elsewhere a line of JSON is what can be read again. */
export type LogFormat = "object" | "json";

/** One event, one line, for the platform's log collector. `context`: what every line of the moment says. */
export function createConsoleLog(
  write: Write,
  format: LogFormat,
  context: () => Fields = () => ({}),
  bound: Fields = {},
): Log {
  const line =
    (level: Level) =>
    (message: string, fields: Fields = {}) => {
      const all = { level, time: new Date().toISOString(), message, ...context(), ...bound, ...fields };
      const text = JSON.stringify(all, (_name, value: unknown) => (value instanceof Error ? describe(value) : value));
      write[level](format === "json" ? escapeUnprintable(text) : JSON.parse(text, escapeText));
    };
  return {
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields) => createConsoleLog(write, format, context, { ...bound, ...fields }),
  };
}

const escapeText = (_name: string, value: unknown): unknown =>
  typeof value === "string" ? escapeUnprintable(value) : value;

/** What every request has: as lines it would be most of the log. */
const TOO_MANY = new Set(["store_seconds", "requests", "request_seconds"]);

/** Metrics as log lines. */
export const createConsoleMetrics = (log: Log): Metrics =>
  metricsTo((kind, metric, value, labels) => {
    if (!TOO_MANY.has(metric)) log.info("metric", { metric, kind, value, labels });
  });

/** No other property of an error: Postgres' `detail` quotes rows. */
function describe(error: Error): Fields {
  const code = "code" in error ? error.code : undefined;
  return { name: error.name, message: error.message, code, stack: error.stack, cause: error.cause };
}
