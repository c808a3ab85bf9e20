import { afterAll, beforeAll, expect, test } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { measuredCalls } from "#core/ports/timed.ts";
import { type HealthServer, serveHealth } from "../../backend/drivers/health-server.ts";
import { createPrometheus } from "../../backend/drivers/prometheus.ts";
import { LoopWatch } from "../../backend/doctor/loop-watch.ts";
import { Readiness } from "../../backend/doctor/readiness.ts";

const prometheus = createPrometheus("worker");
const stop = new AbortController();
let now_ms = 0;
let isOut = false;
const ping = { name: "database", run: () => (isOut ? Promise.reject(new Error("out")) : Promise.resolve()) };
const readiness = new Readiness([ping], { now: () => now_ms }, stop.signal);
const liveness = new LoopWatch({ now: () => now_ms });
let server: HealthServer;

beforeAll(async () => {
  const health = {
    stalled: () => liveness.stalled(),
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

test("a process is alive as long as each of its loops turns within the time that it named", async () => {
  expect(await get("/livez")).toEqual({ status: 200, text: "ok\n" });
  liveness.turn("sync", 300_000);
  liveness.turn("audit", 900_000);
  now_ms += 299_999;
  expect((await get("/livez")).status).toBe(200);
  now_ms += 1;
  expect(await get("/livez")).toEqual({ status: 503, text: "sync\n" });
  now_ms += 600_000;
  expect(await get("/livez")).toEqual({ status: 503, text: "audit\nsync\n" });
  liveness.turn("sync", 300_000);
  liveness.turn("audit", 900_000);
  expect((await get("/livez")).status).toBe(200);
});

test("a loop that turns on while one of its calls does not end is not alive", async () => {
  let end = () => {};
  const call = liveness.during("webhooks", 300_000, () => new Promise<void>((resolve) => (end = resolve)));
  now_ms += 300_000;
  for (const loop of ["audit", "sync", "webhooks"]) liveness.turn(loop, 300_000);
  expect(await get("/livez")).toEqual({ status: 503, text: "webhooks\n" });
  end();
  await call;
  expect((await get("/livez")).status).toBe(200);
  await expect(liveness.during("webhooks", 1, () => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
  now_ms += 1;
  expect((await get("/livez")).status).toBe(200);
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
