import { createHash } from "node:crypto";
import { ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { getEndpointFromInstructions } from "@smithy/core/endpoints";
import { HttpRequest } from "@smithy/core/protocols";
import { z } from "zod";
import { VERSION } from "#core/domain/version.ts";
import { addressOf, bytesOf, type SignedCall, signedCalls } from "./signed-calls.ts";

/** Ten messages of SQS have 1 MiB at most, which JSON escapes may make longer. */
const MAX_BYTES = 8 * 1024 * 1024;
const JSON_TYPE = "application/x-amz-json-1.0";

const received = z.object({
  Messages: z
    .array(
      z
        .object({ Body: z.string(), ReceiptHandle: z.string(), MD5OfBody: z.string() })
        .refine(({ Body, MD5OfBody }) => createHash("md5").update(Body).digest("hex") === MD5OfBody),
    )
    .max(10)
    .default([]),
});
const deleted = z.object({ Failed: z.array(z.object({ Id: z.string() })).default([]) });

/** The two calls of every run, each tried once. Undefined: not known to have been done; the SDK's command may repeat it. */
export interface LeanSqs {
  receive(
    input: {
      readonly MaxNumberOfMessages: number;
      readonly WaitTimeSeconds: number;
      readonly VisibilityTimeout: number;
    },
    abortSignal: AbortSignal,
  ): Promise<z.output<typeof received> | undefined>;
  delete(
    entries: readonly { readonly Id: string; readonly ReceiptHandle: string }[],
  ): Promise<z.output<typeof deleted> | undefined>;
}

/** SQS by its JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html); see `signedCalls`. */
export function leanSqs(client: SQSClient, QueueUrl: string): LeanSqs {
  let opened: Promise<Opened> | undefined;
  const ask = async <T>(action: string, input: object, schema: z.ZodType<T>, abortSignal?: AbortSignal) => {
    try {
      opened ??= open(client, QueueUrl).catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      const { send, url } = await opened;
      const body = JSON.stringify({ QueueUrl, ...input });
      const response = await send(requestOf(url, action, body), abortSignal);
      const bytes = await bytesOf(response.body, MAX_BYTES);
      return response.statusCode === 200 ? schema.parse(JSON.parse(bytes.toString("utf8"))) : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    receive: (input, abortSignal) => ask("ReceiveMessage", input, received, abortSignal),
    delete: (Entries) => ask("DeleteMessageBatch", { Entries }, deleted),
  };
}

interface Opened {
  readonly send: SignedCall;
  readonly url: URL;
}

/** Without an endpoint of its own a client goes to the host of the queue, as in the SDK. */
async function open(client: SQSClient, QueueUrl: string): Promise<Opened> {
  const { url } = await getEndpointFromInstructions({ QueueUrl }, ReceiveMessageCommand, client.config);
  const scheme = { signingName: "sqs", signingRegion: await client.config.region() };
  const isOwn = client.config.endpoint !== undefined;
  return { send: signedCalls(client, scheme), url: isOwn ? url : new URL(new URL(QueueUrl).origin) };
}

const requestOf = (url: URL, action: string, body: string): HttpRequest =>
  new HttpRequest({
    method: "POST",
    ...addressOf(url),
    path: url.pathname,
    headers: {
      host: url.host,
      "user-agent": `decisionproof/${VERSION}`,
      "content-type": JSON_TYPE,
      "content-length": String(Buffer.byteLength(body)),
      "x-amz-target": `AmazonSQS.${action}`,
    },
    body,
  });
