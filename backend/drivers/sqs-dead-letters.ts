import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
  type SQSClientConfig,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { Outage } from "#core/domain/outage.ts";
import type { DeadLetter, DeadLetters } from "#core/ports/queue.ts";

/** What SQS gives in one call. */
const BATCH = 10;
/** One call handles no more than this, whatever comes in meanwhile. */
const MOST = 10_000;
/** After a crash, messages are visible again after this long. */
const HIDDEN_SECONDS = 60;
/** SQS asks only some of its servers when nobody waits. */
const WAIT_SECONDS = 1;

export interface DeadLetterSettings {
  readonly client: SQSClientConfig;
  readonly dlq_url: string;
  /** Where they go again. */
  readonly queue_url: string;
}

interface Held {
  readonly letter: DeadLetter;
  readonly handle: string;
}

/** The dead-letter queue over the AWS SDK. */
export function createSqsDeadLetters(settings: DeadLetterSettings): DeadLetters & { close(): void } {
  const client = new SQSClient(settings.client);
  const QueueUrl = settings.dlq_url;
  const sendAgain = async ({ letter, handle }: Held): Promise<void> => {
    // Sent before it is deleted: a signal too many decides nothing, one too few costs time.
    await outage(client.send(new SendMessageCommand({ QueueUrl: settings.queue_url, MessageBody: letter.body })));
    await outage(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handle })));
  };
  return {
    async count() {
      const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
      const { Attributes = {} } = await outage(client.send(command));
      return AttributeNames.reduce((count, name) => count + Number(Attributes[name] ?? 0), 0);
    },

    async peek(max) {
      const seen: Held[] = [];
      try {
        while (seen.length < Math.min(max, MOST)) {
          const messages = await receive(client, QueueUrl, max - seen.length);
          if (messages.length === 0) break;
          seen.push(...messages);
        }
      } finally {
        await release(client, QueueUrl, seen);
      }
      return seen.map(({ letter }) => letter);
    },

    async redrive(choose) {
      const kept = new Set<Held>();
      let sent = 0;
      try {
        while (kept.size + sent < MOST) {
          const messages = await receive(client, QueueUrl, BATCH);
          if (messages.length === 0) break;
          for (const message of messages) kept.add(message);
          for (const message of messages.filter(({ letter }) => choose(letter))) {
            await sendAgain(message);
            kept.delete(message);
            sent += 1;
          }
        }
      } finally {
        await release(client, QueueUrl, [...kept]);
      }
      return sent;
    },

    close() {
      client.destroy();
    },
  };
}

async function receive(client: SQSClient, QueueUrl: string, max: number): Promise<readonly Held[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: Math.min(max, BATCH),
    WaitTimeSeconds: WAIT_SECONDS,
    VisibilityTimeout: HIDDEN_SECONDS,
    MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
  });
  return ((await outage(client.send(command))).Messages ?? []).flatMap(held);
}

/** Best effort: a message that is not released is visible again when its timeout ends. */
async function release(client: SQSClient, QueueUrl: string, messages: readonly Held[]): Promise<void> {
  const shown = { QueueUrl, VisibilityTimeout: 0 };
  await Promise.allSettled(
    messages.map(({ handle }) => client.send(new ChangeMessageVisibilityCommand({ ...shown, ReceiptHandle: handle }))),
  );
}

function held({ Body, ReceiptHandle, Attributes = {} }: Message): Held[] {
  if (Body === undefined || ReceiptHandle === undefined) return [];
  const times_received = Number(Attributes["ApproximateReceiveCount"] ?? 0);
  const sent_at = new Date(Number(Attributes["SentTimestamp"] ?? 0));
  return [{ handle: ReceiptHandle, letter: { body: Body, times_received, sent_at } }];
}

function outage<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw new Outage("sqs", error);
  });
}
