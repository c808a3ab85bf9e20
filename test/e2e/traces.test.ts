import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseTraceparent } from "#core/domain/trace.ts";
import { createDemoTenant, type DemoTenant, withOwner } from "../dev/demo-tenant.ts";
import { type System, startSystem } from "../dev/system.ts";
import { type CollectedSpan, startCollector } from "../support/collector.ts";
import { eventually } from "../support/eventually.ts";
import { agentOf, smallDecision } from "./agent.ts";

const CLIENT_SPAN = "c1".repeat(8);
const [SEEN, LEFT_OUT] = ["5e".repeat(16), "0f".repeat(16)];
const SERVER = 2;

describe("the trace of a run", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-e2e-"));
  const logs: { readonly process: string; readonly line: string }[] = [];
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let receiver: Awaited<ReturnType<typeof startCollector>>;
  let system: System;
  let tenant: DemoTenant;

  beforeAll(async () => {
    [collector, receiver] = await Promise.all([startCollector(), startCollector()]);
    system = await startSystem({
      stateDir,
      env: {
        ...process.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=collector-secret",
        // A store that is slow on a crowded machine is no outage.
        DPP_DATABASE_TIMEOUT_MS: "60000",
        DPP_REDIS_TIMEOUT_MS: "60000",
        DPP_AWS_TIMEOUT_MS: "60000",
        DPP_WEBHOOK_ALLOW_HTTP: "true",
        DPP_WEBHOOK_ALLOW_HOSTS: receiver.host,
      },
      fsync: false,
      onLog: (name, line) => logs.push({ process: name, line }),
    });
    tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "e2e" }));
  });
  afterAll(async () => {
    await system.stop();
    await Promise.all([collector.close(), receiver.close()]);
    rmSync(stateDir, { recursive: true, force: true });
  });

  const submit = async (body: object, trace_id: string, flags: string): Promise<string> => {
    const response = await agentOf(system, tenant).call("/v1/runs", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
        traceparent: `00-${trace_id}-${CLIENT_SPAN}-${flags}`,
      },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { readonly run_id: string }).run_id;
  };
  const spansOf = (trace_id: string) => collector.spans().filter(({ traceId }) => traceId === trace_id);
  /** Of what was repeated, as on a crowded machine, the last one. */
  const find = (name: string): CollectedSpan => {
    const found = spansOf(SEEN).findLast((span) => span.name === name);
    if (found === undefined) throw new Error(`no span ${name} has arrived`);
    return found;
  };
  const childrenOf = (name: string) =>
    spansOf(SEEN)
      .filter(({ parentSpanId }) => parentSpanId === find(name).spanId)
      .map(({ name: child, service }) => `${String(service)}: ${child}`);

  test("is one, from the edge through the queue to the worker, the result, the close and the webhook", async () => {
    const agent = agentOf(system, tenant);
    await agent.ended(await submit(smallDecision("left out"), LEFT_OUT, "00"));
    const run_id = await submit(
      {
        ...smallDecision("input-secret"),
        metadata: { order: "metadata-secret" },
        webhook: `${receiver.url}/hook/webhook-secret`,
      },
      SEEN,
      "01",
    );
    expect(await agent.ended(run_id)).toMatchObject({ status: "COMPLETED" });
    await agent.call("/v1/runs/no-run", { headers: { traceparent: `00-${SEEN}-${CLIENT_SPAN}-01` } });
    const queue = `dpp-edge: send ${system.stack.queueUrl.split("/").at(-1)}`;
    await eventually(() => {
      expect(childrenOf("POST /v1/runs")).toEqual(
        expect.arrayContaining([
          "dpp-edge: admit",
          "dpp-edge: submit-run",
          queue,
          "dpp-worker: process run",
          "dpp-reaper: deliver webhook",
        ]),
      );
      expect(childrenOf("process run")).toEqual(
        expect.arrayContaining(
          ["lease-runs", "execute", "begin-finalizes", "S3.PutObject", "complete-runs", "settle"].map(
            (name) => `dpp-worker: ${name}`,
          ),
        ),
      );
      expect(childrenOf("deliver webhook")).toEqual(["dpp-reaper: POST", "dpp-reaper: finish-webhook-delivery"]);
    });
    expect(find("POST /v1/runs")).toMatchObject({ kind: SERVER, parentSpanId: CLIENT_SPAN });
    expect(find("process run").attributes).toMatchObject({
      "dpp.run_id": run_id,
      "dpp.pack_type": "decision",
      "dpp.outcome": "done",
    });
    expect(find("POST").attributes).toMatchObject({
      "server.address": "127.0.0.1",
      "http.response.status_code": 200,
    });
    expect(parseTraceparent(String(receiver.requests[0]?.headers["traceparent"]))).toEqual({
      trace_id: SEEN,
      span_id: find("POST").spanId,
      sampled: true,
    });
  });

  test("is all that is recorded: requests begin traces, and nothing else does", () => {
    const roots = collector.spans().filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(roots.filter(({ kind }) => kind !== SERVER)).toEqual([]);
    expect(spansOf(LEFT_OUT)).toEqual([]);
  });

  test("says nothing that is secret or a tenant's", () => {
    const text = collector.requests.map(({ body }) => body).join("\n");
    const { api_key, admin_key } = tenant;
    const { secretAccessKey, upstashToken } = system.stack;
    for (const secret of [api_key, admin_key, secretAccessKey, upstashToken, "-secret", "calm", "/hook"])
      expect(text).not.toContain(secret);
    expect(collector.requests.every(({ headers }) => headers["x-collector-key"] === "collector-secret")).toBe(true);
    expect(logs.filter(({ line }) => line.includes("collector-secret"))).toEqual([]);
  });

  test.each([
    ["edge", "request refused"],
    ["worker", "run closed"],
    ["reaper", "a webhook was tried"],
  ])("is found by lines of the %s too", async (name, message) => {
    await eventually(() =>
      expect(
        logs
          .filter(({ process, line }) => process === name && line.includes(message))
          .map(({ line }) => (JSON.parse(line) as { readonly trace_id?: string }).trace_id),
      ).toContain(SEEN),
    );
  });
});
