import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Row, Statement } from "#core/ports/db.ts";
import { createApp } from "../../../edge/app.ts";
import { QUEUED_ROW } from "../../support/run-row.ts";
import { loneDeps, madeUpKey } from "../../tools/bodies/lone-edge.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const REQUESTS = 20;
const CHARS = 200_000;

const ALLOWED = ["100", "60000", "99", "1000", "0"];
const RUN = { ...QUEUED_ROW, tenant_id: TENANT, created_at: new Date() };

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const ROUNDS = 3;

/** The bytes in use. What is made while a collection is under way outlives that one, so that one alone says too much. */
async function smallest(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

/** An edge that accepts every run, which then never ends; `held` is how many responses wait for that. */
function patientEdge() {
  // As timers do, it keeps what waits for it.
  const sleeping: (() => void)[] = [];
  const deps = loneDeps({
    redis: {
      get: () => Promise.resolve(TENANT),
      set: () => Promise.resolve(),
      run: ({ name }) => Promise.resolve([name === "admit" ? "RESERVED" : "ALLOWED", ...ALLOWED]),
    },
    db: {
      query: ({ name }: Statement): Promise<readonly Row[]> =>
        Promise.resolve([{ ...RUN, outcome: name === "submit-run" ? "inserted" : "found" }]),
    },
    signals: { send: () => Promise.resolve() },
    sleeper: {
      sleep: () => new Promise((resolve) => sleeping.push(resolve)),
    },
  });
  return { app: createApp(deps), held: () => sleeping.length };
}

const order = (serial: number) => ({
  pack_type: "compliance",
  inputs: { text: String(serial).padEnd(CHARS, "x") },
  max_cost_usd: "1.0000",
});
const called = (serial: number, params: object = {}) => ({
  jsonrpc: "2.0",
  id: serial,
  method: "tools/call",
  params: {
    name: "submit_run",
    arguments: { ...order(serial), idempotency_key: `key-of-${serial}`, wait_seconds: 30 },
    ...params,
  },
});
const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

type Sent = readonly [path: string, headers: Readonly<Record<string, string>>, body: (serial: number) => unknown];

const submits: readonly (readonly [what: string, ...Sent])[] = [
  ["POST /v1/runs", "/v1/runs", { Prefer: "wait=30", "Idempotency-Key": "a-key-of-its-own" }, order],
  ["submit_run of 2025-11-25", "/mcp", { "MCP-Protocol-Version": "2025-11-25" }, (serial) => called(serial)],
  [
    "submit_run of 2026-07-28",
    "/mcp",
    { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "submit_run" },
    (serial) => called(serial, { _meta: MODERN }),
  ],
  ["submit_run in a batch", "/mcp", { "MCP-Protocol-Version": "2025-03-26" }, (serial) => [called(serial)]],
];

/** The body is read once, as from a network, and nobody else has it. */
function streamOf(body: unknown): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(JSON.stringify(body)));
      controller.close();
    },
  });
}

test.each(submits)("%s keeps no body while its response is held", async (_, path, headers, bodyOf) => {
  const { app, held } = patientEdge();
  const api_key = madeUpKey();
  const ended: unknown[] = [];
  const send = async (serial: number) => {
    const response = await app.request(
      `https://api.example${path}`,
      {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${api_key}`, ...headers },
        body: streamOf(bodyOf(serial)),
        duplex: "half",
      } as RequestInit,
      {},
      { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} },
    );
    ended.push(await response.text());
  };
  const all = async (count: number) => {
    while (held() < count && ended.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  void send(0);
  await all(1);
  const before = await smallest();
  for (let serial = 1; serial <= REQUESTS; serial++) void send(serial);
  await all(1 + REQUESTS);
  const kept = (await smallest()) - before;
  expect(ended).toEqual([]);
  expect(kept).toBeLessThan((REQUESTS * CHARS) / 2);
});
