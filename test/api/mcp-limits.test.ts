import { describe, expect, test } from "vitest";
import { problemOf } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { lentWorld, sharedWorld } from "./harness.ts";
import { eras, found, order, refused, resultOf, send, tool } from "./mcp-client.ts";

const world = await sharedWorld();

describe.each(eras)("in the revision of %s", (revision) => {
  test("what concerns no tool is counted as a read, and refused as one", async () => {
    const { api_key } = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
    const first = await send(world.url, api_key, { method: "tools/list", revision });
    expect(first.headers.get("ratelimit")).toMatch(/^"read";r=0;t=/);
    resultOf(first);
    for (const method of ["tools/list", "no/such/method", "notifications/initialized"]) {
      const answer = await send(world.url, api_key, { method, revision });
      problemOf(answer, 429, "rate-limited");
      expect(answer.headers.has("retry-after")).toBe(true);
    }
    const called = await tool({ url: world.url, api_key, revision }, "get_budget");
    expect(refused(called)).toMatchObject({ status: 429, title: "Too many requests" });
  });

  test.each([
    ["an unknown argument", { method: "tools/call", params: { name: "get_budget", arguments: { surprise: 1 } } }],
    ["params that do not fit", { method: "tools/call", params: { arguments: {} } }],
    ["no JSON-RPC", { method: "" }],
  ])(
    "a message with %s is a 401 to a key that is nobody's, and counted as a read of one's own",
    async (_what, message) => {
      problemOf(await send(world.url, newKey(), { ...message, revision }), 401, "unauthorized");
      const { api_key } = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
      const first = await send(world.url, api_key, { ...message, revision });
      expect([200, 400]).toContain(first.status);
      expect(first.headers.get("ratelimit")).toMatch(/^"read";r=0;t=/);
    },
  );

  test.each([
    { method: "tools/call", params: { name: 5 } },
    { method: "tools/list", params: { cursor: 5 } },
    { method: "tasks/get", params: { taskId: "none" } },
  ])("params that do not fit $method are told to somebody's key alone, and count as a read", async (message) => {
    problemOf(await send(world.url, newKey(), { ...message, revision }), 401, "unauthorized");
    const { api_key } = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
    const first = await send(world.url, api_key, { ...message, revision });
    expect([first.headers.get("content-type"), first.text]).toEqual([
      "application/json",
      expect.stringContaining('"error"'),
    ]);
    problemOf(await send(world.url, api_key, { ...message, revision }), 429, "rate-limited");
  });

  test("a submit is not counted as a read, nor a read as a submit", async () => {
    const account = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
    found(await tool({ url: world.url, api_key: account.api_key, revision }, "get_budget"));
    found(await tool({ url: world.url, api_key: account.api_key, revision }, "submit_run", order()));
  });
});

test("while Postgres is away a tool says when to try again, in the words of HTTP", async () => {
  await using other = await lentWorld();
  const { api_key } = await other.account();
  found(await tool({ url: other.url, api_key }, "get_budget"));
  await other.stopPostgres();
  for (const [name, given] of [
    ["get_budget", {}],
    ["submit_run", order()],
    ["cancel_run", { run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541" }],
  ] as const) {
    const called = await tool({ url: other.url, api_key }, name, given);
    expect(refused(called)).toMatchObject({ status: 503, title: "Temporarily unavailable" });
    expect(called.answer.headers.has("retry-after")).toBe(true);
  }
  problemOf(await send(other.url, api_key, { method: "tools/list" }), 503, "unavailable");
});
