import { describe, expect, test } from "vitest";
import type { RedisReply } from "#core/ports/redis.ts";
import { createApp } from "../../../edge/app.ts";
import { IsolateRateLimiter } from "../../../edge/admission/isolate-rate-limiter.ts";
import { DeniedKeyCache } from "../../../edge/admission/denied-key-cache.ts";
import { loneDeps, madeUpKey } from "../../tools/bodies/lone-edge.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const LIMITED = ["RATE_LIMITED", "5", "60000", "0", "60000", "4000"];

/** An edge whose Redis gives these answers, and whose clock a test turns. */
function world(answers: { readonly tenant: string; readonly reply: RedisReply }, burst = 1_000) {
  let now_ms = 1_800_000_000_000;
  let asked = 0;
  const clock = { now: () => now_ms };
  const ask = <T>(answer: T): Promise<T> => {
    asked += 1;
    return Promise.resolve(answer);
  };
  const app = createApp(
    loneDeps({
      clock,
      redis: { get: () => ask(answers.tenant), set: () => Promise.resolve(), run: () => ask(answers.reply) },
      denied_keys: new DeniedKeyCache(clock),
      unauthenticated: new IsolateRateLimiter({ per_minute: 1, burst }, clock),
    }),
  );
  return { app, pass: (ms: number) => void (now_ms += ms), asked: () => asked };
}

/** Sends a body, and tells whether any of it was read. */
async function send({ app }: Pick<ReturnType<typeof world>, "app">, api_key: string, path: string) {
  let read = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read = true;
        controller.enqueue(new TextEncoder().encode("{}"));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = {
    Authorization: `Bearer ${api_key}`,
    "Content-Type": "application/json",
    "Idempotency-Key": "key-0001",
    "MCP-Protocol-Version": "2026-07-28",
    "CF-Connecting-IP": "203.0.113.7",
  };
  const init = { method: "POST", headers, body, duplex: "half" as const };
  const response = await app.fetch(new Request(`https://api.example${path}`, init));
  return { status: response.status, headers: response.headers, read };
}

const PATHS = ["/v1/runs", "/v1/runs/estimate", "/v1/keys", "/v1/webhooks", `/v1/runs/${TENANT}/cancel`, "/mcp"];

describe.each(PATHS)("of a body to %s nothing is read", (path) => {
  test("while its key was refused a moment ago", async () => {
    const edge = world({ tenant: "unknown", reply: null });
    const api_key = madeUpKey();
    expect(await send(edge, api_key, path)).toMatchObject({ status: 401, read: true });
    const before = edge.asked();
    expect(await send(edge, api_key, path)).toMatchObject({ status: 401, read: false });
    expect(edge.asked()).toBe(before);
  });

  test("while its address is over the rate of unknown keys", async () => {
    const edge = world({ tenant: "unknown", reply: null }, 2);
    await send(edge, madeUpKey(), path);
    await send(edge, madeUpKey(), path);
    const before = edge.asked();
    expect(await send(edge, madeUpKey(), path)).toMatchObject({ status: 429, read: false });
    expect(edge.asked()).toBe(before);
  });
});

describe("a key over its rate", () => {
  test("is refused with its rate and before its body is read, until the next request may come", async () => {
    const edge = world({ tenant: TENANT, reply: LIMITED });
    const api_key = madeUpKey();
    expect(await send(edge, api_key, "/v1/keys")).toMatchObject({ status: 429, read: true });
    edge.pass(1_500);
    const again = await send(edge, api_key, "/v1/keys");
    expect(again).toMatchObject({ status: 429, read: false });
    expect(again.headers.get("ratelimit")).toBe('"read";r=0;t=59');
    expect(again.headers.get("ratelimit-policy")).toBe('"read";q=5;w=60');
    expect(again.headers.get("retry-after")).toBe("3");
    edge.pass(2_500);
    expect(await send(edge, api_key, "/v1/keys")).toMatchObject({ status: 429, read: true });
  });

  test("of reads may still submit", async () => {
    const edge = world({ tenant: TENANT, reply: LIMITED });
    const api_key = madeUpKey();
    await send(edge, api_key, "/v1/keys");
    expect(await send(edge, api_key, "/v1/runs")).toMatchObject({ read: true });
  });

  test("of reads may still send a message of MCP, which may be a submit", async () => {
    const edge = world({ tenant: TENANT, reply: LIMITED });
    const api_key = madeUpKey();
    await send(edge, api_key, "/v1/keys");
    expect(await send(edge, api_key, "/mcp")).toMatchObject({ read: true });
  });
});
