import type { PackOutcome } from "#core/domain/pack.ts";
import { createLog } from "../../../../backend/drivers/log.ts";
import { execute } from "../../../../backend/worker/execute.ts";
import { createOffThread } from "../../../../backend/worker/off-thread/off-thread.ts";
import { routeUnhandledErrors } from "../../../../backend/worker/unhandled-errors.ts";
import { startTimebox } from "../../../../backend/worker/timebox.ts";
import { done, hang, NEVER, packOf } from "../run-harness.ts";

/** What a pack may leave behind in the worker's own process. */
const LEFTOVERS: Readonly<Record<string, () => Promise<PackOutcome>>> = {
  "a rejection of undefined": () => {
    void Promise.reject(undefined);
    return hang();
  },
  "a throwing timer": () => {
    setTimeout(() => {
      throw new Error("late");
    }, 0);
    return hang();
  },
  "a throwing microtask": () => {
    queueMicrotask(() => {
      throw Object.create(null);
    });
    return hang();
  },
  "a throwing tick of null": () => {
    process.nextTick(() => {
      throw null;
    });
    return hang();
  },
};

routeUnhandledErrors(createLog({ level: "silent", service: "test" }), () => process.exit(1));
const log = createLog({ level: "silent", service: "test" });
const deps = { fetch: () => Promise.reject(new Error("no network")), log, offThread: createOffThread() };
const endless = () => {
  const limits = { work_ms: 1, wait_ms: 1, last_wait_ms: 1 };
  return startTimebox({ clock: { now: () => 0 }, sleeper: { sleep: hang } }, "", limits);
};
const run = { inputs: "{}" } as Parameters<typeof execute>[2];
const executed = (work: () => Promise<PackOutcome>) => {
  const pack = packOf(work).get("decision");
  if (pack === undefined) throw new Error("no pack");
  return execute(deps, pack, run, endless(), NEVER);
};

// A neighbour begins before all of them and ends after all of them.
const finish = Promise.withResolvers<PackOutcome>();
const neighbour = executed(() => finish.promise);
const ended: Record<string, unknown> = {};
for (const [name, leave] of Object.entries(LEFTOVERS)) ended[name] = await executed(leave);
finish.resolve(done({ answer: 42 }));
const last = await neighbour;
ended["neighbour"] =
  last.kind === "done" && typeof last.written === "object" && "data" in last.written
    ? String(Buffer.from(last.written.data))
    : last;
process.send?.(ended, () => process.exit(0));
