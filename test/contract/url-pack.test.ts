import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { priceOf } from "#core/domain/pack.ts";
import { URL_LIMITS, type UrlInputs, urlOffer } from "#core/domain/packs/url.ts";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import { createPageReader, READER_LIMITS } from "../../backend/worker/packs/page/page-reader.ts";
import { urlPack } from "../../backend/worker/packs/url.ts";
import { openedOutcome, turn } from "../unit/packs/decision-fixture.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { makeDocx, makePdf, packedStream, para, paragraph, run as wordRun } from "../unit/packs/document-fixture.ts";
import { NEWS_PAGE } from "../unit/packs/page-fixture.ts";
import { serve } from "./support/local-server.ts";

const pack = urlPack();

async function run(type: string, body: string | Buffer, format: UrlInputs["format"] = "text", cap = 1_000_000) {
  return runOn((_, response) => response.writeHead(200, { "content-type": type }).end(body), format, cap);
}

async function runOn(listener: RequestListener, format: UrlInputs["format"], cap: number, by = pack) {
  await using server = await serve(listener);
  const outcome = await by.run(urlOffer.inputs.parse({ url: `${server.origin}/news`, format }), {
    signal: new AbortController().signal,
    cap: micros(cap),
    is_free: false,
    owe: () => undefined,
    turn,
    log,
    fetch: createGuardedFetch({ allowHosts: [`127.0.0.1:${server.port}`], backoffMs: 1 }),
  });
  return { outcome: openedOutcome(outcome), origin: server.origin, requests: server.requests };
}

describe("the url pack", () => {
  test("reads a page in a process of its own and reports where it came from", async () => {
    const { outcome, origin, requests } = await run("text/html; charset=utf-8", NEWS_PAGE, "markdown");
    expect(outcome).toMatchObject({
      kind: "done",
      artifacts: [],
      units: { base: 1, hundred_kb: 1 },
      reliability: 1,
      data: {
        url: `${origin}/news`,
        final_url: `${origin}/news`,
        status: 200,
        byline: "Ada Mole",
        language: "en-GB",
        format: "markdown",
        markdown: expect.stringContaining("## What comes next"),
        article_found: true,
        truncated: false,
        sha256: createHash("sha256").update(NEWS_PAGE).digest("hex"),
        bytes: Buffer.byteLength(NEWS_PAGE),
        content_type: "text/html",
        redirects: [],
      },
    });
    // Nothing that the page refers to was fetched.
    expect(requests).toHaveLength(1);
  });

  test("reads a page in the encoding that only its header tells", async () => {
    const page = readFileSync(new URL("../unit/packs/pages/momotaro-euc-jp.html", import.meta.url));
    const { outcome } = await run("text/html; charset=EUC-JP", page);
    expect(outcome).toMatchObject({
      data: {
        title: "日本語エンコードテスト",
        language: "ja",
        text: expect.stringContaining("「桃太郎」と名付けて大事に育てた"),
        sha256: createHash("sha256").update(page).digest("hex"),
        bytes: page.length,
      },
    });
  });

  test.each(["text/plain", "application/json", "text/markdown", "application/rss+xml"])(
    "passes %s through as it is",
    async (type) => {
      const { outcome } = await run(type, '{"a": "é"}\n');
      expect(outcome).toMatchObject({
        reliability: 1,
        data: { text: '{"a": "é"}\n', title: null, content_type: type },
      });
    },
  );

  test("finds links in plain text", async () => {
    const { outcome } = await run("text/plain", "See https://a.example/x. And (http://b.example/y)!", "links");
    const links = [
      { url: "https://a.example/x", text: "" },
      { url: "http://b.example/y", text: "" },
    ];
    expect(outcome).toMatchObject({ data: { links } });
  });

  test("meters every started 100 KB", async () => {
    const { outcome } = await run("text/plain", "x".repeat(200_001));
    expect(outcome.kind === "done" && outcome.units).toEqual({ base: 1, hundred_kb: 3 });
    expect(outcome.kind === "done" && priceOf(urlOffer.prices, outcome.units)).toBe(5_000);
  });

  test("cuts a very long text, says so, and is trusted less", async () => {
    const { outcome } = await run("text/plain", "x".repeat(URL_LIMITS.max_text_chars + 1));
    expect(outcome).toMatchObject({ reliability: 0.5, data: { truncated: true } });
  });

  test("reads a PDF and a DOCX in a process too, also of a server that does not know what they are", async () => {
    const pdf = makePdf({ pages: [paragraph(60, 700, ["The pump is new."])] });
    const docx = makeDocx({ body: para(wordRun("The pump is new.")) });
    for (const [type, body] of [
      ["application/pdf", pdf],
      ["application/octet-stream", pdf],
      ["binary/octet-stream", docx],
    ] as const) {
      const { outcome } = await run(type, body);
      expect(outcome).toMatchObject({ kind: "done", reliability: 1, data: { text: "The pump is new." } });
    }
    const broken = await run("application/pdf", pdf.subarray(0, 40));
    expect(broken.outcome).toMatchObject({ kind: "pack_failed", reason_code: "DOCUMENT_BROKEN" });
    const other = await run("application/octet-stream", Buffer.alloc(40));
    expect(other.outcome).toMatchObject({ kind: "pack_failed", reason_code: "CONTENT_TYPE" });
  });

  test("ends a PDF of 1 kB that unpacks to more than its process may hold, and that alone", async () => {
    const small = urlPack(createPageReader({ ...READER_LIMITS, processes: 1, resident_mb: 300 }));
    const packed = deflateSync(deflateSync(Buffer.alloc(100_000_000, " ")));
    const bomb = makePdf({ pages: [packedStream(packed, "[/FlateDecode /FlateDecode]")] });
    expect(bomb.byteLength).toBeLessThan(2_000);
    const read = async (body: Buffer) =>
      runOn(
        (_, response) => response.writeHead(200, { "content-type": "application/pdf" }).end(body),
        "text",
        20_000,
        small,
      );
    expect((await read(bomb)).outcome).toMatchObject({ kind: "pack_failed", reason_code: "PAGE_TOO_COMPLEX" });
    const harmless = makePdf({ pages: [paragraph(60, 700, ["The pump is new."])] });
    expect((await read(harmless)).outcome).toMatchObject({ kind: "done", data: { text: "The pump is new." } });
  });

  test("takes no money for an address that it refuses, and fails for a page it cannot read", async () => {
    const fetch = createGuardedFetch();
    const context = {
      signal: new AbortController().signal,
      cap: micros(20_000),
      is_free: false,
      owe: () => undefined,
      turn,
      log,
      fetch,
    };
    const refused = await pack.run({ url: "http://169.254.169.254/latest", format: "text" }, context);
    expect(refused).toMatchObject({ kind: "input_rejected", reason_code: "ADDRESS_NOT_ALLOWED" });
    // No result can hold a type of more than 255 characters.
    for (const type of ["image/png", `text/${"x".repeat(251)}`]) {
      const { outcome } = await run(type, "x");
      expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "CONTENT_TYPE" });
    }
  });

  test("reads what a page leads on to by itself, and says where it went", async () => {
    const { outcome, origin, requests } = await (async () => {
      await using server = await serve((request, response) => {
        const html = request.url === "/news" ? '<meta http-equiv="refresh" content="0; url=/next">' : NEWS_PAGE;
        response.writeHead(200, { "content-type": "text/html" }).end(html);
      });
      const context = {
        signal: new AbortController().signal,
        cap: micros(1_000_000),
        is_free: false,
        owe: () => undefined,
        turn,
        log,
      };
      const fetch = createGuardedFetch({ allowHosts: [`127.0.0.1:${server.port}`], backoffMs: 1 });
      const read = await pack.run({ url: `${server.origin}/news`, format: "text" }, { ...context, fetch });
      return { outcome: openedOutcome(read), origin: server.origin, requests: server.requests };
    })();
    expect(requests).toHaveLength(2);
    expect(outcome).toMatchObject({
      kind: "done",
      data: { final_url: `${origin}/next`, redirects: [`${origin}/next`], byline: "Ada Mole" },
    });
  });

  test("reads other kinds of text, and what has no type by its bytes", async () => {
    for (const type of [
      "application/vnd.api+json",
      "application/yaml",
      "text/tab-separated-values",
      "application/x-ndjson",
    ])
      expect((await run(type, "a: 1")).outcome).toMatchObject({
        kind: "done",
        data: { text: "a: 1", content_type: type },
      });
    const untyped = (body: string | Buffer) =>
      runOn((_, response) => response.writeHead(200).end(body), "text", 20_000);
    expect((await untyped("<!doctype html><p>Hello")).outcome).toMatchObject({ data: { text: "Hello" } });
    expect((await untyped(Buffer.alloc(10))).outcome).toMatchObject({ reason_code: "CONTENT_TYPE" });
  });

  test.each(["text/plain", "text/html"])("an abort while %s is being read rejects with the reason", async (type) => {
    const stop = new AbortController();
    const reason = new Error("timebox");
    const fetched = { status: 200, content_type: type, charset: null, redirects: [], final_url: "https://a.example/" };
    const fetch = async () => {
      setImmediate(() => stop.abort(reason));
      return { kind: "ok" as const, ...fetched, body: Buffer.from("http://a ".repeat(100_000)) };
    };
    const context = {
      signal: stop.signal,
      cap: micros(20_000),
      is_free: false,
      owe: () => undefined,
      turn,
      log,
      fetch,
    };
    const running = pack.run({ url: "https://a.example/", format: "links" }, context);
    await expect(running).rejects.toBe(reason);
  });
});

describe("a cap", () => {
  const exceeded = { kind: "pack_failed", reason_code: "COST_EXCEEDS_CAP" };

  test.each([
    [4_000, 200_000],
    [5_000, 300_000],
  ])("of %i micros covers a body of %i bytes, and not one more", async (cap, bytes) => {
    const { outcome } = await run("text/plain", "x".repeat(bytes), "text", cap);
    expect(outcome.kind === "done" && priceOf(urlOffer.prices, outcome.units)).toBe(cap);
    expect((await run("text/plain", "x".repeat(bytes + 1), "text", cap)).outcome).toMatchObject({
      ...exceeded,
      detail: `max_cost_usd covers a body of at most ${bytes} bytes, decompressed.`,
    });
  });

  test("stops the reading of a body without an end where it is used up", async () => {
    let sent = 0;
    const endless: RequestListener = (_, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      const send = () => {
        while (!response.destroyed && response.write("x".repeat(10_000))) sent += 10_000;
      };
      response.on("drain", send);
      send();
    };
    const { outcome } = await runOn(endless, "text", 5_000);
    expect(outcome).toMatchObject(exceeded);
    expect(sent).toBeLessThan(URL_LIMITS.max_body_bytes);
  });

  test("is held against decompressed bytes, whatever the length of the encoded body", async () => {
    const noise = randomBytes(100_000);
    const encoded: RequestListener = (_, response) => {
      const body = gzipSync(noise);
      expect(body.length).toBeGreaterThan(noise.length);
      const headers = { "content-type": "text/plain", "content-encoding": "gzip", "content-length": body.length };
      response.writeHead(200, headers).end(body);
    };
    const { outcome } = await runOn(encoded, "text", 3_000);
    expect(outcome).toMatchObject({ kind: "done", units: { base: 1, hundred_kb: 1 } });
  });

  test("that covers no fetch sends nothing", async () => {
    const { outcome, requests } = await run("text/plain", "x", "text", 2_999);
    expect(outcome).toMatchObject(exceeded);
    expect(requests).toHaveLength(0);
  });

  test("above the price of the largest body leaves its limit to the fetch", async () => {
    const { outcome } = await run("text/plain", Buffer.alloc(URL_LIMITS.max_body_bytes + 1));
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "TOO_LARGE" });
  });
});

describe("ten megabytes of hostile text", () => {
  const whole = (unit: string) => unit.repeat(Math.floor(URL_LIMITS.max_body_bytes / unit.length));

  test.each<[string, string, number, boolean]>([
    ["one link a million times", whole("http://a "), 1, false],
    ["links that do not parse", whole("http://[ "), 0, false],
    ["one link without an end", whole("http://a/"), 0, false],
    ["full stops after a link", `http://a/${whole(".").slice(9)}`, 1, false],
    ["ever new links", Array.from({ length: 600_000 }, (_, index) => `http://a/${index}`).join(" "), 2_000, true],
  ])("made of %s is read to its end or to the cap", async (_, body, count, truncated) => {
    const { outcome } = await run("text/plain", body, "links");
    expect(outcome).toMatchObject({ kind: "done", data: { truncated, bytes: body.length } });
    expect((outcome as { data: { links: unknown[] } }).data.links).toHaveLength(count);
  });

  test("made of control characters is replaced and cut", async () => {
    const { outcome } = await run("text/plain", Buffer.alloc(URL_LIMITS.max_body_bytes));
    const data = { truncated: true, text: "\uFFFD".repeat(URL_LIMITS.max_text_chars) };
    expect(outcome).toMatchObject({ kind: "done", data });
  });
});

test("inputs that are no http(s) URL, too long, or of an unknown format are refused", () => {
  const accepts = (inputs: unknown) => urlOffer.inputs.safeParse(inputs).success;
  expect(accepts({ url: "https://example.com/" })).toBe(true);
  for (const url of ["", "example.com", "ftp://example.com/", `https://example.com/${"x".repeat(2_048)}`, 7]) {
    expect(accepts({ url })).toBe(false);
  }
  expect(accepts({ url: "https://example.com/", format: "pdf" })).toBe(false);
  expect(accepts({ url: "https://example.com/", other: 1 })).toBe(false);
});

test("a URL that is too long is told so, and one of the greatest length is taken", () => {
  const url = (length: number) => "https://example.com/".padEnd(length, "x");
  const issues = urlOffer.inputs.safeParse({ url: url(URL_LIMITS.max_url_chars + 1) }).error?.issues;
  expect(issues?.map(({ message }) => message)).toEqual(["must be at most 2048 characters long"]);
  expect(urlOffer.inputs.safeParse({ url: url(URL_LIMITS.max_url_chars) }).success).toBe(true);
});
