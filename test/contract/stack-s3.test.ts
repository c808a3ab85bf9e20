import { eventually } from "../support/eventually.ts";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startAwsFront, type AwsFront } from "../dev/aws-front.ts";

const KEYS = { region: "eu-north-1", accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const Bucket = "results";
const dir = mkdtempSync(join(tmpdir(), "dpp-s3-"));

let front: AwsFront;
let s3: S3Client;
let aws: AwsClient;
let Key: string;
let serial = 0;

async function start(): Promise<void> {
  front = await startAwsFront({ ...KEYS, dir });
  await front.createBucket(Bucket);
  s3 = new S3Client({
    endpoint: front.url,
    region: KEYS.region,
    credentials: KEYS,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  aws = new AwsClient({ ...KEYS, service: "s3", retries: 0 });
}

beforeAll(start);
beforeEach(() => {
  Key = `runs/tenant 1/run-${(serial += 1)}/attempt+1/å(ä)!*'.json`;
});
afterAll(async () => {
  s3.destroy();
  await front.stop();
  rmSync(dir, { recursive: true, force: true });
});

const put = (Body: NonNullable<PutObjectCommandInput["Body"]>, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const text = async () => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const objectUrl = (key = "plain.txt") => `${front.url}/${Bucket}/${key}`;

async function presign(
  url: string,
  options: { expires: number; datetime?: string; client?: AwsClient },
): Promise<string> {
  const target = new URL(url);
  target.searchParams.set("X-Amz-Expires", String(options.expires));
  const init = { aws: { signQuery: true, ...(options.datetime && { datetime: options.datetime }) } };
  return (await (options.client ?? aws).sign(target.href, init)).url;
}

const amzDate = (ms: number) => new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");

it("an object keeps its bytes, type and metadata", async () => {
  await put(`{"a":"å"}`, { ContentType: "application/json", Metadata: { charge: "5000", sha: "abc" } });
  expect(await text()).toBe(`{"a":"å"}`);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({
    ContentLength: 10,
    ContentType: "application/json",
    Metadata: { charge: "5000", sha: "abc" },
  });
  const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "runs/tenant 1/" }));
  expect(listed.Contents?.map((object) => object.Key)).toContain(Key);
});

it("a deleted or unknown object is a 404", async () => {
  await put("x");
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await expect(text()).rejects.toMatchObject({ name: "NoSuchKey" });
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: "NotFound" });
});

it("If-None-Match * creates once and then answers 412", async () => {
  expect((await put("first", { IfNoneMatch: "*" })).$metadata.httpStatusCode).toBe(200);
  await expect(put("second", { IfNoneMatch: "*" })).rejects.toMatchObject({
    name: "PreconditionFailed",
    $metadata: { httpStatusCode: 412 },
  });
  expect(await text()).toBe("first");
  await put("overwritten");
  expect(await text()).toBe("overwritten");
});

it("of twenty conditional puts at once exactly one wins, and its bytes are what stays", async () => {
  const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => put(`body ${i}`, { IfNoneMatch: "*" })));
  const winners = tries.flatMap(({ status }, i) => (status === "fulfilled" ? [`body ${i}`] : []));
  expect(winners).toHaveLength(1);
  expect(await text()).toBe(winners[0]);
});

it("If-Match overwrites the object that it names, and no other", async () => {
  await expect(put("x", { IfMatch: '"abc"' })).rejects.toMatchObject({ name: "NoSuchKey" });
  const { ETag } = await put("first");
  await expect(put("x", { IfMatch: '"abc"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
  await put("second", { IfMatch: ETag });
  expect(await text()).toBe("second");
  await expect(put("x", { IfNoneMatch: '"abc"' })).rejects.toMatchObject({ name: "NotImplemented" });
});

it("a conditional put whose key is deleted while it waits is a conflict", async () => {
  await put("x".repeat(100_000));
  const answers = await Promise.allSettled([
    s3.send(new DeleteObjectCommand({ Bucket, Key })),
    ...Array.from({ length: 8 }, () => put("again", { IfNoneMatch: "*" })),
  ]);
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [(answer.reason as Error).name] : []));
  expect(refused.every((name) => ["ConditionalRequestConflict", "PreconditionFailed"].includes(name))).toBe(true);
});

it("a body sent in chunks with a trailing checksum is stored without its framing", async () => {
  const body = "chunk ".repeat(20_000);
  const streaming = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  const framed = `${body.length.toString(16)}\r\n${body}\r\n0\r\nx-amz-checksum-crc32:${sum.toString("base64")}\r\n\r\n`;
  const response = await aws.fetch(objectUrl("chunked"), {
    method: "PUT",
    body: framed,
    headers: {
      "x-amz-content-sha256": streaming,
      "x-amz-decoded-content-length": String(body.length),
      "content-encoding": "aws-chunked",
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
  });
  expect(response.status).toBe(200);
  expect(await (await aws.fetch(objectUrl("chunked"))).text()).toBe(body);
});

it("the SDK's buffers, streams of known length and large bodies arrive whole", async () => {
  const bytes = Buffer.alloc(3_000_000, 7);
  await put(bytes);
  const back = (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body;
  expect(bytes.equals((await back?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  await put(Readable.from([Buffer.from("streamed")]), { ContentLength: 8 });
  expect(await text()).toBe("streamed");
});

it("requests signed by aws4fetch are accepted, the condition included", async () => {
  const create = () => aws.fetch(objectUrl("fetched"), { method: "PUT", body: "v", headers: { "if-none-match": "*" } });
  expect((await create()).status).toBe(200);
  const again = await create();
  expect(again.status).toBe(412);
  expect(await again.text()).toContain("<Code>PreconditionFailed</Code>");
});

it("a presigned link works until it expires and then answers 403 Request has expired", async () => {
  await aws.fetch(objectUrl(), { method: "PUT", body: "hello" });
  const link = await presign(objectUrl(), { expires: 60 });
  expect(await (await fetch(link)).text()).toBe("hello");
  const late = await fetch(await presign(objectUrl(), { expires: 60, datetime: amzDate(Date.now() - 62_000) }));
  expect(late.status).toBe(403);
  expect(await late.text()).toMatch(/<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>.*<Expires>/);
});

it("a presigned link serves ranges and nothing but what was signed", async () => {
  await aws.fetch(objectUrl(), { method: "PUT", body: "hello" });
  const link = await presign(objectUrl(), { expires: 60 });
  expect(await (await fetch(link, { headers: { range: "bytes=1-3" } })).text()).toBe("ell");
  expect((await fetch(link, { method: "PUT", body: "evil" })).status).toBe(403);
  expect((await fetch(link.replace("plain.txt", "fetched"))).status).toBe(403);
  expect((await fetch(link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))).status).toBe(403);
  expect((await fetch(await presign(objectUrl(), { expires: 604_801 }))).status).toBe(400);
});

it("a wrong secret, key, region or service and a missing signature are a 403", async () => {
  const code = async (response: Response) => [response.status, /<Code>(\w+)/.exec(await response.text())?.[1]];
  const as = (changed: Partial<ConstructorParameters<typeof AwsClient>[0]>) =>
    new AwsClient({ ...KEYS, service: "s3", retries: 0, ...changed });
  const wrong = as({ secretAccessKey: "guess" });
  expect(await code(await wrong.fetch(objectUrl()))).toEqual([403, "SignatureDoesNotMatch"]);
  expect(await code(await fetch(await presign(objectUrl(), { expires: 60, client: wrong })))).toEqual([
    403,
    "SignatureDoesNotMatch",
  ]);
  expect(await code(await as({ accessKeyId: "AKIAOTHER" }).fetch(objectUrl()))).toEqual([403, "InvalidAccessKeyId"]);
  expect(await code(await as({ region: "us-east-1" }).fetch(objectUrl()))).toEqual([403, "SignatureDoesNotMatch"]);
  expect(await code(await as({ service: "sqs" }).fetch(objectUrl()))).toEqual([403, "SignatureDoesNotMatch"]);
  expect(await code(await fetch(objectUrl()))).toEqual([403, "AccessDenied"]);
});

it("a request signed for one body does not carry another", async () => {
  const signed = await aws.sign(objectUrl(), {
    method: "PUT",
    body: "honest",
    headers: { "x-amz-content-sha256": "c8a4ad41e4e2b5d6a56a37f0ce0b4a2e4a2c7b9f8e1d3c5a7b9d0e2f4a6c8e0b" },
  });
  const response = await fetch(signed);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("XAmzContentSHA256Mismatch");
});

it("a request signed long ago is refused", async () => {
  const signed = await aws.sign(objectUrl(), { aws: { datetime: amzDate(Date.now() - 3_600_000) } });
  expect(await (await fetch(signed)).text()).toContain("RequestTimeTooSkewed");
});

it("a path that would leave the bucket is refused", async () => {
  const signed = await aws.sign(objectUrl("..%2f..%2fescape"), { method: "PUT", body: "x" });
  expect((await fetch(signed)).status).toBe(400);
});

it("a client that leaves in the middle of its upload stores nothing", async () => {
  const signed = await aws.sign(objectUrl("half"), { method: "PUT", body: "x".repeat(1000) });
  const upload = request(signed.url, {
    method: "PUT",
    headers: { ...Object.fromEntries(signed.headers), "content-length": 1000 },
  });
  upload.on("error", () => undefined);
  upload.write("x".repeat(10));
  await eventually(() => expect(upload.socket?.bytesWritten).toBeGreaterThan(10));
  upload.destroy();
  expect((await aws.fetch(objectUrl("half"))).status).toBe(404);
});

it("objects outlive a restart, torn ones do not stop it, and the condition still holds", async () => {
  await put("kept", { Metadata: { m: "1" } });
  await s3.send(new CreateBucketCommand({ Bucket: "other" }));
  s3.destroy();
  await front.stop();
  writeFileSync(join(dir, "buckets", Bucket, "objects", "torn.meta.json"), '{"key":"to');
  await start();
  expect(await text()).toBe("kept");
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).Metadata).toEqual({ m: "1" });
  await expect(put("again", { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
});
