import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startAwsFront, type AwsFront } from "../dev/aws-front.ts";

const KEYS = { region: "eu-north-1", accessKeyId: "AKIATEST", secretAccessKey: "secret" };
const dir = mkdtempSync(join(tmpdir(), "dpp-sqs-limits-"));
const MESSAGE_BYTES = 1_048_576;
const HANDLE = "8a1f3c52-7b0e-4f7e-9d55-0d7f3f6c2f11";

let front: AwsFront;
let sqs: SQSClient;
let QueueUrl: string;

beforeAll(async () => {
  front = await startAwsFront({ ...KEYS, dir });
  sqs = new SQSClient({ endpoint: front.url, region: KEYS.region, credentials: KEYS, maxAttempts: 1 });
  ({ queueUrl: QueueUrl } = await front.createQueues("limits"));
});
afterAll(async () => {
  sqs.destroy();
  await front.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The SDK names some faults as the older protocol does. */
const refused = (code: string) => ({
  name: expect.stringMatching(new RegExp(`(^|[.])${code}$`)) as string,
  $metadata: { httpStatusCode: 400 },
});
const send = (MessageBody: string, more: object = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const sendBatch = (Entries: { Id: string; MessageBody: string; DelaySeconds?: number }[]) =>
  sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

it("a message of 1 MiB is taken, and a larger one is refused", async () => {
  await send("x".repeat(MESSAGE_BYTES));
  await expect(send("x".repeat(MESSAGE_BYTES + 1))).rejects.toMatchObject(refused("InvalidParameterValue"));
});

it("a batch has 10 messages and 1 MiB at most, and ids of their own", async () => {
  const entries = (count: number, MessageBody: string) =>
    Array.from({ length: count }, (_, at) => ({ Id: `m${at}`, MessageBody }));
  expect((await sendBatch(entries(10, "x"))).Successful).toHaveLength(10);
  await expect(sendBatch(entries(11, "x"))).rejects.toMatchObject(refused("TooManyEntriesInBatchRequest"));
  await expect(sendBatch([])).rejects.toMatchObject(refused("EmptyBatchRequest"));
  const half = "x".repeat(MESSAGE_BYTES / 2 + 1);
  await expect(sendBatch(entries(2, half))).rejects.toMatchObject(refused("BatchRequestTooLong"));
  const twins = [...entries(1, "x"), ...entries(1, "x")];
  await expect(sendBatch(twins)).rejects.toMatchObject(refused("BatchEntryIdsNotDistinct"));
  for (const Id of ["a b", "i".repeat(81)])
    await expect(sendBatch([{ Id, MessageBody: "x" }])).rejects.toMatchObject(refused("InvalidBatchEntryId"));
});

it("a message has no characters that XML has not, and 10 attributes at most", async () => {
  await expect(send("bell \u0007")).rejects.toMatchObject(refused("InvalidMessageContents"));
  const attributes = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, { DataType: "String", StringValue: "x" }]));
  await send("x", { MessageAttributes: attributes(10) });
  await expect(send("x", { MessageAttributes: attributes(11) })).rejects.toMatchObject(
    refused("InvalidParameterValue"),
  );
});

it("a message is delayed by 15 minutes at most", async () => {
  await send("x", { DelaySeconds: 900 });
  for (const DelaySeconds of [-1, 901, 1.5])
    await expect(send("x", { DelaySeconds })).rejects.toMatchObject(refused("InvalidParameterValue"));
});

it.each([
  ["WaitTimeSeconds", 21],
  ["WaitTimeSeconds", -1],
  ["MaxNumberOfMessages", 0],
  ["MaxNumberOfMessages", 11],
  ["VisibilityTimeout", 43_201],
])("a receive with %s %i is refused at once", async (name, value) => {
  await expect(sqs.send(new ReceiveMessageCommand({ QueueUrl, [name]: value }))).rejects.toMatchObject(
    refused("InvalidParameterValue"),
  );
});

it("a message is hidden for 12 hours at most", async () => {
  const hide = (VisibilityTimeout: number) =>
    sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: HANDLE, VisibilityTimeout }));
  await expect(hide(43_201)).rejects.toMatchObject(refused("InvalidParameterValue"));
  await expect(hide(43_200)).rejects.toMatchObject(refused("MessageNotInflight"));
});

it("a handle that no message ever had is refused; one of a message that is gone is not", async () => {
  const remove = (ReceiptHandle: string) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  await expect(remove("nonsense")).rejects.toMatchObject(refused("ReceiptHandleIsInvalid"));
  await remove(HANDLE);
});

it("the invalid entries of a batch fail alone", async () => {
  const sent = await sendBatch([
    { Id: "good", MessageBody: "x" },
    { Id: "late", MessageBody: "x", DelaySeconds: 901 },
  ]);
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["good"]);
  expect(sent.Failed).toMatchObject([{ Id: "late", SenderFault: true, Code: "InvalidParameterValue" }]);
  const Entries = [
    { Id: "gone", ReceiptHandle: HANDLE },
    { Id: "nonsense", ReceiptHandle: "nonsense" },
  ];
  const removed = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  expect(removed.Successful?.map(({ Id }) => Id)).toEqual(["gone"]);
  expect(removed.Failed).toMatchObject([{ Id: "nonsense", Code: "ReceiptHandleIsInvalid" }]);
  const shown = Entries.map((entry) => ({ ...entry, VisibilityTimeout: 43_201 }));
  const changed = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: shown }));
  expect(changed.Failed).toHaveLength(2);
});
