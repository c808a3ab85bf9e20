import { encodeSignal } from "#core/domain/message.ts";
import type { GuardedFetch } from "#core/ports/fetch.ts";
import type { Log } from "#core/ports/log.ts";
import { createPacks, type PackSettings } from "../../backend/worker/packs/registry.ts";
import { processMessage, type WorkerDeps } from "../../backend/worker/process-run.ts";
import { stackStores } from "../support/stack-stores.ts";
import type { World } from "./harness.ts";

const TIMES = { lease_seconds: 120, heartbeat_seconds: 30, max_attempts: 3, claimed_seconds: 120 };

/** A worker with every pack on the world's stores, which takes a run when it is told to. `errors` is what it logged. */
export function workerOf({ backend }: Pick<World, "backend">, fetch: GuardedFetch, settings: PackSettings = {}) {
  const { worker, close } = stackStores();
  const errors: string[] = [];
  const error = (what: string) => void errors.push(what);
  const log: Log = { info: () => undefined, warn: () => undefined, error, child: () => log };
  const nothing = () => Promise.resolve();
  const queue = { receive: () => Promise.resolve([]), send: nothing, delete: nothing, hide: nothing };
  const deps: WorkerDeps = { ...worker, db: backend, queue, packs: createPacks(settings), fetch, log };
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  return {
    errors,
    run: (run_id: string) => {
      const message = { body: encodeSignal({ run_id, traceparent }), handle: run_id };
      return processMessage(deps, TIMES, message, new AbortController().signal);
    },
    close,
  };
}
