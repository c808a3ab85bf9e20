import { createHash, randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { resultView } from "../../edge/runs/schemas.ts";
import { freePort } from "../dev/free-port.ts";
import { type ApiResponse, acceptedRun, bearer, call, get, post, problemOf } from "./client.ts";
import { complete, fail } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createWorld, type World, sharedWorld } from "./harness.ts";

const world = await sharedWorld();
/** One whose edge cannot reach the store of results. */
const apart = await createWorld({ bindings: { S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` } });
afterAll(() => apart.close());

interface Given {
  readonly account: Account;
  readonly run_id: string;
  readonly url: string;
}

async function submitted(from: World = world): Promise<Given> {
  const account = await from.account();
  const { run_id } = acceptedRun(await post({ url: from.url, api_key: account.api_key }));
  return { account, run_id, url: `${from.url}/v1/runs/${run_id}` };
}

async function completed(result: object, from: World = world) {
  const given = await submitted(from);
  const { sha256 } = await complete(from.backend, given.run_id, result, 10_000);
  return { ...given, etag: `"${sha256}"`, text: JSON.stringify(result) };
}

/** A part of a JSON text is no JSON: it is not parsed. */
async function output(
  { account, url }: Given,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<ApiResponse> {
  const sent = { ...bearer(account.api_key), ...headers };
  const answer = await fetch(`${url}/output`, { method, headers: sent, redirect: "manual" });
  const text = await answer.text();
  const isProblem = answer.headers.get("content-type") === "application/problem+json";
  return { status: answer.status, headers: answer.headers, text, body: isProblem ? JSON.parse(text) : undefined };
}

const TEA = { data: { winner: "tea", text: "grün ☕" } };

test("the output is the result to the byte, with its hash as a strong entity tag", async () => {
  const given = await completed(TEA);
  const answer = await output(given);
  expect([answer.status, answer.text]).toEqual([200, given.text]);
  expect(`"${createHash("sha256").update(answer.text).digest("hex")}"`).toBe(given.etag);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(given.text)),
    etag: given.etag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
  });
  expect([...answer.headers.keys()].filter((name) => name.startsWith("x-amz"))).toEqual([]);
  expect(answer.headers.has("content-disposition")).toBe(false);
});

describe("without the store of results", () => {
  test("a HEAD has the headers of the GET, whatever range it names", async () => {
    const given = await completed(TEA, apart);
    const answer = await output(given, { Range: "bytes=0-3" }, "HEAD");
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-length": String(Buffer.byteLength(given.text)),
      etag: given.etag,
    });
  });

  test("the output is a 503, and what is known already a 304", async () => {
    const given = await completed(TEA, apart);
    const lost = await output(given);
    problemOf(lost, 503, "unavailable");
    expect(lost.headers.get("retry-after")).toBe("2");
    expect(lost.headers.has("etag")).toBe(false);
    expect((await output(given, { "If-None-Match": given.etag })).status).toBe(304);
  });

  test("another tenant's output is the same 404", async () => {
    const given = await completed(TEA, apart);
    const stranger = await apart.account();
    for (const url of [given.url, `${apart.url}/v1/runs/${randomUUID()}`]) {
      problemOf(await output({ ...given, url, account: stranger }), 404, "not-found");
    }
  });
});

describe("a range", () => {
  const result = { data: "0123456789" };
  const { length } = JSON.stringify(result);
  test.each([
    ["bytes=0-3", 0, 3],
    ["bytes=2-", 2, length - 1],
    ["bytes=-4", length - 4, length - 1],
    ["bytes=-1000", 0, length - 1],
    ["bytes=5-99999999999999999999", 5, length - 1],
    ["Bytes=1-1", 1, 1],
  ])("%s is a part of the result", async (range, first, last) => {
    const given = await completed(result);
    const answer = await output(given, { Range: range });
    expect([answer.status, answer.text]).toEqual([206, given.text.slice(first, last + 1)]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-range": `bytes ${first}-${last}/${length}`,
      "content-length": String(last - first + 1),
      etag: given.etag,
    });
  });

  test.each(["bytes=3-1", "bytes=-", "bytes=a-b", "bytes=0 - 1", "bytes=0-1,3-4", "lines=0-1", "bytes", ""])(
    "%j is ignored",
    async (range) => {
      const given = await completed(result);
      const answer = await output(given, { Range: range });
      expect([answer.status, answer.text, answer.headers.has("content-range")]).toEqual([200, given.text, false]);
    },
  );

  test.each([`bytes=${length}-`, "bytes=1000-2000", "bytes=-0"])("%s is none of it", async (range) => {
    const answer = await output(await completed(result), { Range: range });
    problemOf(answer, 416, "range-not-satisfiable");
    expect(answer.headers.get("content-range")).toBe(`bytes */${length}`);
  });

  test("is followed where If-Range names the entity tag, and no other", async () => {
    const given = await completed(result);
    const status = async (if_range: string) =>
      (await output(given, { Range: "bytes=0-0", "If-Range": if_range })).status;
    expect(await status(given.etag)).toBe(206);
    expect(await status(`W/${given.etag}`)).toBe(200);
    expect(await status('"other"')).toBe(200);
    expect(await status("Sat, 21 Nov 2026 09:30:00 GMT")).toBe(200);
  });
});

test("what is known already is a 304 without a body, also of a range", async () => {
  const given = await completed(TEA);
  for (const known of [given.etag, `W/${given.etag}`, `"other", ${given.etag}`, "*"]) {
    const answer = await output(given, { "If-None-Match": known, Range: "bytes=0-1" });
    expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", given.etag]);
  }
  expect((await output(given, { "If-None-Match": '"other"' })).status).toBe(200);
});

test("a large result comes whole", async () => {
  const given = await completed({ data: "x".repeat(7 * 1024 * 1024) });
  const answer = await output(given);
  expect([answer.status, answer.text === given.text]).toEqual([200, true]);
});

test("before the end it is a 409, of a run without a result too, and past its retention a 410", async () => {
  const [open, failed, old] = [await submitted(), await submitted(), await completed(TEA)];
  const early = await output(open);
  problemOf(early, 409, "run-not-completed");
  expect(early.headers.get("retry-after")).toBe("1");
  await fail(world.backend, failed.run_id);
  problemOf(await output(failed), 409, "run-not-completed");
  await world.owner.query("UPDATE runs SET retention_until = now() - interval '1 minute' WHERE run_id = $1", [
    old.run_id,
  ]);
  problemOf(await output(old, { "If-None-Match": old.etag }), 410, "result-expired");
});

test("an object that is not this run's is not served", async () => {
  const given = await completed(TEA);
  await world.owner.query("UPDATE runs SET result_sha256 = sha256('other') WHERE run_id = $1", [given.run_id]);
  problemOf(await output(given), 500, "internal");
});

test("a presigned address serves the result as a file, and nothing that is written about it", async () => {
  const given = await completed(TEA);
  const { url } = resultView.parse((await get(`${given.url}/result`, given.account.api_key)).body);
  const answer = await call(url);
  expect([answer.status, answer.text]).toEqual([200, given.text]);
  expect([...answer.headers.keys()].filter((name) => name.startsWith("x-amz-meta"))).toEqual([]);
  expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${given.run_id}.json"`);
  expect(new URL(url).search).toContain("attachment%3B%20filename");
  expect(new URL(url).search).not.toContain("+");
  const without = url.replace(/response-content-disposition=[^&]*&?/, "");
  expect(without).not.toBe(url);
  expect((await call(without)).status).toBe(403);
});

test("it redirects nobody, so that no API key follows to the store of results", async () => {
  const given = await completed(TEA);
  problemOf(await get(`${given.url}/result?redirect=true`, given.account.api_key), 400, "invalid-request");
});
