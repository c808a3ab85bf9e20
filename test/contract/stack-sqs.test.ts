import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { AwsClient } from "aws4fetch";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startAwsFront, type AwsFront } from "../dev/aws-front.ts";

const KEYS = { region: "eu-north-1", accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const dir = mkdtempSync(join(tmpdir(), "dpp-sqs-"));

let front: AwsFront;
let sqs: SQSClient;
let QueueUrl: string;
let dlqUrl: string;
let serial = 0;

beforeAll(async () => {
  front = await startAwsFront({ ...KEYS, dir });
  sqs = new SQSClient({ endpoint: front.url, region: KEYS.region, credentials: KEYS, maxAttempts: 1 });
});
beforeEach(async () => {
  const queues = await front.createQueues(`queue-${(serial += 1)}`, { maxReceiveCount: 2, visibilityTimeoutS: 30 });
  ({ queueUrl: QueueUrl, dlqUrl } = queues);
});
afterAll(async () => {
  sqs.destroy();
  await front.stop();
  rmSync(dir, { recursive: true, force: true });
});

const send = (MessageBody: string, url = QueueUrl) => sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));

async function receive(
  WaitTimeSeconds = 0,
  options: { url?: string; max?: number; abortSignal?: AbortSignal } = {},
): Promise<Message[]> {
  const { url = QueueUrl, max = 1, abortSignal } = options;
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    WaitTimeSeconds,
    MaxNumberOfMessages: max,
    MessageSystemAttributeNames: ["ApproximateReceiveCount"],
  });
  return (await sqs.send(command, abortSignal ? { abortSignal } : {})).Messages ?? [];
}

const handle = (message: Message | undefined) => message?.ReceiptHandle ?? "";
const requestsAfter = (count: number) => expect.poll(() => front.requests().sqs).toBeGreaterThanOrEqual(count);

it("a message sent is received, hidden, and gone once it was deleted", async () => {
  await send("wake up");
  const [message] = await receive();
  expect(message?.Body).toBe("wake up");
  expect(await receive()).toEqual([]);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handle(message) }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
});

// Were it answered only at its end, the poll would outlast the test.
it("a long poll is answered as soon as a message comes", async () => {
  const seen = front.requests().sqs;
  const polling = receive(20);
  await requestsAfter(seen + 1);
  await send("now");
  expect((await polling)[0]?.Body).toBe("now");
});

it("a long poll with nothing to tell lasts as long as it was asked to", async () => {
  const begun = performance.now();
  expect(await receive(2)).toEqual([]);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(1_990);
});

it("a long poll may last twenty seconds", async () => {
  const begun = performance.now();
  expect(await receive(20)).toEqual([]);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(19_990);
});

it("several pollers share what comes, one message each, and those left keep waiting", async () => {
  const seen = front.requests().sqs;
  const answered: string[] = [];
  const stop = new AbortController();
  const pollers = Array.from({ length: 3 }, async () => {
    for (const { Body } of await receive(20, { abortSignal: stop.signal })) answered.push(Body ?? "");
  });
  await requestsAfter(seen + 3);
  await send("one");
  await send("two");
  await expect.poll(() => answered.toSorted()).toEqual(["one", "two"]);
  await send("three");
  await Promise.all(pollers);
  expect(answered.toSorted()).toEqual(["one", "three", "two"]);
});

it("a poller that has left takes no message with it", async () => {
  const seen = front.requests().sqs;
  const leave = new AbortController();
  const polling = receive(20, { abortSignal: leave.signal });
  await requestsAfter(seen + 1);
  leave.abort();
  await expect(polling).rejects.toThrow();
  await send("not for the dead");
  const [message] = await receive(5);
  expect(message).toMatchObject({ Body: "not for the dead" });
});

it("of many pollers that leave while messages come, every message reaches one that stays", async () => {
  const seen = front.requests().sqs;
  const leave = new AbortController();
  const leaving = Array.from({ length: 20 }, () =>
    receive(20, { abortSignal: leave.signal }).catch(() => [] as Message[]),
  );
  await requestsAfter(seen + 20);
  const sends = Array.from({ length: 20 }, (_, i) => send(`m${i}`));
  leave.abort();
  await Promise.all(sends);
  const got = new Set((await Promise.all(leaving)).flat().map(({ Body }) => Body));
  await expect
    .poll(async () => {
      for (const { Body } of await receive(0, { max: 10 })) got.add(Body);
      return got.size;
    })
    .toBe(20);
});

it("visibility 0 hands a message back at once, to a waiting poller too", async () => {
  await send("again");
  const [first] = await receive();
  const seen = front.requests().sqs;
  const polling = receive(20);
  await requestsAfter(seen + 1);
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle(first), VisibilityTimeout: 0 }));
  const [second] = await polling;
  expect(second).toMatchObject({ Body: "again", Attributes: { ApproximateReceiveCount: "2" } });
});

it("a visibility timeout that ends wakes a waiting poller", async () => {
  await send("late");
  const [message] = await receive();
  await sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle(message), VisibilityTimeout: 1 }),
  );
  expect((await receive(10))[0]?.Body).toBe("late");
});

it("batches send, hide, show and delete", async () => {
  const Entries = ["a", "b", "c"].map((Id) => ({ Id, MessageBody: Id }));
  expect((await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Successful).toHaveLength(3);
  const taken = await receive(1, { max: 10 });
  expect(taken.map(({ Body }) => Body)).toEqual(["a", "b", "c"]);
  const handles = taken.map((message, i) => ({ Id: String(i), ReceiptHandle: handle(message) }));
  const shown = handles.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: shown }));
  const again = await receive(1, { max: 10 });
  const entries = again.map((message, i) => ({ Id: String(i), ReceiptHandle: handle(message) }));
  expect((await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entries }))).Successful).toHaveLength(3);
});

it("a message received more often than allowed moves to the dead-letter queue", async () => {
  await send("poison");
  for (let round = 1; round <= 2; round += 1) {
    const [message] = await receive(1);
    expect(message?.Attributes?.["ApproximateReceiveCount"]).toBe(String(round));
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle(message), VisibilityTimeout: 0 }),
    );
  }
  expect(await receive(1)).toEqual([]);
  expect((await receive(5, { url: dlqUrl }))[0]?.Body).toBe("poison");
});

it("a queue's URL names the front itself", async () => {
  const name = QueueUrl.split("/").at(-1) ?? "";
  expect((await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl).toBe(QueueUrl);
  expect(QueueUrl.startsWith(front.url)).toBe(true);
});

it("an unknown queue is an error at once, for long polls too", async () => {
  await expect(receive(20, { url: `${QueueUrl}-none` })).rejects.toMatchObject({ name: "QueueDoesNotExist" });
});

it("requests signed by aws4fetch are accepted, and those with a wrong secret refused in JSON", async () => {
  const call = (secretAccessKey: string) =>
    new AwsClient({ ...KEYS, secretAccessKey, service: "sqs", retries: 0 }).fetch(front.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage" },
      body: JSON.stringify({ QueueUrl, MessageBody: "signed" }),
    });
  expect((await call(KEYS.secretAccessKey)).status).toBe(200);
  const refused = await call("guess");
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ __type: expect.stringContaining("SignatureDoesNotMatch") as string });
  expect((await receive())[0]?.Body).toBe("signed");
});

it("the SDK sees a wrong secret as SignatureDoesNotMatch", async () => {
  const credentials = { ...KEYS, secretAccessKey: "guess" };
  const other = new SQSClient({ endpoint: front.url, region: KEYS.region, credentials, maxAttempts: 1 });
  await expect(other.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))).rejects.toMatchObject({
    name: "SignatureDoesNotMatch",
  });
  other.destroy();
});
