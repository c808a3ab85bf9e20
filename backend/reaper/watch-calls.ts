import { timeDb, timeRedis } from "#core/ports/timed.ts";
import type { ReaperDeps } from "./loop.ts";

/** Makes a call of a store or a receiver, and returns or throws what it does. */
type WatchedCall = <T>(call: () => Promise<T>) => Promise<T>;

/** The same stores and receivers, each call of which `watched` makes. */
export function watchCalls(deps: ReaperDeps, watched: WatchedCall): ReaperDeps {
  const { objects, queue, dead_letters, inspector, webhooks } = deps;
  return {
    ...deps,
    db: timeDb(deps.db, (_store, _operation, call) => watched(call)),
    redis: timeRedis(deps.redis, (_store, _operation, call) => watched(call)),
    objects: {
      create: (...object) => watched(() => objects.create(...object)),
      head: (key) => watched(() => objects.head(key)),
      delete: (keys) => watched(() => objects.delete(keys)),
    },
    queue: { send: (bodies) => watched(() => queue.send(bodies)) },
    dead_letters: dead_letters && {
      count: () => watched(() => dead_letters.count()),
      peek: (max) => watched(() => dead_letters.peek(max)),
      redrive: (choose) => watched(() => dead_letters.redrive(choose)),
    },
    ...(inspector !== undefined && { inspector: { attributes: () => watched(() => inspector.attributes()) } }),
    webhooks: webhooks && {
      random: webhooks.random,
      send: (request) => watched(() => webhooks.send(request)),
      objects: { download: (...object) => watched(() => webhooks.objects.download(...object)) },
    },
  };
}
