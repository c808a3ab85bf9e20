import { expect, test } from "vitest";
import { createAnalyticsMetrics, datasetOf } from "../../../edge/drivers/analytics.ts";

test("a metric is a data point under its name, with its labels in their order", () => {
  const points: unknown[] = [];
  const metrics = createAnalyticsMetrics({ writeDataPoint: (point) => void points.push(point) });
  metrics.count("requests", { slug: "", status: "200", route: "/v1/runs", method: "GET" });
  metrics.observe("store_seconds", 0.25, { operation: "find-run", store: "database" });
  expect(points).toEqual([
    { indexes: ["dpp_requests_total"], blobs: ["dpp_requests_total", "GET", "/v1/runs", "200", ""], doubles: [1] },
    { indexes: ["dpp_store_seconds"], blobs: ["dpp_store_seconds", "database", "find-run"], doubles: [0.25] },
  ]);
});

test("a point stays within what Analytics Engine takes", () => {
  let sent: { readonly indexes: readonly [string]; readonly blobs: readonly string[] } | undefined;
  const metrics = createAnalyticsMetrics({ writeDataPoint: (point) => (sent = point) });
  metrics.count("tool_refused", { tool: "x".repeat(100_000), slug: "not-found" });
  expect(Buffer.byteLength(sent?.indexes[0] ?? "")).toBeLessThanOrEqual(96);
  expect(sent?.blobs.length).toBeLessThanOrEqual(20);
  expect(Buffer.byteLength((sent?.blobs ?? []).join(""))).toBeLessThan(16_384);
});

test("a point that is not taken fails no request", () => {
  const metrics = createAnalyticsMetrics({
    writeDataPoint: () => {
      throw new Error("250 points");
    },
  });
  expect(() => metrics.count("redis_bypassed", { class: "read" })).not.toThrow();
});

test("a deployment without the binding has no data set", () => {
  const dataset = { writeDataPoint: () => undefined };
  expect(datasetOf({ METRICS: dataset })).toBe(dataset);
  for (const bindings of [undefined, {}, { METRICS: "text" }, { METRICS: {} }])
    expect(datasetOf(bindings)).toBeUndefined();
});
