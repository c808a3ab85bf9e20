import { afterAll, beforeAll, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { measuredCalls } from "#core/ports/timed.ts";
import { type HealthServer, serveHealth } from "../../backend/drivers/health-server.ts";
import { createPrometheus } from "../../backend/drivers/prometheus.ts";
import { Readiness } from "../../backend/doctor/readiness.ts";

const prometheus = createPrometheus("worker");
const stop = new AbortController();
let now_ms = 0;
let isOut = false;
const ping = { name: "database", run: () => (isOut ? Promise.reject(new Error("out")) : Promise.resolve()) };
const readiness = new Readiness([ping], { now: () => now_ms }, stop.signal);
let server: HealthServer;

beforeAll(async () => {
  const health = {
    isAlive: () => readiness.isAlive(),
    notReady: () => readiness.notReady(),
    metrics: async () => ({ text: await prometheus.text(), type: prometheus.contentType }),
  };
  server = await serveHealth(health, { port: 0, host: "127.0.0.1" });
});
afterAll(() => server.close());

async function get(path: string, method = "GET") {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

test("a process is ready from its first look at the stores until it is told to stop", async () => {
  expect(await get("/readyz")).toEqual({ status: 503, text: "starting\n" });
  readiness.begin();
  expect((await get("/readyz")).status).toBe(200);
  isOut = true;
  now_ms += 60_000;
  expect(await get("/readyz")).toEqual({ status: 503, text: "database\n" });
  isOut = false;
  now_ms += 60_000;
  expect((await get("/readyz")).status).toBe(200);
  stop.abort();
  expect(await get("/readyz")).toEqual({ status: 503, text: "stopping\n" });
});

test("a process whose loop turns no more is not alive, unless all its slots are taken", async () => {
  readiness.begin();
  readiness.turn(true);
  now_ms += 3_600_000;
  expect((await get("/livez")).status).toBe(200);
  readiness.turn();
  expect((await get("/livez")).status).toBe(200);
  now_ms += 3_600_000;
  expect((await get("/livez")).status).toBe(503);
});

test("metrics are in Prometheus' text format", async () => {
  prometheus.metrics.count("run_closed", { pack_type: "decision", kind: "done" });
  prometheus.metrics.gauge("worker_concurrency", 3);
  const timed = measuredCalls(prometheus.metrics, () => now_ms);
  await timed("database", "ping", () => Promise.resolve());
  await timed("s3", "head", () => Promise.reject(new Outage("s3", undefined))).catch(() => undefined);
  await timed("s3", "head", () => Promise.reject(new Error("odd"))).catch(() => undefined);
  const { status, text } = await get("/metrics");
  expect(status).toBe(200);
  expect(text).toContain('dpp_run_closed_total{pack_type="decision",kind="done",service="worker"} 1');
  expect(text).toContain('dpp_worker_concurrency{service="worker"} 3');
  expect(text).toContain('dpp_store_seconds_count{service="worker",store="database",operation="ping"} 1');
  expect(text).toContain('dpp_store_failures_total{store="s3",operation="head",service="worker"} 2');
  expect(text).toContain('dpp_store_outages_total{store="s3",service="worker"} 1');
});

test("nothing else is served", async () => {
  expect((await get("/")).status).toBe(404);
  expect((await get("/metrics", "POST")).status).toBe(405);
});
