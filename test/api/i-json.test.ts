import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { acceptedRun, call, pointers, post, problemOf, work } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();
let account: Account;
beforeAll(async () => {
  account = await world.account();
});

/** A submit as text, of which the first `from` is `to`. */
const submitOf = (from: string, to: string): string => {
  const text = JSON.stringify(work({ metadata: { a: "x" }, timebox_sec: 90 }));
  expect(text).toContain(from);
  return text.replace(from, () => to);
};

const LARGE = "is a number with a magnitude above 2^53 - 1";

describe("a body that is JSON and not I-JSON", () => {
  test.each([
    ["a name given twice", '"a":"x"', '"a":"x","a":"y"', "/metadata/a", "is duplicated"],
    ["a name given twice, once escaped", '"a":"x"', String.raw`"a":"x","\u0061":"y"`, "/metadata/a", "is duplicated"],
    ["an integer beyond 2^53", ":90", ":9007199254740993", "/timebox_sec", LARGE],
    ["one with a fraction of nothing", ":90", ":9007199254740993.0", "/timebox_sec", LARGE],
    ["one with an exponent", ":90", ":9007199254740993e0", "/timebox_sec", LARGE],
    ["a NUL character", '"x"', String.raw`"\u0000"`, "/metadata/a", "contains a NUL character"],
    ["a lone surrogate", '"x"', String.raw`"\udc00"`, "/metadata/a", "contains a lone surrogate"],
    [
      "a 33rd level",
      '"x"',
      "[".repeat(31) + "]".repeat(31),
      `/metadata/a${"/0".repeat(30)}`,
      "is nested more than 32 levels deep",
    ],
  ])("%s is a 400 that says where and what", async (_what, from, to, pointer, detail) => {
    const ask = { url: world.url, api_key: account.api_key, body: submitOf(from, to) };
    const problem = problemOf(await post(ask), 400, "invalid-request");
    expect(problem.errors).toEqual([{ pointer, detail }]);
    expect(problem.detail).toBe(`Invalid body: ${pointer}: ${detail}.`);
  });

  test.each([
    ["an empty body", "", "application/json", 400, "The body is empty."],
    ["what is no JSON", "{", "application/json", 400, "The body is not JSON in UTF-8."],
    ["another type", "{}", "text/plain", 415, "The Content-Type is not application/json in UTF-8."],
  ] as const)("%s is told from the others", async (_what, body, type, status, detail) => {
    const headers = {
      Authorization: `Bearer ${account.api_key}`,
      "Idempotency-Key": "one-key-8",
      "Content-Type": type,
    };
    const answer = await call(`${world.url}/v1/runs`, { method: "POST", headers, body });
    const slug = status === 415 ? "unsupported-media-type" : "invalid-request";
    const problem = problemOf(answer, status, slug);
    expect(problem.detail).toBe(detail);
    if (status === 400) expect(problem.errors?.map((error) => `The body ${error.detail}.`)).toEqual([detail]);
  });

  test("is refused by the Model Context Protocol too", async () => {
    const { status } = await call(`${world.url}/mcp`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${account.api_key}`,
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
      },
      body: '{"jsonrpc":"2.0","id":9007199254740993.0,"method":"tools/list"}',
    });
    expect(status).toBe(400);
  });
});

/** A submit over a bare socket: `fetch` would join what are two lines. */
async function submitWith(...keys: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(world.url);
  const body = JSON.stringify(work());
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  socket.write(
    [
      "POST /v1/runs HTTP/1.1",
      `Host: ${hostname}`,
      `Authorization: Bearer ${account.api_key}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      ...keys.map((key) => `Idempotency-Key: ${key}`),
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  return text(socket);
}

describe("the Idempotency-Key header", () => {
  test.each([
    ["two keys", ["one-key-1", "one-key-2"]],
    ["the same key twice", ["one-key-3", "one-key-3"]],
    ["halves of one key", ["half", "half"]],
    ["one that ends in a comma", ["one-key-4,", "one-key-5"]],
    ["one that is empty", ["", "one-key-6"]],
    ["one behind that is empty", ["one-key-7", ""]],
  ])("in two lines is a 400: %s", async (_what, keys) => {
    const answer = await submitWith(...keys);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("/problems/invalid-idempotency-key");
  });

  test("in one line may have a comma without a space behind it", async () => {
    expect(await submitWith("order-1,order-2")).toMatch(/^HTTP\/1\.1 202 /);
    const joined = { url: world.url, api_key: account.api_key, idempotency_key: "order-1, order-2" };
    expect(pointers(problemOf(await post(joined), 400, "invalid-idempotency-key"))).toEqual(["Idempotency-Key"]);
    acceptedRun(await post({ ...joined, idempotency_key: "order-1,order-2" }));
  });
});
