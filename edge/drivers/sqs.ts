import { AwsClient } from "aws4fetch";
import { z } from "zod";
import { Outage } from "#core/domain/outage.ts";
import type { SignalSender } from "#core/ports/queue.ts";

export interface SqsOptions {
  readonly queue_url: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly timeout_ms: number;
}

const sent = z.object({ Failed: z.array(z.unknown()).default([]) });

/** SQS by its JSON protocol (AWS JSON 1.0, https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html). */
export function createSqs(options: SqsOptions): SignalSender & { check(): Promise<void> } {
  const client = new AwsClient({
    accessKeyId: options.access_key_id,
    secretAccessKey: options.secret_access_key,
    region: options.region,
    service: "sqs",
    retries: 1,
  });
  const endpoint = new URL("/", options.queue_url).href;

  async function call(action: string, body: object): Promise<unknown> {
    try {
      const response = await client.fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
        body: JSON.stringify({ QueueUrl: options.queue_url, ...body }),
        signal: AbortSignal.timeout(options.timeout_ms),
      });
      if (!response.ok) throw new Error(`${action} was answered ${response.status}`);
      return await response.json();
    } catch (error) {
      throw new Outage("sqs", error);
    }
  }

  return {
    async send(bodies) {
      const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
      const { Failed } = sent.parse(await call("SendMessageBatch", { Entries }));
      if (Failed.length > 0) throw new Outage("sqs", new Error(`${Failed.length} messages were not accepted`));
    },
    async check() {
      await call("GetQueueAttributes", { AttributeNames: ["QueueArn"] });
    },
  };
}
