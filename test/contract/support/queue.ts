import { randomUUID } from "node:crypto";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { StackEndpoints } from "../../global-setup.ts";

/** A queue of the test's own. */
export async function createQueue(stack: StackEndpoints) {
  const client = new SQSClient({ region: stack.region, endpoint: stack.sqsEndpoint, credentials: stack });
  const { QueueUrl: queue_url = "" } = await client.send(new CreateQueueCommand({ QueueName: `test-${randomUUID()}` }));
  return {
    queue_url,
    depth: async () => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: queue_url, AttributeNames: ["All"] }),
      );
      return {
        visible: Number(Attributes["ApproximateNumberOfMessages"]),
        hidden: Number(Attributes["ApproximateNumberOfMessagesNotVisible"]),
      };
    },
  };
}
