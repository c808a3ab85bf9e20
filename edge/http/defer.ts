import type { Log } from "#core/ports/log.ts";
import type { EdgeRequest } from "./context.ts";

/** Work that the response does not wait for; its failure is a log line. */
export type Defer = (what: string, work: () => Promise<unknown>) => void;

export const deferTo =
  (c: EdgeRequest, deps: { readonly log: Log }): Defer =>
  (what, work) =>
    c.executionCtx.waitUntil(
      work()
        .catch((error: unknown) => deps.log.warn(`${what} failed`, { error, trace_id: c.get("trace").trace_id }))
        .then(() => c.get("flushTraces")?.()),
    );
