import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  Decisionproof,
  NotFoundError,
  PermissionError,
  RateLimitError,
} from "../../../edge/client/client.ts";
import { failure, fakeApi, fakeTime, json, never, problem, realTime, run, settled } from "./fake-api.ts";

const ORDER = { pack_type: "char", inputs: { name: "Ada" }, max_cost_usd: "0.0500" } as const;

let time: ReturnType<typeof fakeTime>;
beforeEach(() => {
  time = fakeTime();
});
afterEach(realTime);

describe("a submit", () => {
  test("is sent again under the same key after a lost answer, a 503 and a 429", async () => {
    const lost = new TypeError("socket closed");
    const answers = [lost, problem(503, "unavailable", { "retry-after": "2" }), problem(429, "rate-limited")];
    const { dpp, sent } = fakeApi([...answers, json(run(), 202)]);
    expect(await settled(dpp.runs.create(ORDER))).toMatchObject({ status: "QUEUED" });
    const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^[0-9a-f-]{36}$/)));
    expect(new Set(keys).size).toBe(1);
    expect(new Set(sent.map(({ body }) => JSON.stringify(body)))).toEqual(new Set([JSON.stringify(ORDER)]));
    expect(time.pauses()).toEqual([187.5, 2_000, 750]);
  });

  test("has a key of its own in each call, and the caller's where it is given", async () => {
    const { dpp, sent } = fakeApi([json(run()), json(run()), json(run())]);
    await dpp.runs.create(ORDER);
    await dpp.runs.create(ORDER);
    await dpp.runs.create(ORDER, { idempotencyKey: "order-A-1" });
    const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("order-A-1");
  });

  test("whose answers are all lost says under which key it may have been accepted", async () => {
    const lost = Array.from({ length: 3 }, () => new TypeError("socket closed"));
    const { dpp } = fakeApi(lost, { maxRetries: 2 });
    const error = await failure(settled(dpp.runs.create(ORDER, { idempotencyKey: "order-A-1" })));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ attempts: 3, idempotencyKey: "order-A-1", cause: lost[2] });
  });
});

describe("what is not safe", () => {
  test.each([
    ["creating a key", (dpp: Decisionproof) => dpp.keys.create({ name: "a", scopes: ["read"] })],
    ["rotating a key", (dpp: Decisionproof) => dpp.keys.rotate("1")],
    ["creating a webhook", (dpp: Decisionproof) => dpp.webhooks.create({ url: "https://hooks.example.com/" })],
    ["rotating a secret", (dpp: Decisionproof) => dpp.webhooks.rotate("1")],
    ["a test event", (dpp: Decisionproof) => dpp.webhooks.test("1")],
    ["a redelivery", (dpp: Decisionproof) => dpp.webhooks.redeliver("1", "2")],
    ["a post without a key", (dpp: Decisionproof) => dpp.post("/v1/anything", {})],
  ])("is never sent again: %s", async (_, call) => {
    for (const answer of [new TypeError("lost"), problem(503, "unavailable"), problem(429, "rate-limited")]) {
      const { dpp, sent } = fakeApi([answer, json({})]);
      await expect(settled<unknown>(call(dpp))).rejects.toThrow();
      expect(sent).toHaveLength(1);
    }
  });

  test("is told from what the API describes as safe: estimates, cancels, deletes and posts with a key", async () => {
    for (const call of [
      (dpp: Decisionproof) => dpp.runs.estimate(ORDER),
      (dpp: Decisionproof) => dpp.runs.cancel("1"),
      (dpp: Decisionproof) => dpp.keys.revoke("1"),
      (dpp: Decisionproof) => dpp.post("/v1/anything", {}, { idempotencyKey: "order-A-1" }),
    ]) {
      const { dpp, sent } = fakeApi([new TypeError("lost"), json({})]);
      await settled<unknown>(call(dpp));
      expect(sent).toHaveLength(2);
    }
  });

  test("a webhook that is gone when a lost delete is sent again was deleted; one that never was is not found", async () => {
    const lost = fakeApi([new TypeError("lost"), problem(404, "not-found")]);
    await settled(lost.dpp.webhooks.delete("1"));
    const absent = fakeApi([problem(404, "not-found")]);
    expect(await failure(absent.dpp.webhooks.delete("1"))).toBeInstanceOf(NotFoundError);
  });
});

describe("Retry-After", () => {
  const DATE = "Mon, 30 Nov 2026 12:00:00 GMT";
  test.each([
    ["seconds", { "retry-after": "7" }, 7_000],
    ["a date, by the server's clock", { "retry-after": "Mon, 30 Nov 2026 12:00:09 GMT", date: DATE }, 9_000],
    ["a date that has passed", { "retry-after": "Mon, 30 Nov 2026 11:00:00 GMT", date: DATE }, 0],
    ["nonsense", { "retry-after": "soon" }, 187.5],
  ])("is taken as %s", async (_, headers, pause) => {
    const { dpp, sent } = fakeApi([problem(429, "rate-limited", headers), json({})]);
    await settled(dpp.budget());
    expect([time.pauses(), sent.length]).toEqual([[pause], 2]);
  });

  test("that asks for more than the client waits is thrown at once", async () => {
    const { dpp, sent } = fakeApi([problem(429, "rate-limited", { "retry-after": "3600" })]);
    const error = await failure(settled(dpp.budget()));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfterMs: 3_600_000, attempts: 1 });
    expect(sent).toHaveLength(1);
  });

  test("is absent: the pauses double up to eight seconds", async () => {
    const { dpp } = fakeApi([...Array.from({ length: 7 }, () => problem(500, "internal")), json({})], {
      maxRetries: 7,
    });
    await settled(dpp.budget());
    expect(time.pauses()).toEqual([187.5, 375, 750, 1_500, 3_000, 6_000, 6_000]);
  });
});

describe("an error", () => {
  test.each([
    [401, "unauthorized", AuthenticationError],
    [403, "scope-missing", PermissionError],
    [404, "not-found", NotFoundError],
    [409, "idempotency-conflict", ConflictError],
    [422, "budget-exceeded", BudgetExceededError],
    [422, "max-cost-below-price", ApiError],
    [400, "invalid-request", ApiError],
  ])("of %i %s has a class of its own, is thrown at once, and names the request", async (status, code, kind) => {
    const { dpp, sent } = fakeApi([problem(status, code)]);
    const error = await failure(dpp.runs.create(ORDER));
    expect((error as Error).constructor).toBe(kind);
    expect(error).toMatchObject({ name: kind.name, status, code, requestId: "req-1", problem: { detail: "Why." } });
    expect(sent).toHaveLength(1);
  });

  test("names the invalid fields", async () => {
    const errors = [{ pointer: "/inputs/name", detail: "is required" }, { detail: "is odd" }];
    const body = { code: "invalid-request", status: 400, detail: "Invalid.", errors };
    const { dpp } = fakeApi([json(body, 400)]);
    const error = await failure(dpp.budget());
    expect((error as Error).message).toBe("400 invalid-request: Invalid.\n/inputs/name is required\n is odd");
  });

  test.each([
    ["a page", new Response("<h1>Bad gateway</h1>", { status: 404, headers: { "content-type": "text/html" } })],
    ["broken JSON", new Response("{", { status: 404, headers: { "content-type": "application/json" } })],
    ["null", json(null, 404)],
  ])("of something before the API, %s, is an ApiError all the same", async (_, answer) => {
    const { dpp } = fakeApi([answer]);
    expect(await failure(dpp.budget())).toMatchObject({ name: "NotFoundError", code: "unknown", status: 404 });
  });

  test("never shows the API key", async () => {
    const { dpp } = fakeApi([new TypeError("lost")], { maxRetries: 0 });
    const error = (await failure(dpp.budget())) as Error;
    expect(JSON.stringify([error, dpp, String(error), error.stack])).not.toContain("dpp_test_key");
  });
});

describe("a time limit", () => {
  test("ends an attempt that gets no answer, and the next may have more luck", async () => {
    const { dpp, sent } = fakeApi([never, json({ granted_usd: "1.0000" })]);
    expect(await settled(dpp.budget({ timeoutMs: 1_000 }))).toEqual({ granted_usd: "1.0000" });
    expect(sent).toHaveLength(2);
  });

  test("ends an answer whose body stops", async () => {
    const stuck = ({ signal }: { signal: AbortSignal }) =>
      new Response(
        new ReadableStream({
          start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
        }),
      );
    const { dpp } = fakeApi([stuck], { maxRetries: 0 });
    expect(await failure(settled(dpp.budget({ timeoutMs: 1_000 })))).toMatchObject({
      name: "ConnectionError",
      message: "GET /v1/budget: no answer within 1000 ms",
    });
  });
});

describe("a client", () => {
  test.each(["//evil.example/v1/budget", "https://evil.example/", "v1/budget", String.raw`/\evil.example`])(
    "sends its key to no other place: %s",
    async (path) => {
      const { dpp, sent } = fakeApi([json({})]);
      await expect(dpp.get(path)).rejects.toThrow("not a path");
      expect(sent).toEqual([]);
    },
  );

  test.each(["http://api.example", "ftp://api.example", "http://127.0.0.1.example"])(
    "refuses to send its key in the clear: %s",
    (baseUrl) => {
      expect(() => new Decisionproof({ apiKey: "k", baseUrl })).toThrow("https://");
    },
  );

  test("follows no redirect with its key", async () => {
    const { dpp, sent } = fakeApi([
      new Response(null, { status: 307, headers: { location: "https://evil.example/" } }),
    ]);
    expect(await failure(dpp.budget())).toMatchObject({ name: "ApiError", status: 307 });
    expect(sent).toHaveLength(1);
  });

  test("writes queries as the API reads them, and gives headers and text through the escape hatch", async () => {
    const text = new Response("a,b\r\n", { headers: { "content-type": "text/csv", "x-request-id": "req-9" } });
    const { dpp, sent } = fakeApi([text]);
    const query = { status: ["A", "B"], metadata: { order: "A-1" }, limit: 5, cursor: undefined };
    const answer = await dpp.get("/v1/ledger", { query, headers: { accept: "text/csv" } });
    expect(decodeURIComponent(sent[0]?.url ?? "")).toBe(
      "https://api.example/v1/ledger?status=A&status=B&metadata[order]=A-1&limit=5",
    );
    expect(answer).toMatchObject({ data: "a,b\r\n", status: 200, requestId: "req-9" });
    expect(sent[0]?.headers.get("accept")).toBe("text/csv");
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer dpp_test_key");
  });
});
