import type { IncomingMessage, ServerResponse } from "node:http";
import { forward, loadEmulator, type AwsEmulator, type Reply } from "./aws-emulator.ts";
import { sendFault, sendReply, SQS_JSON } from "./aws-reply.ts";
import { type Listen, startHttpFront } from "./http-front.ts";
import { NO_CORS, s3Handler } from "./s3-conditions.ts";
import { sigV4Check, type Credentials, type Fault, type ReceivedRequest } from "./sigv4-check.ts";
import { entryFaults, limitFault } from "./sqs-limits.ts";
import { LongPoll } from "./sqs-long-poll.ts";

const ACCOUNT = "000000000000";
const WAKING_ACTIONS = new Set([
  "SendMessage",
  "SendMessageBatch",
  "ChangeMessageVisibility",
  "ChangeMessageVisibilityBatch",
]);

export interface AwsOptions extends Credentials {
  /** Where S3 objects are kept; SQS messages live in memory only. */
  dir: string;
  listen?: Listen;
}

export interface QueuePair {
  queueUrl: string;
  dlqUrl: string;
}

/** Kept as long as SQS keeps any: a letter keeps the time at which its message was sent. */
export const DEAD_LETTERS = { MessageRetentionPeriod: "1209600" };

export interface QueueOptions {
  maxReceiveCount?: number;
  visibilityTimeoutS?: number;
}

export interface AwsFront {
  /** One endpoint for both services. */
  url: string;
  createQueues(name: string, options?: QueueOptions): Promise<QueuePair>;
  createBucket(name: string): Promise<void>;
  requests(): { sqs: number; s3: number };
  stop(): Promise<void>;
}

function sqsHandler(app: AwsEmulator): {
  handle(request: ReceivedRequest, response: ServerResponse): Promise<void>;
  stop(): void;
} {
  const polls = new LongPoll((action, body) => {
    const headers = { "content-type": SQS_JSON, "x-amz-target": `AmazonSQS.${action}`, host: "127.0.0.1" };
    return forward(app, { method: "POST", target: "/", headers, body: Buffer.from(JSON.stringify(body)) });
  });
  return {
    stop: () => polls.stop(),
    handle: async (request, response) => {
      const action = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "");
      const body = sqsBody(request.body);
      const fault = body === undefined ? NO_JSON : limitFault(action, body);
      if (body === undefined || fault !== undefined)
        return sendFault(response, "sqs", fault ?? NO_JSON, request.method);
      if (action === "ReceiveMessage") return polls.receive(body, response);
      sendReply(response, action.endsWith("Batch") ? await batch(app, request, body) : await forward(app, request));
      if (WAKING_ACTIONS.has(action)) await polls.wake(String(body.QueueUrl));
    },
  };
}

const NO_JSON: Fault = { status: 400, code: "SerializationException", message: "The body is no JSON object." };

interface SqsBody extends Record<string, unknown> {
  readonly QueueUrl?: string;
}

function sqsBody(body: Buffer): SqsBody | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as SqsBody) : undefined;
  } catch {
    return undefined;
  }
}

/** The entries that SQS would take; the others are told apart, as it does. */
async function batch(app: AwsEmulator, request: ReceivedRequest, body: SqsBody): Promise<Reply> {
  const { left, failed } = entryFaults(body);
  if (failed.length === 0) return forward(app, request);
  const rest = left["Entries"] as readonly unknown[];
  const headers = { ...request.headers };
  delete headers["content-length"];
  const reply = await forward(app, { ...request, headers, body: Buffer.from(JSON.stringify(left)) });
  const isAlone = rest.length === 0;
  if (reply.status !== 200 && !isAlone) return reply;
  const done = isAlone ? {} : (JSON.parse(reply.body.toString("utf8")) as { Failed?: readonly unknown[] });
  const answer = Buffer.from(JSON.stringify({ ...done, Failed: [...(done.Failed ?? []), ...failed] }));
  return { status: 200, headers: { "content-type": SQS_JSON, "content-length": String(answer.length) }, body: answer };
}

async function createQueue(
  app: AwsEmulator,
  host: string,
  name: string,
  attributes: Record<string, string>,
): Promise<string> {
  const result = await app.inject({
    method: "POST",
    url: "/",
    headers: { "content-type": SQS_JSON, "x-amz-target": "AmazonSQS.CreateQueue", host },
    payload: JSON.stringify({ QueueName: name, Attributes: attributes }),
  });
  if (result.statusCode !== 200) throw new Error(`cannot create queue ${name}: ${result.payload}`);
  return (result.json() as { QueueUrl: string }).QueueUrl;
}

/** SQS and S3 on 127.0.0.1, for signed requests of one key pair only. */
export async function startAwsFront(options: AwsOptions): Promise<AwsFront> {
  const app = await loadEmulator(options.dir, options.region);
  const check = sigV4Check(options);
  const s3 = s3Handler(app);
  const sqs = sqsHandler(app);
  const seen = { sqs: 0, s3: 0 };
  const front = await startHttpFront(async (incoming: IncomingMessage, body, response) => {
    const { method = "GET", url: target = "/", headers } = incoming;
    const service = headers["x-amz-target"] === undefined ? "s3" : "sqs";
    seen[service] += 1;
    const request = { method, target, headers, body };
    // A preflight has no signature. A bucket allows no page until it is told to.
    if (method === "OPTIONS") return sendFault(response, "s3", NO_CORS, method);
    let fault: Fault | undefined;
    try {
      fault = await check(request, service, Date.now());
    } catch {
      fault = { status: 400, code: "InvalidURI", message: "Couldn't parse the specified URI." };
    }
    if (fault) return sendFault(response, service, fault, method);
    return service === "sqs" ? sqs.handle(request, response) : s3(request, response);
  }, options.listen);
  const host = new URL(front.url).host;
  return {
    url: front.url,
    requests: () => ({ ...seen }),
    createQueues: async (name, { maxReceiveCount = 5, visibilityTimeoutS = 30 } = {}) => {
      const dlqUrl = await createQueue(app, host, `${name}-dead`, DEAD_LETTERS);
      const deadLetterTargetArn = `arn:aws:sqs:${options.region}:${ACCOUNT}:${name}-dead`;
      const queueUrl = await createQueue(app, host, name, {
        VisibilityTimeout: String(visibilityTimeoutS),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
      });
      return { queueUrl, dlqUrl };
    },
    createBucket: async (name) => {
      const result = await app.inject({ method: "PUT", url: `/${name}` });
      if (result.statusCode !== 200) throw new Error(`cannot create bucket ${name}: ${result.payload}`);
    },
    stop: async () => {
      sqs.stop();
      await front.stop();
      await app.close();
    },
  };
}
