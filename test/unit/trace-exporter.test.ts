import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import type { FinishedSpan } from "#core/domain/otlp.ts";
import { createTraceExporter, EXPORT_LIMITS } from "../../backend/drivers/trace-exporter.ts";
import { createTraceExporter as createEdgeExporter } from "../../edge/drivers/trace-exporter.ts";
import { recorder } from "../contract/support/recorder.ts";
import { startCollector } from "../support/collector.ts";

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function collector(answer?: () => number | "hang") {
  const started = await startCollector(answer);
  closes.push(started.close);
  return started;
}

const spanOf = (name: string): FinishedSpan => ({
  trace_id: "ab".repeat(16),
  span_id: "cd".repeat(8),
  parent_id: undefined,
  isParentRemote: false,
  name,
  kind: "internal",
  began_ms: 1_800_000_000_000,
  ended_ms: 1_800_000_000_001,
  attributes: {},
  failure: undefined,
});

function exporterTo(url: string, limits: Partial<Record<keyof typeof EXPORT_LIMITS, number>> = {}) {
  const heard = recorder();
  const settings = {
    url: `${url}/v1/traces`,
    headers: { authorization: "Bearer secret", "content-type": "application/json" },
    service_name: "test",
  };
  const deps = { settings, resource: { "service.name": "test" }, ...heard };
  const exporter = createTraceExporter(deps, { ...EXPORT_LIMITS, ...limits } as typeof EXPORT_LIMITS);
  const lost = () => heard.values.reduce((sum, { name, value }) => sum + (name === "trace_spans_lost" ? value : 0), 0);
  return { ...exporter, deps, heard, lost };
}

test("spans arrive in batches, with the headers, and what is left when the process stops", async () => {
  const to = await collector();
  const exporter = exporterTo(to.url, { batch: 2 });
  const first = to.next();
  exporter.record(spanOf("a"));
  exporter.record(spanOf("b"));
  await first;
  exporter.record(spanOf("c"));
  await exporter.close();
  expect(to.spans().map(({ name, service }) => [name, service])).toEqual([
    ["a", "test"],
    ["b", "test"],
    ["c", "test"],
  ]);
  expect(to.requests[0]?.headers).toMatchObject({ authorization: "Bearer secret", "content-type": "application/json" });
  expect(exporter.lost()).toBe(0);
});

test("a collector that hangs delays nothing: what exceeds the bound is lost, and a stop ends in time", async () => {
  const to = await collector(() => "hang");
  const exporter = exporterTo(to.url, { queued: 3, batch: 2, close_ms: 20 });
  const arrived = to.next();
  for (const name of ["a", "b", "c", "d", "e", "f"]) exporter.record(spanOf(name));
  expect(exporter.lost()).toBe(1);
  await arrived;
  await exporter.close();
  expect(exporter.lost()).toBe(6);
  expect(to.requests).toHaveLength(1);
});

test("a collector that is out for a moment gets the same spans again", async () => {
  let status = 503;
  const to = await collector(() => status);
  const exporter = exporterTo(to.url, { batch: 1 });
  const refused = to.next();
  exporter.record(spanOf("a"));
  await refused;
  status = 200;
  await exporter.close();
  expect(to.spans().map(({ name }) => name)).toEqual(["a", "a"]);
  expect(exporter.lost()).toBe(0);
});

test.each([400, 307])(
  "spans that are refused with %i are lost, counted, and said once, without a secret",
  async (status) => {
    const to = await collector(() => status);
    const exporter = exporterTo(to.url);
    exporter.record(spanOf("a"));
    await exporter.close();
    expect(exporter.lost()).toBe(1);
    expect(to.requests.map(({ path }) => path)).toEqual(["/v1/traces"]);
    expect(exporter.heard.lines.map(({ message }) => message)).toEqual(["spans were not delivered"]);
    expect(JSON.stringify(exporter.heard.lines)).not.toContain("secret");
  },
);

test("the edge sends what has ended after a response, and counts what a collector does not take", async () => {
  let status = 200;
  const to = await collector(() => status);
  const { deps, lost } = exporterTo(to.url);
  const clocks = { clock: { now: () => 0 }, sleeper: { sleep: () => Promise.resolve() }, timeout_ms: 60_000 };
  const edge = createEdgeExporter({ ...deps, ...clocks });
  await edge.flush();
  expect(to.requests).toEqual([]);
  edge.record(spanOf("a"));
  edge.record(spanOf("b"));
  await Promise.all([edge.flush(), edge.flush()]);
  expect(to.requests).toHaveLength(1);
  expect(to.spans().map(({ name }) => name)).toEqual(["a", "b"]);
  status = 307;
  edge.record(spanOf("c"));
  await edge.flush();
  expect(lost()).toBe(1);
  expect(to.requests.map(({ path }) => path)).toEqual(["/v1/traces", "/v1/traces"]);
});

test("what sends spans is loaded where an endpoint is named, and nowhere else", () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "backend"], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file.endsWith(".ts"));
  const importing = files.filter((file) => /from "[^"]*drivers\/trace-exporter\.ts"/.test(readFileSync(file, "utf8")));
  expect(importing).toEqual([]);
  expect(readFileSync("backend/start-service.ts", "utf8")).toMatch(
    /if \(settings === undefined\) return undefined;\s+const \{ createTraceExporter \} = await import\("\.\/drivers\/trace-exporter\.ts"\)/,
  );
});
