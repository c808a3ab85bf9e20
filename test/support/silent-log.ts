import type { Log } from "#core/ports/log.ts";

/** For what logs where no test looks. */
export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
