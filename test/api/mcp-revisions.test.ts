import { beforeAll, describe, expect, test } from "vitest";
import { call, problemOf } from "./client.ts";
import { complete } from "./finish.ts";
import { type Account, newKey } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import {
  errorOf,
  found,
  framed,
  isStructured,
  LEGACY,
  MODERN,
  order,
  resultOf,
  type Revision,
  revisions,
  send,
  sendBatch,
  sendRaw,
  tool,
} from "./mcp-client.ts";

const world = await sharedWorld();
let account: Account;
let other: Account;
beforeAll(async () => {
  account = await world.account();
  other = await world.account();
});

type Members = Readonly<Record<string, unknown>>;
const older = revisions.filter((revision) => revision !== MODERN);
const withBatches = ["2025-03-26", "2024-11-05"] as const;
const WITHOUT = { "MCP-Protocol-Version": undefined };

const initialize = (protocolVersion: string, headers: Record<string, string | undefined> = WITHOUT) =>
  send(world.url, account.api_key, {
    method: "initialize",
    params: { protocolVersion, capabilities: {}, clientInfo: { name: "old", version: "1" } },
    revision: LEGACY,
    headers,
  });

describe.each(older)("a client of %s", (revision) => {
  test("is initialized without a session, in its own revision", async () => {
    const answer = await initialize(revision);
    const result = resultOf(answer);
    expect(result).toMatchObject({ protocolVersion: revision, serverInfo: { name: "decisionproof" } });
    expect(result["capabilities"]).toEqual({
      tools: {},
      ...(revision === LEGACY && { tasks: { cancel: {}, requests: { tools: { call: {} } } } }),
    });
    expect(Object.hasOwn(result["serverInfo"] as object, "title")).toBe(isStructured(revision));
    expect(answer.headers.has("mcp-session-id")).toBe(false);
    const response = await send(world.url, account.api_key, {
      method: "notifications/initialized",
      id: null,
      revision,
    });
    expect([response.status, response.text]).toEqual([202, ""]);
    expect(resultOf(await send(world.url, account.api_key, { method: "ping", revision }))).toEqual({});
  });

  test("buys a run that another tenant's client does not see", async () => {
    const { run_id } = found(await tool({ url: world.url, api_key: account.api_key, revision }, "submit_run", order()));
    await complete(world.backend, String(run_id), { data: { answer: 42 } }, 12_300);
    const result = await tool({ url: world.url, api_key: account.api_key, revision }, "get_result", { run_id });
    expect(found(result)).toMatchObject({ run_id, output: { data: { answer: 42 } } });
    const stranger = await tool({ url: world.url, api_key: other.api_key, revision }, "get_result", { run_id });
    expect(stranger.isError).toBe(true);
    expect(JSON.parse(stranger.content[0]?.text ?? "")).toMatchObject({ status: 404, detail: "Run not found." });
  });

  test("has a link to a large result where the revision knows links, and its address in the text anywhere", async () => {
    const { run_id } = found(await tool({ url: world.url, api_key: account.api_key, revision }, "submit_run", order()));
    const large = { data: "x".repeat(64 * 1024) };
    await complete(world.backend, String(run_id), large, 12_300);
    const result = await tool({ url: world.url, api_key: account.api_key, revision }, "get_result", { run_id });
    const { url, output } = found(result);
    expect(output).toBeNull();
    expect(result.content.map(({ type }) => type)).toEqual(
      isStructured(revision) ? ["text", "resource_link"] : ["text"],
    );
    expect((await call(String(url))).body).toEqual(large);
  });

  test("finds tasks in 2025-11-25 alone", async () => {
    const asked = await send(world.url, account.api_key, {
      method: "tools/call",
      params: { name: "submit_run", arguments: order(), task: {} },
      revision,
    });
    expect(Object.keys(resultOf(asked)).includes("task")).toBe(revision === LEGACY);
    const get = await send(world.url, account.api_key, {
      method: "tasks/get",
      params: { taskId: "01a1fa37-24d5-77a5-b92c-ccf601371541" },
      revision,
    });
    errorOf(get, 200, revision === LEGACY ? -32_602 : -32_601);
  });
});

test.each([
  ["a revision to come", "2030-01-01"],
  ["the revision without a handshake", MODERN],
  ["nonsense", "latest"],
])("to initialize in %s agrees on the newest that has a handshake", async (_what, asked) => {
  expect(resultOf(await initialize(asked))["protocolVersion"]).toBe(LEGACY);
});

test("a request without the header is of 2025-03-26", async () => {
  const list = (headers = {}, revision: Revision = "2025-03-26") =>
    send(world.url, account.api_key, { method: "tools/list", revision, headers });
  expect(resultOf(await list(WITHOUT))).toEqual(resultOf(await list()));
  expect(resultOf(await list(WITHOUT))).not.toEqual(resultOf(await list({}, LEGACY)));
});

test.each(["nonsense", "2025-06-19", "1", "2025-11-25 2025-06-18", "toString"])(
  "the revision %j is a 400 that names those that are spoken",
  async (version) => {
    const headers = { "MCP-Protocol-Version": version };
    for (const method of ["ping", "tools/list", "notifications/initialized"]) {
      const answer = await send(world.url, account.api_key, { method, revision: LEGACY, headers });
      expect(errorOf(answer, 400, -32_022).data).toEqual({ supported: revisions, requested: version });
    }
  },
);

test.each(["GET", "DELETE", "PUT"])(
  "%s on /mcp is a 405 that allows POST: there are no sessions or streams",
  async (method) => {
    for (const path of ["/mcp", "/mcp/"]) {
      const answer = await call(`${world.url}${path}`, { method, headers: { Accept: "text/event-stream" } });
      problemOf(answer, 405, "method-not-allowed");
      expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
    }
  },
);

test("/mcp/ is /mcp", async () => {
  const { headers, body } = framed({ method: "ping", revision: LEGACY });
  const sent = { ...headers, Authorization: `Bearer ${account.api_key}` };
  const answer = await call(`${world.url}/mcp/`, { method: "POST", headers: sent, body: JSON.stringify(body) });
  expect(resultOf(answer)).toEqual({});
});

describe.each([...withBatches, undefined])("a batch of %s", (revision) => {
  const batch = (messages: Parameters<typeof sendBatch>[2], { api_key } = account) =>
    sendBatch(world.url, api_key, messages, revision);
  const called = (name: string, given: Members = {}) => ({ method: "tools/call", params: { name, arguments: given } });

  test("is answered message by message, in order, without the notifications", async () => {
    const answer = await batch([
      { method: "ping", id: "a" },
      { method: "notifications/initialized", id: null },
      { ...called("submit_run", order()), id: 7 },
      { method: "no/such/method", id: 8 },
      { method: "tools/call", params: { name: 5 }, id: 9 },
    ]);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject([
      { jsonrpc: "2.0", id: "a", result: {} },
      { id: 7, result: { isError: false } },
      { id: 8, error: { code: -32_601 } },
      { id: 9, error: { code: -32_602 } },
    ]);
  });

  test("of notifications alone has no answer", async () => {
    const answer = await batch([{ method: "notifications/initialized", id: null }]);
    expect([answer.status, answer.text]).toEqual([202, ""]);
  });

  test("counts each message against the rates as one call", async () => {
    const slow = await world.account({
      plan: { read_per_minute: 2, read_burst: 2, submit_per_minute: 1, submit_burst: 1 },
    });
    const reads = [
      { method: "ping", id: 1 },
      { method: "no/such/method", id: 2 },
      { method: "tools/list", id: 3 },
      { ...called("get_budget"), id: 4 },
    ];
    const answer = await batch(
      [...reads, { ...called("submit_run", order()), id: 5 }, { ...called("submit_run", order()), id: 6 }],
      slow,
    );
    expect(answer.body).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: { code: -32_601 } },
      { id: 3, error: { code: -32_000, data: { status: 429, retry_after_s: expect.any(Number) } } },
      { id: 4, result: { isError: true } },
      { id: 5, result: { isError: false } },
      { id: 6, result: { isError: true } },
    ]);
  });

  test("counts messages that are invalid, too", async () => {
    const slow = await world.account({ plan: { read_per_minute: 2, read_burst: 2 } });
    const invalid = { method: "tools/call", params: { name: "get_run", arguments: { run_id: "one" } } };
    const answer = await batch(
      [1, 2, 3].map((id) => ({ ...invalid, id })),
      slow,
    );
    const statuses = (answer.body as { result: { content: { text: string }[] } }[]).map(
      ({ result }) => (JSON.parse(result.content[0]?.text ?? "") as Members)["status"],
    );
    expect(statuses).toEqual([400, 400, 429]);
  });

  test("is a 401 as a whole to a key that is nobody's", async () => {
    problemOf(await batch([{ method: "ping" }], { ...account, api_key: newKey() }), 401, "unauthorized");
  });

  test("shows nothing of another tenant's run", async () => {
    const { run_id } = found(await tool({ url: world.url, api_key: account.api_key }, "submit_run", order()));
    const answer = await batch(
      [
        { ...called("get_run", { run_id }), id: 1 },
        { ...called("cancel_run", { run_id }), id: 2 },
      ],
      other,
    );
    expect(answer.body).toMatchObject([{ result: { isError: true } }, { result: { isError: true } }]);
    expect(answer.text).not.toContain("QUEUED");
  });

  test.each([
    ["nothing", []],
    ["more than 20 messages", Array.from({ length: 21 }, (_, id) => ({ method: "ping", id }))],
    ["what is no message", [{ method: "ping" }, { method: "" }]],
    ["an initialize", [{ method: "ping" }, { method: "initialize", params: {} }]],
  ])("with %s is refused as a whole", async (_what, messages) => {
    errorOf(await batch(messages), 400, -32_600);
  });
});

test.each([MODERN, LEGACY, "2025-06-18"] as const)("a batch is refused in %s, which has none", async (revision) => {
  const { message } = errorOf(
    await sendBatch(world.url, account.api_key, [{ method: "ping" }], revision),
    400,
    -32_600,
  );
  expect(message).toBe(`There are no batches in the revision ${revision}: send one message at a time.`);
});

test("a batch of a nonsense revision is a 400, and no message of it is answered", async () => {
  const { headers, body } = framed({ method: "ping", headers: { "MCP-Protocol-Version": "nonsense" } });
  errorOf(await sendRaw(world.url, account.api_key, JSON.stringify([body]), headers), 400, -32_022);
});
