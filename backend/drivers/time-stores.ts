import type { Db } from "#core/ports/db.ts";
import type { ObjectDeleter, ObjectWriter } from "#core/ports/objects.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { Prometheus } from "./prometheus.ts";

type Timed = Prometheus["timed"];

export const timeDb = (db: Db, timed: Timed): Db => ({
  query: (statement, values) => timed("database", statement.name, () => db.query(statement, values)),
});

export const timeRedis = (redis: Redis, timed: Timed): Redis => ({
  run: (script, keys, args) => timed("redis", script.name, () => redis.run(script, keys, args)),
  get: (key) => timed("redis", "get", () => redis.get(key)),
  set: (key, value, ttl_ms) => timed("redis", "set", () => redis.set(key, value, ttl_ms)),
});

export const timeObjects = (objects: ObjectWriter & ObjectDeleter, timed: Timed): ObjectWriter & ObjectDeleter => ({
  create: (...object) => timed("s3", "create", () => objects.create(...object)),
  head: (key) => timed("s3", "head", () => objects.head(key)),
  delete: (keys) => timed("s3", "delete", () => objects.delete(keys)),
});

/** A receive waits for messages: its time says nothing, its failures do. */
export const timeQueue = (queue: SignalReceiver & SignalSender, timed: Timed): SignalReceiver & SignalSender => ({
  receive: (max, wait_seconds, signal) => timed("sqs", "receive", () => queue.receive(max, wait_seconds, signal)),
  hide: (handle, seconds) => timed("sqs", "hide", () => queue.hide(handle, seconds)),
  delete: (handle) => timed("sqs", "delete", () => queue.delete(handle)),
  send: (bodies) => timed("sqs", "send", () => queue.send(bodies)),
});
