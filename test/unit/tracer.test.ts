import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import type { FinishedSpan } from "#core/domain/otlp.ts";
import { Outage } from "#core/domain/outage.ts";
import { parseTraceparent } from "#core/domain/trace.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { measuredCalls, queueName, timeDb, tracedCalls } from "#core/ports/timed.ts";
import { tracedFetch } from "#core/ports/traced-fetch.ts";
import { createTracer, NO_TRACER, type Tracer } from "#core/ports/tracer.ts";

const TRACE_ID = "ab".repeat(16);
const REMOTE = `00-${TRACE_ID}-${"cd".repeat(8)}-01`;
const UNSAMPLED = `00-${TRACE_ID}-${"cd".repeat(8)}-00`;
const nothing = async () => undefined;

function world(options: { readonly records?: boolean } = {}) {
  const spans: FinishedSpan[] = [];
  let serial = 0;
  let now = 1_000;
  const random = { bytes: (length: number) => new Uint8Array(length).fill(++serial) };
  const record = (span: FinishedSpan) => void spans.push(span);
  const tracer = createTracer({
    current: new AsyncLocalStorage(),
    random,
    now_ms: () => now++,
    record: options.records === false ? undefined : record,
  });
  const named = () => Object.fromEntries(spans.map((span) => [span.name, span]));
  return { tracer, spans, named, drawn: () => serial };
}

const inner = (tracer: Tracer, name: string, act: () => Promise<unknown> = nothing) =>
  tracer.span({ name, kind: "internal" }, act);

test("spans within a span are its children, beside each other too, and the outermost continues another process's", async () => {
  const { tracer, named } = world();
  await tracer.span({ name: "process", kind: "consumer", parent: REMOTE }, async () => {
    await Promise.all([inner(tracer, "a", () => inner(tracer, "a1")), inner(tracer, "b", () => inner(tracer, "b1"))]);
  });
  const { process, a, a1, b, b1 } = named();
  expect(process).toMatchObject({ trace_id: TRACE_ID, parent_id: "cd".repeat(8), isParentRemote: true });
  expect(a).toMatchObject({ trace_id: TRACE_ID, parent_id: process?.span_id, isParentRemote: false });
  expect(b?.parent_id).toBe(process?.span_id);
  expect(a1?.parent_id).toBe(a?.span_id);
  expect(b1?.parent_id).toBe(b?.span_id);
  expect(process?.ended_ms).toBeGreaterThan(a?.ended_ms ?? Infinity);
});

test("without a parent nothing is recorded: idle work leaves no trace", async () => {
  const { tracer, spans, drawn } = world();
  await inner(tracer, "sweep", () => inner(tracer, "query"));
  await tracer.span({ name: "process", kind: "consumer", parent: "not a traceparent" }, () => inner(tracer, "query"));
  expect(spans).toEqual([]);
  expect(drawn()).toBe(0);
});

test.each([
  ["a trace that is not sampled", UNSAMPLED, true],
  ["a process that exports nothing", REMOTE, false],
])("of %s nothing is recorded, but its id is known and passed on", async (_, parent, records) => {
  const { tracer, spans, drawn } = world({ records });
  await tracer.span({ name: "process", kind: "consumer", parent }, async (outer) => {
    expect(outer.traceparent).toBe(parent);
    await tracer.span({ name: "query", kind: "client" }, async ({ traceparent }) => {
      expect(traceparent).toBe(parent);
      expect(tracer.traceId()).toBe(TRACE_ID);
    });
  });
  expect(spans).toEqual([]);
  expect(drawn()).toBe(0);
});

test("a span that others know has the id that they were told", async () => {
  const { tracer, spans } = world();
  const self = `00-${TRACE_ID}-${"ee".repeat(8)}-01`;
  await tracer.span({ name: "GET", kind: "server", parent: REMOTE, self }, async (span) => {
    expect(span.traceparent).toBe(self);
    span.rename("GET /v1/runs/{id}");
    span.set({ "http.response.status_code": 200 });
  });
  await tracer.span({ name: "first", kind: "server", self }, nothing);
  expect(spans).toMatchObject([
    {
      name: "GET /v1/runs/{id}",
      span_id: "ee".repeat(8),
      parent_id: "cd".repeat(8),
      attributes: { "http.response.status_code": 200 },
    },
    { name: "first", span_id: "ee".repeat(8), parent_id: undefined, isParentRemote: false },
  ]);
});

test("a request to another process names the span that it is made in", async () => {
  const { tracer, named } = world();
  const said = await tracer.span(
    { name: "POST", kind: "client", parent: REMOTE },
    async ({ traceparent }) => traceparent,
  );
  expect(parseTraceparent(said)).toEqual({ trace_id: TRACE_ID, span_id: named()["POST"]?.span_id, sampled: true });
});

test("an error is noted by its class, never by its message, and thrown on", async () => {
  const { tracer, spans } = world();
  const failing = (error: unknown) =>
    tracer.span({ name: "x", kind: "client", parent: REMOTE }, async () => {
      throw error;
    });
  const type = new TypeError("secret");
  await expect(failing(type)).rejects.toBe(type);
  await expect(failing(new Outage("sqs", new Error("secret")))).rejects.toThrow(Outage);
  await expect(failing(Object.assign(new Error("secret"), { name: "a secret, 4111" }))).rejects.toThrow("secret");
  await expect(failing("secret")).rejects.toBe("secret");
  expect(spans.map(({ attributes, failure }) => [attributes["error.type"], failure])).toEqual([
    ["TypeError", ""],
    ["Outage", "unknown outcome"],
    ["Error", ""],
    ["Error", ""],
  ]);
  expect(JSON.stringify(spans)).not.toContain("secret");
});

test("what is polled within a span makes none", async () => {
  const { tracer, spans } = world();
  await tracer.span({ name: "held", kind: "server", parent: REMOTE }, () =>
    tracer.untraced(() => inner(tracer, "look")),
  );
  expect(spans.map(({ name }) => name)).toEqual(["held"]);
});

test("calls of stores are client spans by OpenTelemetry's conventions, without a value of the call", async () => {
  const { tracer, spans } = world();
  const places = { queue: queueName("https://sqs.example/1111/runs"), bucket: "results" };
  const call = tracedCalls(
    tracer,
    places,
    measuredCalls(NO_METRICS, () => 0),
  );
  const db = timeDb({ query: () => Promise.resolve([]) }, call);
  await db.query({ name: "idle", text: "SELECT 1" }, []);
  await tracer.span({ name: "process", kind: "consumer", parent: REMOTE }, async () => {
    await db.query({ name: "close-run", text: "SELECT $1" }, ["secret"]);
    await call("redis", "settle", nothing);
    await call("sqs", "send", nothing);
    await call("sqs", "delete", nothing);
    await call("s3", "create", nothing);
  });
  const [query, settle, send, remove, put] = spans;
  expect(spans).toHaveLength(6);
  expect(query).toMatchObject({
    name: "close-run",
    kind: "client",
    attributes: { "db.system.name": "postgresql", "db.operation.name": "close-run" },
  });
  expect(settle?.attributes).toEqual({ "db.system.name": "redis", "db.operation.name": "settle" });
  expect(send).toMatchObject({
    name: "send runs",
    kind: "producer",
    attributes: {
      "messaging.system": "aws_sqs",
      "messaging.destination.name": "runs",
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
    },
  });
  expect(remove).toMatchObject({
    name: "delete runs",
    kind: "client",
    attributes: { "messaging.operation.type": "settle" },
  });
  expect(put).toMatchObject({
    name: "S3.PutObject",
    kind: "client",
    attributes: { "rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "PutObject", "aws.s3.bucket": "results" },
  });
  expect(JSON.stringify(spans)).not.toContain("secret");
});

test("a pack's fetch is a client span that names the host alone", async () => {
  const { tracer, spans } = world();
  const fetch = tracedFetch(tracer, () => Promise.resolve({ kind: "failed", reason_code: "DNS", detail: "secret" }));
  const options = { signal: new AbortController().signal, accept: [] };
  await tracer.span({ name: "execute", kind: "internal", parent: REMOTE }, () =>
    fetch("https://user:secret@host.example/secret?secret#secret", options),
  );
  expect(spans[0]).toMatchObject({
    name: "GET",
    kind: "client",
    attributes: { "http.request.method": "GET", "server.address": "host.example", "error.type": "DNS" },
  });
  expect(JSON.stringify(spans)).not.toContain("secret");
});

test("the tracer of tests passes on what it is given", async () => {
  expect(await NO_TRACER.span({ name: "x", kind: "client", parent: REMOTE }, async (span) => span.traceparent)).toBe(
    REMOTE,
  );
});
