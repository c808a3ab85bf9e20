import { describe, expect, test } from "vitest";
import { call, problemOf } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { listingWorld, mistyped, PAGES } from "./harness.ts";
import { errorOf, framed, LEGACY, MODERN, order, resultOf, revisions, send, sendRaw } from "./mcp-client.ts";

const world = await listingWorld();
const account = await world.account();

const list = { method: "tools/list" } as const;
const ask = (message: Parameters<typeof send>[2]) => send(world.url, account.api_key, message);
const raw = (body: string, headers: Record<string, string> = framed(list).headers) =>
  sendRaw(world.url, account.api_key, body, headers);

test("the client of 2026-07-28 discovers what there is, and how long it may keep that", async () => {
  const result = resultOf(await send(world.url, account.api_key, { method: "server/discover" }));
  expect(result).toMatchObject({
    resultType: "complete",
    supportedVersions: revisions,
    capabilities: { tools: {}, extensions: { "io.modelcontextprotocol/tasks": {} } },
    cacheScope: "public",
    ttlMs: 300_000,
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "decisionproof" } },
  });
});

describe("the headers of 2026-07-28 repeat the body", () => {
  const call_budget = { method: "tools/call", params: { name: "get_budget", arguments: {} } };

  test.each([
    ["no revision", { "MCP-Protocol-Version": undefined }],
    ["another revision", { "MCP-Protocol-Version": LEGACY }],
    ["no method", { "Mcp-Method": undefined }],
    ["another method", { "Mcp-Method": "tools/list" }],
    ["the method in capitals", { "Mcp-Method": "TOOLS/CALL" }],
    ["no name", { "Mcp-Name": undefined }],
    ["another name", { "Mcp-Name": "submit_run" }],
    ["a name that is not well encoded", { "Mcp-Name": "=?base64?Z2V0X2J1ZGdldA?=" }],
    ["the code of another name", { "Mcp-Name": "=?base64?c3VibWl0X3J1bg==?=" }],
    ["a code that is no text", { "Mcp-Name": "=?base64?//8=?=" }],
  ])("%s is refused", async (_what, headers) => {
    errorOf(await ask({ ...call_budget, headers }), 400, -32_020);
  });

  test("a name may be encoded, and stand among spaces", async () => {
    resultOf(await ask({ ...call_budget, headers: { "Mcp-Name": "=?base64?Z2V0X2J1ZGdldA==?=" } }));
    resultOf(await ask({ ...call_budget, headers: { "Mcp-Name": "  get_budget " } }));
  });
});

describe("what a request of 2026-07-28 says of itself", () => {
  const meta = (change: Record<string, unknown>) => {
    const { headers, body } = framed(list);
    const _meta = { ...(body.params as Record<string, Record<string, unknown>>)["_meta"], ...change };
    return raw(JSON.stringify({ ...body, params: { _meta } }), headers);
  };

  test.each(["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"])(
    "%s is required",
    async (name) => {
      expect(errorOf(await meta({ [name]: undefined }), 400, -32_602)).toMatchObject({ id: 1 });
    },
  );

  test("who the client is may be left out", async () => {
    resultOf(await meta({ "io.modelcontextprotocol/clientInfo": undefined }));
  });

  test("a revision that is not spoken is answered with those that are", async () => {
    const { headers, body } = framed({ ...list, headers: { "MCP-Protocol-Version": "1900-01-01" } });
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "1900-01-01",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const refused = errorOf(await raw(JSON.stringify({ ...body, params: { _meta } }), headers), 400, -32_022);
    expect(refused.data).toEqual({ supported: revisions, requested: "1900-01-01" });
    const { body: bare } = framed({ ...list, revision: LEGACY });
    errorOf(await raw(JSON.stringify(bare), headers), 400, -32_022);
  });
});

test.each(["initialize", "ping", "prompts/list", "resources/list", "tasks/list", "tasks/result", "constructor"])(
  "there is no method %s in 2026-07-28",
  async (method) => {
    expect(errorOf(await ask({ method, id: "x" }), 404, -32_601).id).toBe("x");
  },
);

test("what there is to buy depends on the account, and no cache may give it to another", async () => {
  expect(resultOf(await ask(list))).toMatchObject({ cacheScope: "private", ttlMs: 300_000 });
});

test.each(["server/discover", "prompts/list", "tasks/list", "tasks/update", "toString"])(
  "there is no method %s in 2025-11-25",
  async (method) => {
    errorOf(await ask({ method, revision: LEGACY }), 200, -32_601);
  },
);

test.each(revisions.map((revision) => [revision, revision === MODERN ? 400 : 200] as const))(
  "in %s an unknown tool is an error of the protocol",
  async (revision, status) => {
    const params = { name: "buy_everything", arguments: {} };
    errorOf(await ask({ method: "tools/call", params, revision }), status, -32_602);
    errorOf(await ask({ method: "tools/call", params: { name: "get_run", arguments: [] }, revision }), status, -32_602);
    errorOf(await ask({ method: "tools/list", params: { cursor: "2" }, revision }), status, -32_602);
  },
);

test.each([
  ["no JSON", "{", -32_700],
  ["nothing", "", -32_700],
  ["two messages", JSON.stringify([framed(list).body, framed(list).body]), -32_600],
  ["no message", "[]", -32_600],
  ["a text", '"tools/list"', -32_600],
  ["no version", JSON.stringify({ id: 1, method: "tools/list" }), -32_600],
  ["an answer", JSON.stringify({ jsonrpc: "2.0", id: 1, result: {} }), -32_600],
  ["an id that is null", JSON.stringify({ jsonrpc: "2.0", id: null, method: "tools/list" }), -32_600],
  ["a NUL character", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { a: "\0" } }), -32_600],
  ["a reserved name", '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"__proto__":{}}}', -32_600],
  ["depth without end", `${"[".repeat(5_000)}${"]".repeat(5_000)}`, -32_600],
])("a body that is %s is refused, without an id", async (_what, body, code) => {
  expect(errorOf(await raw(body), 400, code).id).toBeUndefined();
});

test("a body that is too large, or of another type, is a problem as on any route", async () => {
  problemOf(await raw(JSON.stringify("x".repeat(256 * 1024))), 413, "payload-too-large");
  const headers = { ...framed(list).headers, "Content-Type": "text/plain" };
  problemOf(await raw("{}", headers), 415, "unsupported-media-type");
});

test("who takes no JSON is told that there is nothing else", async () => {
  problemOf(await ask({ ...list, headers: { Accept: "text/event-stream" } }), 406, "not-acceptable");
  problemOf(await ask({ ...list, headers: { Accept: "application/json;q=0, text/html" } }), 406, "not-acceptable");
  for (const Accept of ["*/*", "application/json", "text/event-stream, application/*;q=0.1"]) {
    resultOf(await ask({ ...list, headers: { Accept } }));
  }
});

test("notifications are taken without a word, of good keys alone", async () => {
  const notification = { method: "notifications/cancelled", id: null } as const;
  for (const revision of revisions) {
    const answer = await ask({ ...notification, revision });
    expect([answer.status, answer.text]).toEqual([202, ""]);
  }
  problemOf(await send(world.url, newKey(), notification), 401, "unauthorized");
});

describe("a web page", () => {
  const from = (Origin: string, headers = {}) => ask({ ...list, headers: { Origin, ...headers } });

  test.each([
    "https://evil.example",
    "null",
    "http://app.example",
    "https://app.example:8443",
    "http://localhost:3000",
  ])("of the origin %j may not call", async (origin) => {
    problemOf(await from(origin), 403, "origin-not-allowed");
  });

  test.each(PAGES)("of the origin %s, which is listed, may", async (origin) => {
    resultOf(await from(origin));
  });

  test("of the service itself may", async () => {
    resultOf(await from(new URL(world.url).origin));
  });

  test("is turned away before its key is looked at", async () => {
    const { headers, body } = framed({ ...list, headers: { Origin: "https://evil.example" } });
    const answer = await call(`${world.url}/mcp`, { method: "POST", headers, body: JSON.stringify(body) });
    problemOf(answer, 403, "origin-not-allowed");
  });
});

test("without a good key nothing of a message is answered", async () => {
  const before = world.roundTrips();
  const { headers } = framed(list);
  for (const body of ["{", "[]", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "nope" })]) {
    problemOf(await sendRaw(world.url, mistyped(account.api_key), body, headers), 401, "unauthorized");
  }
  expect(world.roundTrips()).toEqual(before);
  for (const message of [list, { method: "tools/call", params: { name: "submit_run", arguments: order() } }]) {
    const answer = await send(world.url, newKey(), message);
    problemOf(answer, 401, "unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="decisionproof", error="invalid_token"');
  }
});
