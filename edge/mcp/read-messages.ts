import { Problem } from "#core/domain/problem.ts";
import { isNotJson, parseJson, readBody } from "../http/body.ts";
import type { EdgeRequest } from "../http/context.ts";
import { NO_QUERY } from "../http/query.ts";
import { revisionOf } from "./era.ts";
import { envelope, type Envelope, RPC, RpcError } from "./protocol.ts";
import { featuresOf } from "./revisions.ts";

export const MAX_BATCH = 20;

/** What a POST holds: one message, or the messages of a batch. */
export type Received = { readonly message: Envelope } | { readonly batch: readonly Envelope[] };

/** Throws the protocol's error for anything else. All messages of a batch must be valid, or it is refused whole. */
export async function readMessages(c: EdgeRequest): Promise<Received> {
  checkQuery(c);
  const value = parsed(await readBody(c.req.raw));
  if (!Array.isArray(value)) return { message: messageOf(value, "The body") };
  const revision = revisionOf(c.req.raw.headers);
  if (!featuresOf(revision).batches)
    throw invalid(`There are no batches in the revision ${revision}: send one message at a time.`);
  if (value.length === 0) throw invalid("The batch is empty.");
  if (value.length > MAX_BATCH)
    throw invalid(`A batch holds at most ${MAX_BATCH} messages; this one has ${value.length}.`);
  const batch = value.map((each, at) => messageOf(each, `Message ${at + 1} of the batch`));
  if (batch.some(({ method }) => method === "initialize"))
    throw invalid("A batch cannot hold `initialize`: send it alone, first.");
  return { batch };
}

function messageOf(value: unknown, what: string): Envelope {
  const message = envelope.safeParse(value);
  if (message.success) return message.data;
  const at = message.error.issues[0]?.path.join(".") ?? "";
  throw invalid(
    `${what} is not a JSON-RPC request or notification${at === "" ? "" : `: \`${at}\` is missing or invalid`}.`,
  );
}

function checkQuery(c: EdgeRequest): void {
  try {
    NO_QUERY.read(c);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw invalid(error.detail, { errors: error.extras.errors });
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { errors } = error.extras;
    const code = errors?.some(isNotJson) === true ? RPC.parse : RPC.invalid_request;
    throw new RpcError(code, error.detail, { errors });
  }
}

const invalid = (message: string, data?: unknown) => new RpcError(RPC.invalid_request, message, data);
