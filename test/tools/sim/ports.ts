import type { Db } from "#core/ports/db.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { DeadLetters, ReceivedMessage, SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { ObjectDeleter, ObjectWriter } from "#core/ports/objects.ts";
import { Later, type Network, outcomeOf } from "./network.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";
import type { Role } from "./stores/host.ts";
import type { SimObjects } from "./stores/objects.ts";
import type { SimPostgres } from "./stores/postgres.ts";
import type { SimRedis } from "./stores/redis.ts";
import type { WaitingRoom } from "./stores/waiting-room.ts";

export interface Stores {
  readonly postgres: SimPostgres;
  readonly redis: SimRedis;
  readonly objects: SimObjects;
  readonly queue: WaitingRoom;
}

export interface Wires {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly stores: Stores;
}

/** The database as one process sees it. */
export function dbOf({ scheduler, network, stores: { postgres } }: Wires, process: SimProcess, role: Role): Db {
  return {
    query: (statement, values) =>
      network.call({
        process,
        port: "database",
        operation: statement.name,
        size: Array.isArray(values[0]) ? values[0].length : 1,
        apply: async ({ pause_at, ms = 0 }) => {
          if (pause_at === undefined || role !== "edge" || postgres.isSomeoneWaiting) {
            return postgres.query(role, statement, values, scheduler.now());
          }
          const begun = await postgres.queryUntil(pause_at, statement, values, scheduler.now());
          if ("rows" in begun) return begun.rows;
          return new Later((done) =>
            scheduler.after(ms, undefined, async () => done(await outcomeOf(() => begun.goOn()))),
          );
        },
      }),
  };
}

export function redisOf({ scheduler, network, stores: { redis } }: Wires, process: SimProcess): Redis {
  const call = <T>(operation: string, apply: () => Promise<T>) =>
    network.call({ process, port: "redis", operation, apply });
  return {
    run: (script, keys, args) => call(script.name, () => redis.run(script, keys, args, scheduler.now())),
    get: (key) => call("get", () => redis.get(key, scheduler.now())),
    set: (key, value, ttl_ms) => call("set", () => redis.set(key, value, ttl_ms, scheduler.now())),
  };
}

export function objectsOf({ network, stores: { objects } }: Wires, process: SimProcess): ObjectWriter & ObjectDeleter {
  return {
    create: (key, body, _type, metadata) =>
      network.call({
        process,
        port: "objects",
        operation: "put",
        apply: () => objects.create(key, { body, metadata }),
      }),
    head: (key) => network.call({ process, port: "objects", operation: "head", apply: () => objects.head(key) }),
    delete: (keys) =>
      network.call({ process, port: "objects", operation: "delete", apply: () => objects.delete(keys) }),
  };
}

export function queueOf({ network, stores: { queue } }: Wires, process: SimProcess): SignalSender & SignalReceiver {
  const call = <T>(operation: string, apply: () => T | Later<T>) =>
    network.call({ process, port: "queue", operation, apply });
  return {
    send: (bodies) => call("send", () => bodies.forEach((body) => queue.send(body))),
    receive: (max, wait_seconds, signal) => {
      const aborted = new Promise<readonly ReceivedMessage[]>((resolve) => {
        if (signal.aborted) resolve([]);
        signal.addEventListener("abort", () => resolve([]), { once: true });
      });
      return Promise.race([call("receive", () => queue.receive(max, wait_seconds * 1000, signal)), aborted]);
    },
    hide: (receipt, seconds) => call("hide", () => queue.hide(receipt, seconds * 1000)),
    delete: (receipt) => call("delete", () => queue.delete(receipt)),
  };
}

/** As the reaper looks at them; what an operator does with them is no part of the protocol. */
export function deadLettersOf({ network, stores: { queue } }: Wires, process: SimProcess): DeadLetters {
  const letterOf = (body: string) => ({ body, times_received: 1, sent_at: new Date(0) });
  return {
    count: () => network.call({ process, port: "queue", operation: "count-dead", apply: () => queue.dead.length }),
    peek: (max) =>
      network.call({
        process,
        port: "queue",
        operation: "peek-dead",
        apply: () => queue.dead.slice(0, max).map(letterOf),
      }),
    redrive: () => Promise.reject(new Error("nobody redrives in this world")),
  };
}
