import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SQSClient,
  type SQSClientConfig,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { Outage } from "#core/domain/outage.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import { DeleteBatch } from "./delete-batch.ts";
import { leanSqs } from "./lean-sqs.ts";

/** What SQS takes in one call. */
const BATCH = 10;

export interface SqsSettings {
  readonly client: SQSClientConfig;
  readonly queue_url: string;
  /** How long a received message stays hidden from others. */
  readonly visibility_seconds: number;
}

/** The signal queue over the AWS SDK, which repeats failed calls itself; what every run needs is tried without it first. */
export function createSqsQueue(settings: SqsSettings): SignalReceiver & SignalSender & { close(): Promise<void> } {
  const client = new SQSClient(settings.client);
  const QueueUrl = settings.queue_url;
  const lean = leanSqs(client, QueueUrl);
  const deletes = new DeleteBatch(client, QueueUrl, lean);
  return {
    async receive(max, wait_seconds, signal) {
      try {
        const VisibilityTimeout = Math.ceil(settings.visibility_seconds);
        const input = { MaxNumberOfMessages: max, WaitTimeSeconds: wait_seconds, VisibilityTimeout };
        const response =
          (await lean.receive(input, signal)) ??
          (await client.send(new ReceiveMessageCommand({ QueueUrl, ...input }), { abortSignal: signal }));
        return (response.Messages ?? []).flatMap(({ Body, ReceiptHandle }) =>
          Body === undefined || ReceiptHandle === undefined ? [] : [{ body: Body, handle: ReceiptHandle }],
        );
      } catch (error) {
        if (signal.aborted) return [];
        throw new Outage("sqs", error);
      }
    },

    async hide(handle, seconds) {
      await outage(
        client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl,
            ReceiptHandle: handle,
            VisibilityTimeout: Math.ceil(seconds),
          }),
        ),
      );
    },

    delete: (handle) => deletes.delete(handle),

    async send(bodies) {
      for (let from = 0; from < bodies.length; from += BATCH) {
        const Entries = bodies.slice(from, from + BATCH).map((MessageBody, Id) => ({ Id: String(Id), MessageBody }));
        const response = await outage(client.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
        if ((response.Failed ?? []).length > 0) throw new Outage("sqs", new Error("a message was not accepted"));
      }
    },

    async close() {
      await deletes.drain();
      client.destroy();
    },
  };
}

function outage<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw new Outage("sqs", error);
  });
}
