import { Outage, type StoreName } from "../domain/outage.ts";
import type { Attributes, SpanKind } from "../domain/otlp.ts";
import type { Db } from "./db.ts";
import type { Metrics } from "./metrics.ts";
import type { Redis } from "./redis.ts";
import type { Tracer } from "./tracer.ts";

/** Makes one call of a store, and returns or throws what it does. */
export type Call = <T>(store: StoreName, operation: string, call: () => Promise<T>) => Promise<T>;

/** Measures each call: its duration, whether it failed, and whether its outcome is unknown. */
export const measuredCalls =
  (metrics: Metrics, now_ms: () => number): Call =>
  async (store, operation, call) => {
    const began_ms = now_ms();
    try {
      return await call();
    } catch (error) {
      metrics.count("store_failures", { store, operation });
      if (error instanceof Outage) metrics.count("store_outages", { store });
      throw error;
    } finally {
      metrics.observe("store_seconds", (now_ms() - began_ms) / 1_000, { store, operation });
    }
  };

/** Where messages and objects are, as spans name them. */
interface Places {
  readonly queue: string;
  readonly bucket: string;
}

/** The last part of a queue's address. */
export const queueName = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

/** Makes each call within a span into a client span of its own, measured by `timed`. */
export function tracedCalls(tracer: Tracer, places: Places, timed: Call): Call {
  const known = new Map<string, Described>();
  const describe = (store: StoreName, operation: string): Described => {
    const key = `${store} ${operation}`;
    const described = known.get(key) ?? DESCRIBE[store](operation, places);
    known.set(key, described);
    return described;
  };
  return (store, operation, call) =>
    tracer.traceId() === undefined
      ? timed(store, operation, call)
      : tracer.span(describe(store, operation), () => timed(store, operation, call));
}

interface Described {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** By OpenTelemetry's semantic conventions for databases, messaging (SQS) and the AWS SDK (S3). */
const DESCRIBE: Readonly<Record<StoreName, (operation: string, places: Places) => Described>> = {
  database: (operation) => database("postgresql", operation),
  redis: (operation) => database("redis", operation),
  sqs: (operation, { queue }) => ({
    name: `${operation} ${queue}`,
    kind: operation === "send" ? "producer" : "client",
    attributes: {
      "messaging.system": "aws_sqs",
      "messaging.destination.name": queue,
      "messaging.operation.name": operation,
      "messaging.operation.type": QUEUE_TYPES[operation],
    },
  }),
  s3: (operation, { bucket }) => {
    const method = S3_METHODS[operation] ?? operation;
    return {
      name: `S3.${method}`,
      kind: "client",
      attributes: { "rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": method, "aws.s3.bucket": bucket },
    };
  },
};

const database = (system: string, operation: string): Described => ({
  name: operation,
  kind: "client",
  attributes: { "db.system.name": system, "db.operation.name": operation },
});

const QUEUE_TYPES: Readonly<Record<string, string>> = { send: "send", receive: "receive", delete: "settle" };
const S3_METHODS: Readonly<Record<string, string>> = {
  create: "PutObject",
  head: "HeadObject",
  download: "GetObject",
  open: "GetObject",
  delete: "DeleteObjects",
};

export const timeDb = (db: Db, timed: Call): Db => ({
  query: (statement, values) => timed("database", statement.name, () => db.query(statement, values)),
});

export const timeRedis = (redis: Redis, timed: Call): Redis => ({
  run: (script, keys, args) => timed("redis", script.name, () => redis.run(script, keys, args)),
  get: (key) => timed("redis", "get", () => redis.get(key)),
  set: (key, value, ttl_ms) => timed("redis", "set", () => redis.set(key, value, ttl_ms)),
});
