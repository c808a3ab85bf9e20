import type { Log } from "#core/ports/log.ts";

/** An error that nobody handled is a bug of the process: a log line like any other, and its end. */
export function endOnUnhandledError(log: Log, end: () => void): void {
  const take = (error: unknown): void => {
    log.error("unhandled error; the process ends", { error });
    end();
  };
  process.on("uncaughtException", take);
  process.on("unhandledRejection", take);
}
