import { AsyncLocalStorage } from "node:async_hooks";
import type { Log } from "#core/ports/log.ts";

type OnUnhandled = (error: unknown) => void;

const owners = new AsyncLocalStorage<OnUnhandled>();

/** Runs `work` so that errors of promises and callbacks that it left behind go to `onUnhandled`, even later. */
export function owning<T>(onUnhandled: OnUnhandled, work: () => T): T {
  return owners.run(onUnhandled, work);
}

/**
 * Keeps an error that a pack did not handle from ending this process: it goes to the run that it came
 * from. One that came from no run is a bug of the worker's own: it is logged, and `end` is called.
 */
export function routeUnhandledErrors(log: Log, end: () => void): void {
  const take = (error: unknown): void => {
    const owner = owners.getStore();
    if (owner !== undefined) return owner(error);
    log.error("unhandled error; the worker ends", { error });
    end();
  };
  process.on("uncaughtException", take);
  process.on("unhandledRejection", take);
}
