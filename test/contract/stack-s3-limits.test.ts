import { AwsClient } from "aws4fetch";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { presignedUrl } from "#core/domain/presigned.ts";
import { startAwsFront, type AwsFront } from "../dev/aws-front.ts";

const KEYS = { region: "eu-north-1", accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const dir = mkdtempSync(join(tmpdir(), "dpp-s3-limits-"));
const TEXT = "0123456789";

let front: AwsFront;
let aws: AwsClient;
let url: string;
let serial = 0;

beforeAll(async () => {
  front = await startAwsFront({ ...KEYS, dir });
  await front.createBucket("results");
  aws = new AwsClient({ ...KEYS, service: "s3", retries: 0 });
});
beforeEach(async () => {
  url = `${front.url}/results/object-${(serial += 1)}`;
  expect((await aws.fetch(url, { method: "PUT", body: TEXT })).status).toBe(200);
});
afterAll(async () => {
  await front.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function presign(target = url, expires = "60"): Promise<string> {
  const address = new URL(target);
  address.searchParams.set("X-Amz-Expires", expires);
  return (await aws.sign(address.href, { aws: { signQuery: true } })).url;
}

/** Status and code of a refusal. */
async function refusal(answer: Response | Promise<Response>): Promise<readonly [number, string | undefined]> {
  const response = await answer;
  return [response.status, /<Code>(\w+)/.exec(await response.text())?.[1]];
}

const put = (headers: Record<string, string>, body = TEXT) => refusal(aws.fetch(url, { method: "PUT", body, headers }));
const get = (headers: Record<string, string>) => presign().then((link) => fetch(link, { headers }));

describe("signatures", () => {
  it("a presigned address with an Authorization header is refused: one of the two is too many", async () => {
    const link = await presign();
    expect((await fetch(link)).status).toBe(200);
    for (const Authorization of ["Bearer dpp_test_key", "Basic eDp5", "AWS4-HMAC-SHA256 Credential=x"]) {
      const response = await fetch(link, { headers: { Authorization } });
      expect(response.status).toBe(400);
      expect(await response.text()).toMatch(/<Code>InvalidArgument<.*Only one auth mechanism allowed/);
    }
  });

  it("a presigned address is good with its spaces as %20, and not as +, which some stores take for itself", async () => {
    const address = new URL(url);
    address.searchParams.set("X-Amz-Expires", "60");
    address.searchParams.set("response-content-disposition", 'attachment; filename="a b.json"');
    const { url: signed } = await aws.sign(address.href, { aws: { signQuery: true } });
    expect(signed).toContain("+");
    expect(await refusal(fetch(signed))).toEqual([403, "SignatureDoesNotMatch"]);
    const link = presignedUrl(signed);
    expect(link).not.toContain("+");
    const answer = await fetch(link);
    expect([answer.status, answer.headers.get("content-disposition")]).toEqual([
      200,
      'attachment; filename="a b.json"',
    ]);
  });

  it("an Authorization header of another kind is refused", async () => {
    expect(await refusal(fetch(url, { headers: { Authorization: "Bearer x" } }))).toEqual([400, "InvalidArgument"]);
  });

  it.each([
    ["604801", "AuthorizationQueryParametersError"],
    ["-1", "AuthorizationQueryParametersError"],
    ["soon", "AuthorizationQueryParametersError"],
  ])("a presigned address that lives for %s seconds is refused", async (expires, code) => {
    expect(await refusal(fetch(await presign(url, expires)))).toEqual([400, code]);
  });

  it("a presigned address that lacks a part of its signature is refused", async () => {
    const link = new URL(await presign());
    link.searchParams.delete("X-Amz-Date");
    expect(await refusal(fetch(link))).toEqual([400, "AuthorizationQueryParametersError"]);
  });

  it("a presigned address that is not valid yet is refused", async () => {
    const datetime = new Date(Date.now() + 3_600_000).toISOString().replace(/[:-]|\.\d{3}/g, "");
    const { url: link } = await aws.sign(`${url}?X-Amz-Expires=60`, { aws: { signQuery: true, datetime } });
    expect(await refusal(fetch(link))).toEqual([403, "AccessDenied"]);
  });

  it("S3's own headers count only where they were signed", async () => {
    const headers = { "x-amz-acl": "public-read" };
    expect(await refusal(fetch(await presign(), { headers }))).toEqual([403, "AccessDenied"]);
    const signed = await aws.sign(url, { method: "PUT", body: TEXT });
    signed.headers.set("x-amz-meta-price", "0");
    expect(await refusal(fetch(signed))).toEqual([403, "AccessDenied"]);
  });

  it("a page of another origin is told that the bucket allows none", async () => {
    const headers = { Origin: "https://app.example.com", "Access-Control-Request-Method": "GET" };
    expect(await refusal(fetch(url, { method: "OPTIONS", headers }))).toEqual([403, "AccessForbidden"]);
  });
});

describe("limits", () => {
  it("a key of 1024 bytes is taken, and one of more is refused", async () => {
    const at = (key: string) => refusal(aws.fetch(`${front.url}/results/${key}`, { method: "PUT", body: TEXT }));
    expect(await at(`long/${"k".repeat(200)}`)).toEqual([200, undefined]);
    expect(await at("k".repeat(1_025))).toEqual([400, "KeyTooLongError"]);
    expect(await at("å".repeat(513))).toEqual([400, "KeyTooLongError"]);
  });

  it("metadata of 2048 bytes, names included, is taken, and more is refused", async () => {
    expect(await put({ "x-amz-meta-a": "x".repeat(1_000), "x-amz-meta-b": "x".repeat(1_046) })).toEqual([
      200,
      undefined,
    ]);
    expect(await put({ "x-amz-meta-a": "x".repeat(1_000), "x-amz-meta-b": "x".repeat(1_047) })).toEqual([
      400,
      "MetadataTooLarge",
    ]);
  });

  it("a body whose length was not told before is refused", async () => {
    const signed = await aws.sign(url, { method: "PUT", headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } });
    const status = await new Promise((resolve, reject) => {
      const upload = request(signed.url, { method: "PUT", headers: Object.fromEntries(signed.headers) }, (response) =>
        resolve(response.resume().statusCode),
      );
      upload.on("error", reject).write("chunk");
      upload.end("ed");
    });
    expect(status).toBe(411);
  });

  it("what came in chunks must be as long as was said", async () => {
    const stream = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked" };
    const framed = `a\r\n${TEXT}\r\n0\r\n\r\n`;
    const length = { "x-amz-decoded-content-length": "10" };
    expect(await put({ ...stream, ...length }, framed)).toEqual([200, undefined]);
    expect(await put(stream, framed)).toEqual([411, "MissingContentLength"]);
    expect(await put({ ...stream, "x-amz-decoded-content-length": "11" }, framed)).toEqual([400, "IncompleteBody"]);
    expect(await put({ ...stream, ...length }, `a\r\n012`)).toEqual([400, "IncompleteBody"]);
    expect(await put({ ...stream, ...length, "x-amz-trailer": "x-amz-checksum-crc32" }, framed)).toEqual([
      400,
      "MalformedTrailerError",
    ]);
  });
});

describe("digests", () => {
  const digest = (algorithm: string, text = TEXT) => createHash(algorithm).update(text).digest("base64");

  it("a digest that is right is taken", async () => {
    expect(await put({ "content-md5": digest("md5") })).toEqual([200, undefined]);
    expect(await put({ "x-amz-checksum-sha256": digest("sha256") })).toEqual([200, undefined]);
    expect(await put({ "x-amz-checksum-sha1": digest("sha1") })).toEqual([200, undefined]);
    expect(await put({ "x-amz-checksum-crc32": "poTHxg==" })).toEqual([200, undefined]);
  });

  it.each([
    ["content-md5", digest("md5", "other"), 400, "BadDigest"],
    ["content-md5", "nonsense", 400, "InvalidDigest"],
    ["x-amz-checksum-sha256", digest("sha256", "other"), 400, "BadDigest"],
    ["x-amz-checksum-sha256", "nonsense", 400, "InvalidRequest"],
    ["x-amz-checksum-crc32", "AAAAAA==", 400, "BadDigest"],
    ["x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", 501, "NotImplemented"],
  ])("%s: %s is refused", async (name, value, status, code) => {
    expect(await put({ [name]: value })).toEqual([status, code]);
  });

  it("two checksums of one body are refused", async () => {
    const headers = { "x-amz-checksum-sha256": digest("sha256"), "x-amz-checksum-sha1": digest("sha1") };
    expect(await put(headers)).toEqual([400, "InvalidRequest"]);
  });

  it("a deletion of many needs a digest, and names 1000 at most", async () => {
    const body = (count: number) => `<Delete>${"<Object><Key>k</Key></Object>".repeat(count)}</Delete>`;
    const remove = (count: number, headers: Record<string, string>) =>
      refusal(aws.fetch(`${front.url}/results?delete=`, { method: "POST", body: body(count), headers }));
    expect(await remove(1, {})).toEqual([400, "InvalidRequest"]);
    expect(await remove(1, { "content-md5": digest("md5", body(1)) })).toEqual([200, undefined]);
    expect(await remove(1_001, { "content-md5": digest("md5", body(1_001)) })).toEqual([400, "MalformedXML"]);
  });
});

describe("reads", () => {
  it.each([
    ["bytes=0-2", 206, "012", "bytes 0-2/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-99", 206, TEXT, "bytes 0-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=5-3", 200, TEXT, null],
    ["bytes=0-1,4-5", 200, TEXT, null],
    ["lines=1-2", 200, TEXT, null],
  ])("Range: %s is a %i", async (range, status, body, contentRange) => {
    const response = await get({ range });
    expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([
      status,
      body,
      contentRange,
    ]);
    expect(response.headers.get("accept-ranges")).toBe("bytes");
  });

  it.each(["bytes=10-", "bytes=-0", "bytes=10-12"])("Range: %s is beyond the end", async (range) => {
    const response = await get({ range });
    expect(response.headers.get("content-range")).toBe("bytes */10");
    expect(await refusal(response)).toEqual([416, "InvalidRange"]);
  });

  it("conditions are followed as RFC 9110 says", async () => {
    const tag = (await get({})).headers.get("etag") ?? "";
    const [early, late] = ["Sat, 01 Jan 2000 00:00:00 GMT", new Date(Date.now() + 60_000).toUTCString()];
    const status = async (headers: Record<string, string>) => (await get(headers)).status;
    expect(await status({ "if-none-match": tag })).toBe(304);
    expect(await status({ "if-none-match": `"other", W/${tag}` })).toBe(304);
    expect(await status({ "if-none-match": "*" })).toBe(304);
    expect(await status({ "if-none-match": '"other"', "if-modified-since": late })).toBe(200);
    expect(await status({ "if-modified-since": late })).toBe(304);
    expect(await status({ "if-modified-since": early })).toBe(200);
    expect(await status({ "if-match": `"other", ${tag}` })).toBe(200);
    expect(await status({ "if-match": '"other"' })).toBe(412);
    expect(await status({ "if-unmodified-since": early })).toBe(412);
    expect(await status({ "if-match": tag, "if-unmodified-since": early })).toBe(200);
  });

  it("HEAD follows conditions and ranges too, and has no body, not even of a refusal", async () => {
    const head = (headers: Record<string, string>) => aws.fetch(url, { method: "HEAD", headers });
    const whole = await head({});
    expect([whole.status, whole.headers.get("content-length")]).toEqual([200, "10"]);
    const part = await head({ range: "bytes=0-2" });
    expect([part.status, part.headers.get("content-length")]).toEqual([206, "3"]);
    expect((await head({ "if-none-match": whole.headers.get("etag") ?? "" })).status).toBe(304);
    const failed = await head({ "if-match": '"other"' });
    expect([failed.status, await failed.text()]).toEqual([412, ""]);
    const absent = await aws.fetch(`${url}-none`, { method: "HEAD" });
    expect([absent.status, await absent.text()]).toEqual([404, ""]);
    // A presigned address is good for the method that was signed.
    expect((await fetch(await presign(), { method: "HEAD" })).status).toBe(403);
  });
});
