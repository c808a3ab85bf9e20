import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { HttpResponse } from "@smithy/core/protocols";
import { afterAll, describe, expect, inject, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { isPermanent } from "../../backend/drivers/is-permanent.ts";
import { leanPutObject } from "../../backend/drivers/put-object.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { awsSettings } from "../dev/aws-settings.ts";
import { type HttpFront, startHttpFront } from "../dev/http-front.ts";

const HOUR_MS = 3_600_000;
const BODY = new TextEncoder().encode('{"status":"COMPLETED"}');
const METADATA = { sha256: sha256Hex(BODY), cost: "1" };
const KEYS = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret" };

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly date?: Date;
}

/** An S3 that gives these answers in turn, the last of them again and again. */
async function scripted(answers: readonly Answer[]) {
  const seen: (readonly [name: string, value: string])[][] = [];
  const front = await startHttpFront(async ({ headers }, _, response) => {
    const { status, code, date } = answers[Math.min(seen.length, answers.length - 1)] ?? { status: 500 };
    seen.push(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const document = code === undefined ? "" : `<Error><Code>${code}</Code><Message>no</Message></Error>`;
    response.writeHead(status, { "content-type": "application/xml", ...(date && { date: date.toUTCString() }) });
    response.end(document);
  });
  return { front, header: (request: number, name: string) => new Map(seen[request]).get(name) ?? "" };
}

const open: { close(): void }[] = [];
const fronts: HttpFront[] = [];
afterAll(async () => {
  for (const each of open) each.close();
  await Promise.all(fronts.map((front) => front.stop()));
});

function objectsAt(settings: Parameters<typeof createS3Objects>[0]) {
  const objects = createS3Objects(settings);
  open.push(objects);
  return objects;
}

async function objectsOf(answers: readonly Answer[], attempts: number, env: typeof KEYS = KEYS) {
  const { front, header } = await scripted(answers);
  fronts.push(front);
  const client = awsClient(env, front.url, { request_ms: 10_000, attempts });
  return { objects: objectsAt({ client, bucket: "results" }), header };
}

const create = (objects: ReturnType<typeof createS3Objects>, key: string = randomUUID(), metadata = METADATA) =>
  objects.create(key, BODY, "application/json", metadata);

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each([
  ["one try, which is the driver's own", 1],
  ["several, which are the SDK's", 2],
])("an object is created by %s", (_, attempts) => {
  const stack = inject("stack");
  const client = awsClient(awsSettings(stack), stack.s3Endpoint, { request_ms: 10_000, attempts });
  const real = () => objectsAt({ client, bucket: stack.bucket });

  test("once, at a key of any characters, with its metadata", async () => {
    const objects = real();
    const key = `tenant 1/run-${randomUUID()}/attempt+1/å(ä)!*'.json`;
    expect([await create(objects, key), await create(objects, key)]).toEqual(["created", "exists"]);
    expect(await objects.head(key)).toEqual(METADATA);
  });

  test("not when the store finds that its bytes have another hash", async () => {
    const objects = real();
    const key = randomUUID();
    const error = await errorOf(create(objects, key, { ...METADATA, sha256: sha256Hex(new Uint8Array(1)) }));
    expect(error).toMatchObject({ name: "Outage", cause: { name: "XAmzContentSHA256Mismatch" } });
    expect(await objects.head(key)).toBeUndefined();
  });

  test("after a conflict, which is no verdict", async () => {
    const conflict = { status: 409, code: "ConditionalRequestConflict" };
    const { objects } = await objectsOf([conflict, conflict, { status: 200 }], attempts);
    expect(await create(objects)).toBe("created");
  });

  test.each([
    { status: 403, code: "AccessDenied", permanent: true },
    { status: 403, code: "RequestTimeTooSkewed", permanent: false },
    { status: 404, code: "NoSuchBucket", permanent: true },
    { status: 503, code: "SlowDown", permanent: false },
  ])("or not: $status $code is an outage by that name", async ({ permanent, ...answer }) => {
    const { objects } = await objectsOf([answer], attempts);
    const error = await errorOf(create(objects));
    const cause = { name: answer.code, $metadata: { httpStatusCode: answer.status } };
    expect(error).toMatchObject({ name: "Outage", store: "s3", cause });
    expect(isPermanent(error)).toBe(permanent);
  });
});

describe("the driver's own put", () => {
  test("takes the server's clock when its own is refused", async () => {
    const ahead = new Date(Date.now() + HOUR_MS);
    const { objects, header } = await objectsOf(
      [{ status: 403, code: "RequestTimeTooSkewed", date: ahead }, { status: 200 }],
      1,
    );
    await errorOf(create(objects));
    await create(objects);
    const hours = [0, 1].map((request) => header(request, "x-amz-date").slice(0, 11));
    expect(hours[1]).not.toBe(hours[0]);
    expect(hours[1]).toBe(ahead.toISOString().replaceAll("-", "").slice(0, 11));
  });

  test("sends the token of temporary credentials, and signs it", async () => {
    const env = { ...KEYS, AWS_SESSION_TOKEN: "token" };
    const { objects, header } = await objectsOf([{ status: 200 }], 1, env);
    await create(objects);
    expect(header(0, "x-amz-security-token")).toBe("token");
    expect(header(0, "authorization")).toMatch(/SignedHeaders=[^,]*x-amz-security-token/);
  });

  test("signs with new credentials when those that a role gave have ended", async () => {
    const { front, header } = await scripted([{ status: 200 }]);
    fronts.push(front);
    let given = 0;
    const credentials = async () => {
      given += 1;
      return { accessKeyId: `AKIA${given}`, secretAccessKey: "secret", expiration: new Date(Date.now() - HOUR_MS) };
    };
    const client = { region: "eu-west-1", endpoint: front.url, forcePathStyle: true, maxAttempts: 1, credentials };
    const objects = objectsAt({ client, bucket: "results" });
    await create(objects);
    await create(objects);
    const [first, second] = [0, 1].map((request) => /Credential=(\w+)/.exec(header(request, "authorization"))?.[1]);
    expect(first).toMatch(/^AKIA\d+$/);
    expect(second).not.toBe(first);
  });

  test.each([
    ["in a region", { region: "eu-west-1" }],
    ["in China", { region: "cn-north-1" }],
    ["with two protocols", { region: "us-east-1", useDualstackEndpoint: true }],
    ["of FIPS", { region: "us-east-1", useFipsEndpoint: true }],
    ["by path", { region: "r", endpoint: "https://store.example:8443/s3", forcePathStyle: true }],
  ])("goes where the SDK's goes: %s", async (_, settings) => {
    const seen: unknown[] = [];
    const handle = async ({ protocol, hostname, port, method, path, headers, body }: Seen) => {
      const { "content-type": type, "content-disposition": about, "x-amz-content-sha256": hash, host } = headers;
      const { "if-none-match": condition, "content-length": length } = headers;
      const scope = /Credential=AKIATEST\/\d{8}\/([^,]*)/.exec(headers["authorization"] ?? "")?.[1];
      seen.push({ protocol, hostname, port, method, path, type, about, hash, host, condition, length, scope, body });
      return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([]) }) };
    };
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
    for (const maxAttempts of [1, 2]) {
      const client = { ...settings, credentials, maxAttempts, requestHandler: { handle } };
      await create(objectsAt({ client, bucket: "results" }), "a b/ü(1)/result.json");
    }
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  test("is none for a bucket that takes no SigV4", async () => {
    const client = new S3Client({ region: "us-east-1" });
    expect(await leanPutObject(client, "results--use1-az4--x-s3")).toBeUndefined();
    expect(await leanPutObject(client, "results")).toBeDefined();
    client.destroy();
  });
});

interface Seen {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
