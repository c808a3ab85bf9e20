import { type DestinationStream, type Logger, pino } from "pino";
import { z } from "zod";
import { escapeUnprintable } from "#core/domain/printable.ts";
import type { Log } from "#core/ports/log.ts";

export const logLevel = z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);

export interface LogOptions {
  readonly level: z.infer<typeof logLevel>;
  /** The process that writes: worker, reaper, ... */
  readonly service: string;
}

const SECRETS = [
  "authorization",
  "api_key",
  "key",
  "secret",
  "password",
  "token",
  "lease_token",
  "finalize_token",
  "database_url",
  "redis_url",
  "connectionString",
  "inputs",
  "result",
];

/** JSON lines on standard output (or where `destination` points). */
export function createLog(options: LogOptions, destination?: DestinationStream): Log {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "message",
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    serializers: { error: describeThrown },
  };
  const to = destination ?? pino.destination(process.stdout.fd);
  // JSON.stringify leaves DEL, the C1 controls and bidirectional ones as they are.
  return wrap(pino(settings, { write: (line) => to.write(escapeUnprintable(line)) }));
}

function wrap(logger: Logger): Log {
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/** A thrown value may be anything, and logging it must not throw. */
function describeThrown(error: unknown): unknown {
  try {
    return describeError(error);
  } catch {
    return "an error that cannot be described";
  }
}

/** What an error says about itself; the rest of its properties may quote a row (Postgres' `detail`) or a request. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}
