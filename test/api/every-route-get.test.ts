import { describe, expect, test } from "vitest";
import { bearer, call } from "./client.ts";
import { operations } from "./document.ts";
import { authorized } from "./every-route.ts";
import { streamingWorld } from "./harness.ts";
import { isId, sampleOf } from "./sample.ts";
import { newThings } from "./send.ts";

const world = await streamingWorld();

const STREAM = "text/event-stream";
/** What differs from one response to the next. */
const OWN =
  /^(date|connection|keep-alive|traceparent|x-request-id|ratelimit|x-ratelimit-.*|content-length|transfer-encoding)$/;
const ownHeaders = (headers: Headers) => Object.fromEntries([...headers].filter(([name]) => !OWN.test(name)));

const gets = operations
  .filter(({ method }) => method === "GET")
  .map((operation) => ({ title: `GET ${operation.path}`, operation }));

describe.each(gets)("$title", ({ operation }) => {
  const target = async () => {
    const owner = await authorized(world);
    const ids = operation.parameters.some(isId) ? await newThings(world, owner, operation.path) : [];
    const { path } = sampleOf(operation, ids);
    return { url: world.url + path, headers: bearer(owner.api_key) };
  };

  test("answers HEAD with the status and the headers of GET", async () => {
    const { url, headers } = await target();
    const response = await fetch(url, { headers, redirect: "manual" });
    await response.body?.cancel();
    const head = await call(url, { method: "HEAD", headers });
    expect([head.status, head.text]).toEqual([response.status, ""]);
    expect(ownHeaders(head.headers)).toEqual(ownHeaders(response.headers));
  });

  test("gives an ETag, and 304 to who has that state already", async () => {
    const { url, headers } = await target();
    const first = await fetch(url, { headers, redirect: "manual" });
    const type = first.headers.get("content-type") ?? "";
    await first.body?.cancel();
    const etag = first.headers.get("etag");
    if (first.status !== 200 || type === STREAM) return expect(etag).toBeNull();
    if (etag === null) throw new Error("no ETag");
    for (const method of ["GET", "HEAD"]) {
      for (const known of [etag, `"other", ${etag}`, etag.replace("W/", ""), "*"]) {
        const again = await call(url, { method, headers: { ...headers, "If-None-Match": known } });
        if (known !== "*" && again.headers.get("etag") !== etag) continue;
        expect([again.status, again.text, again.headers.get("content-type")]).toEqual([304, "", null]);
        expect(again.headers.get("cache-control")).toBe(first.headers.get("cache-control"));
        expect(again.headers.has("ratelimit")).toBe(!operation.open);
      }
    }
    const other = await call(url, { headers: { ...headers, "If-None-Match": '"other"' } });
    expect(other.status).toBe(200);
  });
});
