import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, inject, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { Outage } from "#core/domain/outage.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { createSqsDeadLetters } from "../../backend/drivers/sqs-dead-letters.ts";
import { createSqsQueue } from "../../backend/drivers/sqs.ts";
import { createQueue } from "./support/queue.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const NEVER = new AbortController().signal;

describe("the SQS driver", () => {
  const stack = inject("stack");
  const aws = awsSettings(stack);
  const open: { close(): Promise<void> | void }[] = [];
  afterAll(async () => {
    for (const each of open) await each.close();
  });
  const driver = async () => {
    const { queue_url, depth } = await createQueue(stack);
    const queue = createSqsQueue({
      client: awsClient(aws, stack.sqsEndpoint, { request_ms: 30_000, attempts: 1 }),
      queue_url,
      visibility_seconds: 30,
    });
    open.push(queue);
    return { queue, depth };
  };

  test("sends more than SQS takes at once, and deletes them all", async () => {
    const { queue, depth } = await driver();
    const bodies = Array.from({ length: 23 }, (_, i) => `body ${i}`);
    await queue.send(bodies);
    const seen: string[] = [];
    while (seen.length < bodies.length) {
      const messages = await queue.receive(10, 1, NEVER);
      seen.push(...messages.map((message) => message.body));
      await Promise.all(messages.map((message) => queue.delete(message.handle)));
    }
    expect(seen.toSorted()).toEqual(bodies.toSorted());
    expect(await depth()).toEqual({ visible: 0, hidden: 0 });
  });

  test("a message given back is there at once", async () => {
    const { queue } = await driver();
    await queue.send(["again"]);
    const [first] = await queue.receive(1, 5, NEVER);
    await queue.hide(first?.handle ?? "", 0);
    expect(await queue.receive(1, 5, NEVER)).toMatchObject([{ body: "again" }]);
  });

  test("a long poll that is aborted answers with none", async () => {
    const { queue } = await driver();
    const stop = new AbortController();
    const polling = queue.receive(1, 20, stop.signal);
    stop.abort();
    expect(await polling).toEqual([]);
  });

  test("closing waits for the deletes under way", async () => {
    const { queue, depth } = await driver();
    await queue.send(["last"]);
    const [message] = await queue.receive(1, 5, NEVER);
    const deleted = queue.delete(message?.handle ?? "");
    await queue.close();
    await deleted;
    expect(await depth()).toEqual({ visible: 0, hidden: 0 });
  });
});

test("a server that takes a call and never answers is an outage, for SQS and S3 alike", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const env = { AWS_REGION: "r", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const client = awsClient(env, endpoint, { request_ms: 200, attempts: 1 });
  const queue = createSqsQueue({ client, queue_url: `${endpoint}/q`, visibility_seconds: 1 });
  const objects = createS3Objects({ client, bucket: "bucket" });
  const dead = createSqsDeadLetters({ client, queue_url: `${endpoint}/q`, dlq_url: `${endpoint}/dlq` });
  await Promise.all(
    [
      queue.send(["x"]),
      queue.receive(1, 0, NEVER),
      queue.hide("r", 1),
      queue.delete("r"),
      objects.create("k", new Uint8Array(1), "text/plain", {}),
      objects.create("k", new Uint8Array(1), "text/plain", { sha256: sha256Hex(new Uint8Array(1)) }),
      objects.head("k"),
      objects.delete(["k"]),
      dead.count(),
      dead.peek(1),
      dead.redrive(() => true),
    ].map((call) => expect(call).rejects.toThrow(Outage)),
  );
  await queue.close();
  objects.close();
  dead.close();
  silent.close();
});
