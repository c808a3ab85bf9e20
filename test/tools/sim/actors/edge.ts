import { findRun } from "#core/store/runs/find-run.ts";
import { IsolateRateLimiter } from "../../../../edge/admission/isolate-rate-limiter.ts";
import { read } from "../../../../edge/admission/read.ts";
import { LruCache } from "../../../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../../../edge/admission/denied-key-cache.ts";
import type { Caller } from "../../../../edge/admission/shield.ts";
import { cancel } from "../../../../edge/runs/cancel.ts";
import { submit, type SubmitDeps, type SubmitRequest } from "../../../../edge/runs/submit.ts";
import { dbOf, queueOf, redisOf } from "../ports.ts";
import { SimProcess } from "../scheduler.ts";
import type { World } from "../world.ts";

export type EdgeAnswer<T> = { readonly kind: "answered"; readonly answer: T } | { readonly kind: "unknown" };

/** One isolate: what it remembers dies with it. */
function isolate(world: World, process: SimProcess): SubmitDeps {
  const { scheduler: clock } = world;
  const log = world.logOf(process);
  return {
    db: dbOf(world, process, "edge"),
    redis: redisOf(world, process),
    signals: queueOf(world, process),
    clock,
    random: world.random.fork(),
    log,
    metrics: world.metrics,
    grace_seconds: world.settings.grace_seconds,
    tenants: new LruCache(1_000),
    unauthenticated: new IsolateRateLimiter({ per_minute: 300, burst: 128 }, clock),
    denied_keys: new DeniedKeyCache(clock),
    bypass: {
      submit: new IsolateRateLimiter({ per_minute: 60, burst: 10 }, clock),
      read: new IsolateRateLimiter({ per_minute: 600, burst: 50 }, clock),
    },
    refreshes: new IsolateRateLimiter({ per_minute: 12, burst: 2 }, clock),
    defer: (what, work) => void work().catch((error: unknown) => log.warn("deferred work failed", { what, error })),
  };
}

/** An edge that serves the production use cases; a crash ends every connection and an empty isolate follows. */
export class SimEdge {
  readonly #world: World;
  readonly #name: string;
  #process: SimProcess;
  #deps: SubmitDeps;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#process = new SimProcess(name);
    this.#deps = isolate(world, this.#process);
  }

  submit(caller: Caller, request: SubmitRequest) {
    return this.#serve((deps) => submit(deps, caller, request));
  }

  read(caller: Caller, run_id: string) {
    return this.#serve((deps) => read(deps, caller, () => findRun(deps.db, caller.key_sha256, run_id)));
  }

  cancel(caller: Caller, run_id: string) {
    return this.#serve((deps) => cancel(deps, caller, run_id));
  }

  #serve<T>(work: (deps: SubmitDeps) => Promise<T>): Promise<EdgeAnswer<T>> {
    if (!this.#process.alive) {
      this.#process = new SimProcess(this.#name);
      this.#deps = isolate(this.#world, this.#process);
    }
    const process = this.#process;
    return new Promise((resolve) => {
      // A connection that ends, or a client that waits no longer.
      process.onCrash(() => resolve({ kind: "unknown" }));
      this.#world.scheduler.after(60_000, undefined, () => resolve({ kind: "unknown" }));
      work(this.#deps).then(
        (answer) => resolve({ kind: "answered", answer }),
        (error: unknown) => {
          this.#world.fault(process.name, error);
          resolve({ kind: "unknown" });
        },
      );
    });
  }
}
