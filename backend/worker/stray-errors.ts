import { AsyncLocalStorage } from "node:async_hooks";
import type { Log } from "#core/ports/log.ts";

type OnStray = (error: unknown) => void;

const owners = new AsyncLocalStorage<OnStray>();

/** Runs `work` so that whatever it began and nobody awaits tells its errors to `onStray`, even later. */
export function owning<T>(onStray: OnStray, work: () => T): T {
  return owners.run(onStray, work);
}

/**
 * Keeps what a pack left behind from taking this process along: an error that nobody caught goes to the run it came
 * from. One that came from no run is a bug of the worker's own: it is logged, and `end` is called.
 */
export function catchStrays(log: Log, end: () => void): void {
  const take = (error: unknown): void => {
    const owner = owners.getStore();
    if (owner !== undefined) return owner(error);
    log.error("nobody caught an error; the worker ends", { error });
    end();
  };
  process.on("uncaughtException", take);
  process.on("unhandledRejection", take);
}
