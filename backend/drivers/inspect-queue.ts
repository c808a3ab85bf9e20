import { GetQueueAttributesCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { Outage } from "#core/domain/outage.ts";
import type { QueueInspector } from "#core/ports/doctor.ts";

/** A queue's attributes over the AWS SDK. */
export function createQueueInspector(settings: {
  readonly client: SQSClientConfig;
  readonly queue_url: string;
}): QueueInspector & { close(): void } {
  const client = new SQSClient(settings.client);
  return {
    async attributes() {
      try {
        const command = new GetQueueAttributesCommand({ QueueUrl: settings.queue_url, AttributeNames: ["All"] });
        return (await client.send(command)).Attributes ?? {};
      } catch (error) {
        throw new Outage("sqs", error);
      }
    },
    close: () => client.destroy(),
  };
}
