import type { RequestListener } from "node:http";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createGuardedFetch, FETCH_LIMITS } from "../../backend/drivers/fetch/guarded-fetch.ts";
import { USER_AGENT } from "../../backend/drivers/fetch/request-once.ts";
import { serve } from "./support/local-server.ts";

const accept = ["text/html", "text/plain"];
const html = { "content-type": "text/html; charset=ISO-8859-1" };
const never = () => new AbortController().signal;
const local = (port: number, deadlineMs = 10_000) =>
  createGuardedFetch({ allowHosts: [`127.0.0.1:${port}`], deadlineMs, backoffMs: 1 });

async function fetchFrom(handler: RequestListener, path = "/", deadlineMs = 10_000) {
  await using server = await serve(handler);
  const outcome = await local(server.port, deadlineMs)(server.origin + path, { signal: never(), accept });
  return { outcome, requests: server.requests };
}

function answering(...answers: [status: number, headers: Record<string, string>, body?: string][]): RequestListener {
  let turn = 0;
  return (_request, response) => {
    const [status, headers, body] = answers[Math.min(turn, answers.length - 1)] ?? [500, {}];
    turn += 1;
    response.writeHead(status, headers).end(body);
  };
}

describe("a page that is there", () => {
  test("comes back with its type, charset and body, asked for honestly", async () => {
    const { outcome, requests } = await fetchFrom(answering([200, html, "<p>hello"]), "/a?b=c#d");
    expect(outcome).toMatchObject({ kind: "ok", status: 200, content_type: "text/html", charset: "ISO-8859-1" });
    expect(outcome.kind === "ok" && new TextDecoder().decode(outcome.body)).toBe("<p>hello");
    expect(requests[0]?.url).toBe("/a?b=c");
    expect(requests[0]?.headers).toMatchObject({ "user-agent": USER_AGENT, accept: "text/html, text/plain" });
    expect(requests[0]?.headers["accept-encoding"]).toBe("gzip, deflate, br");
  });

  test.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["identity", (text: string) => Buffer.from(text)],
  ])("is decompressed from %s", async (encoding, compress) => {
    const body = compress("hello ".repeat(1_000));
    const { outcome } = await fetchFrom((_, response) =>
      response.writeHead(200, { ...html, "content-encoding": encoding }).end(body),
    );
    expect(outcome.kind === "ok" && new TextDecoder().decode(outcome.body)).toBe("hello ".repeat(1_000));
  });

  test("is found through redirects, relative ones too, which are reported in order", async () => {
    const { outcome, requests } = await fetchFrom((request, response) => {
      if (request.url === "/start") response.writeHead(301, { location: "next?x" }).end("moved");
      else if (request.url === "/next?x") response.writeHead(307, { location: "/end" }).end();
      else response.writeHead(200, html).end("there");
    }, "/start");
    expect(requests.map(({ url }) => url)).toEqual(["/start", "/next?x", "/end"]);
    expect(outcome.kind === "ok" && outcome.redirects.map((url) => new URL(url).pathname)).toEqual(["/next", "/end"]);
    expect(outcome.kind === "ok" && new URL(outcome.final_url).pathname).toBe("/end");
  });
});

describe("a server in trouble", () => {
  test.each([503, 500, 429])("is asked again after %i and may recover", async (status) => {
    const { outcome, requests } = await fetchFrom(answering([status, {}], [200, html, "ok"]));
    expect(outcome.kind).toBe("ok");
    expect(requests).toHaveLength(2);
  });

  test("is asked again when it hangs up in the middle of the body", async () => {
    let turn = 0;
    const { outcome, requests } = await fetchFrom((_, response) => {
      turn += 1;
      response.writeHead(200, { ...html, "content-length": "4" });
      if (turn > 1) response.end("full");
      else response.write("fu", () => response.destroy());
    });
    expect(outcome.kind === "ok" && new TextDecoder().decode(outcome.body)).toBe("full");
    expect(requests).toHaveLength(2);
  });

  test("is asked three times and no more", async () => {
    const { outcome, requests } = await fetchFrom(answering([502, {}]));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "HTTP_ERROR" });
    expect(requests).toHaveLength(FETCH_LIMITS.tries_per_hop);
  });

  test("that asks for a pause gets it", async () => {
    const { outcome, requests } = await fetchFrom(answering([429, { "retry-after": "1" }], [200, html, "ok"]));
    expect(outcome.kind).toBe("ok");
    expect(requests).toHaveLength(2);
  });

  test.each(["3600", "Wed, 01 Jan 2200 00:00:00 GMT"])(
    "is not asked again when its pause (%s) outlasts the deadline",
    async (pause) => {
      const { outcome, requests } = await fetchFrom(answering([429, { "retry-after": pause }]));
      expect(outcome).toMatchObject({ kind: "failed", reason_code: "HTTP_ERROR" });
      expect(requests).toHaveLength(1);
    },
  );

  test.each([400, 403, 404, 410, 304])("is believed when it answers %i", async (status) => {
    const { outcome, requests } = await fetchFrom(answering([status, html]));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "HTTP_ERROR" });
    expect(requests).toHaveLength(1);
  });

  test("that is not there is a failed connection, and no address is named", async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();
    const outcome = await local(server.port)(server.origin, { signal: never(), accept });
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONNECTION" });
    expect(JSON.stringify(outcome)).not.toContain("127.0.0.1");
  });
});

describe("a hostile server", () => {
  const zeros = Buffer.alloc(FETCH_LIMITS.max_bytes + 1);

  test.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
  ])("cannot send a %s bomb", async (encoding, compress) => {
    const bomb = compress(zeros);
    expect(bomb.length).toBeLessThan(20_000);
    const { outcome } = await fetchFrom((_, response) =>
      response.writeHead(200, { ...html, "content-encoding": encoding }).end(bomb),
    );
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "TOO_LARGE" });
  });

  test("cannot send an endless body", async () => {
    const { outcome } = await fetchFrom((_, response) => {
      response.writeHead(200, html);
      const pump = () => {
        while (!response.destroyed && response.write(zeros.subarray(0, 65_536)));
      };
      response.on("drain", pump);
      pump();
    });
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "TOO_LARGE" });
  });

  test("is not read at all when it announces too much", async () => {
    const { outcome } = await fetchFrom((_, response) => {
      response.writeHead(200, { ...html, "content-length": String(FETCH_LIMITS.max_bytes + 1) }).flushHeaders();
    });
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "TOO_LARGE" });
  });

  test("that lets its headers or its body trickle meets the deadline", async () => {
    const silent = await fetchFrom(() => undefined, "/", 200);
    const trickling = await fetchFrom((_, response) => response.writeHead(200, html).write("<p>"), "/", 200);
    for (const { outcome } of [silent, trickling]) {
      expect(outcome).toMatchObject({ kind: "failed", reason_code: "TIMEOUT" });
    }
  });

  test.each(["application/octet-stream", "image/png", "", "text/html2", "<script>"])(
    "is not read when it sends the content type %j",
    async (type) => {
      const { outcome } = await fetchFrom(answering([200, { "content-type": type }, "x"]));
      expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_TYPE" });
      expect(JSON.stringify(outcome)).not.toContain("script");
    },
  );

  test.each([
    ["an encoding that was not asked for", { "content-encoding": "zstd" }],
    ["encodings in layers", { "content-encoding": "gzip, gzip" }],
    ["a body that does not decompress", { "content-encoding": "gzip" }],
  ])("fails with %s", async (_, headers) => {
    const { outcome } = await fetchFrom(answering([200, { ...html, ...headers }, "not compressed"]));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "CONTENT_ENCODING" });
  });

  test("cannot redirect for ever", async () => {
    const { outcome, requests } = await fetchFrom(answering([302, { location: "/again" }]));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "TOO_MANY_REDIRECTS" });
    expect(requests).toHaveLength(FETCH_LIMITS.max_redirects + 1);
  });
});

test.each(["before", "during"])("an abort %s the fetch rejects with the caller's reason", async (when) => {
  const stop = new AbortController();
  const reason = new Error("canceled");
  await using server = await serve(() => stop.abort(reason));
  if (when === "before") stop.abort(reason);
  await expect(local(server.port)(server.origin, { signal: stop.signal, accept })).rejects.toBe(reason);
  expect(server.requests).toHaveLength(when === "before" ? 0 : 1);
});
