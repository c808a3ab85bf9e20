import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { afterAll, describe, expect, test } from "vitest";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { leanSqs } from "../../backend/drivers/lean-sqs.ts";
import { createSqsQueue } from "../../backend/drivers/sqs.ts";
import { type HttpFront, startHttpFront } from "../dev/http-front.ts";

const NEVER = new AbortController().signal;
const ENV = { AWS_REGION: "r", AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret" };
const INPUT = { MaxNumberOfMessages: 10, WaitTimeSeconds: 0, VisibilityTimeout: 30 };
const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const message = (Body: string, MD5OfBody = md5(Body)) => ({ MessageId: Body, Body, ReceiptHandle: Body, MD5OfBody });

const closes: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closes) await close();
});

/** A queue that gives these answers in turn, the last of them again and again. */
async function queueOf(answers: readonly { readonly status: number; readonly body: unknown }[]) {
  const asked: (string | undefined)[] = [];
  const front: HttpFront = await startHttpFront(async ({ headers }, _, response) => {
    const { status, body } = answers[Math.min(asked.length, answers.length - 1)] ?? { status: 500, body: {} };
    asked.push(headers["user-agent"]?.split(/[/ ]/, 1)[0]);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(body));
  });
  const client = awsClient(ENV, front.url, { request_ms: 10_000, attempts: 2 });
  const queue = createSqsQueue({ client, queue_url: `${front.url}/1/q`, visibility_seconds: 30 });
  closes.push(() => queue.close(), front.stop);
  return { queue, asked };
}

const REFUSED = { status: 503, body: { __type: "com.amazonaws.sqs#ServiceUnavailable", message: "no" } };

describe("a call of the queue", () => {
  test("that is answered is not repeated", async () => {
    const { queue, asked } = await queueOf([{ status: 200, body: { Messages: [message("a"), message("ü")] } }]);
    expect(await queue.receive(10, 0, NEVER)).toEqual(["a", "ü"].map((body) => ({ body, handle: body })));
    expect(asked).toEqual(["decisionproof"]);
  });

  test("that is refused is repeated by the SDK, as often as that tries", async () => {
    const good = { status: 200, body: { Messages: [message("a")] } };
    const { queue, asked } = await queueOf([REFUSED, REFUSED, good]);
    expect(await queue.receive(10, 0, NEVER)).toEqual([{ body: "a", handle: "a" }]);
    expect(asked).toEqual(["decisionproof", "aws-sdk-js", "aws-sdk-js"]);
  });

  test("that is refused in the end is an outage", async () => {
    const { queue, asked } = await queueOf([REFUSED]);
    await expect(queue.receive(10, 0, NEVER)).rejects.toThrow("sqs is unavailable");
    await expect(queue.delete("a")).rejects.toThrow("sqs is unavailable");
    expect(asked).toHaveLength(6);
  });

  test.each([
    ["a body of another hash", { Messages: [message("a", md5("b"))] }],
    ["another shape", { Messages: "none" }],
  ])("that is answered with %s is refused, as by the SDK", async (_, body) => {
    const { queue } = await queueOf([{ status: 200, body }]);
    await expect(queue.receive(10, 0, NEVER)).rejects.toThrow("sqs is unavailable");
  });

  test("that deletes says which messages were not deleted", async () => {
    const body = { Successful: [{ Id: "0" }], Failed: [{ Id: "1", Code: "x", SenderFault: true }] };
    const { queue } = await queueOf([{ status: 200, body }]);
    const deletes = await Promise.allSettled([queue.delete("a"), queue.delete("b")]);
    expect(deletes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  test.each([
    ["in a region", { region: "eu-west-1" }, "https://sqs.eu-west-1.amazonaws.com/1/q"],
    ["of a queue elsewhere", { region: "eu-west-1" }, "https://queue.example:8443/1/q"],
    ["at an endpoint", { region: "r", endpoint: "https://sqs.example:8443" }, "https://queue.example/1/q"],
  ])("goes where the SDK's goes: %s", async (_, settings, QueueUrl) => {
    const seen: unknown[] = [];
    const handle = async ({ protocol, hostname, port, method, path, headers, body }: HttpRequest) => {
      const { host, "content-type": type, "x-amz-target": target, "content-length": length } = headers;
      const scope = /Credential=AKIATEST\/\d{8}\/([^,]*)/.exec(headers["authorization"] ?? "")?.[1];
      const input: unknown = JSON.parse(Buffer.from(body as Uint8Array).toString("utf8"));
      seen.push({ protocol, hostname, port, method, path, host, type, target, length, scope, input });
      return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([Buffer.from("{}")]) }) };
    };
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret" };
    const client = new SQSClient({ ...settings, credentials, requestHandler: { handle } });
    const lean = leanSqs(client, QueueUrl);
    const Entries = [{ Id: "0", ReceiptHandle: "h" }];
    await client.send(new ReceiveMessageCommand({ QueueUrl, ...INPUT }));
    await lean.receive(INPUT, NEVER);
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    await lean.delete(Entries);
    expect(seen).toHaveLength(4);
    expect([seen[1], seen[3]]).toEqual([seen[0], seen[2]]);
  });
});
