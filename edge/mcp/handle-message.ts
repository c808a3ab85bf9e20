import { Outage } from "#core/domain/outage.ts";
import { Problem, type ProblemSlug } from "#core/domain/problem.ts";
import { keyRefusal } from "../admission/check-key-of-invalid.ts";
import { type Refusal, refusalsOf } from "../http/refusals.ts";
import { validated } from "./arguments.ts";
import { problemOf, documentOf } from "./call-tool.ts";
import { type McpContext, knownCaller } from "./context.ts";
import { checkMethodHeader, checkNameHeader, eraOf, type Negotiated } from "./era.ts";
import { legacyMethods } from "./legacy.ts";
import { modernMethods } from "./modern.ts";
import { type Envelope, RPC, RpcError } from "./protocol.ts";
import type { Json } from "./tool.ts";
import { tools } from "./tools.ts";

/** The revision, once headers and body agree. */
export const negotiate = (ctx: McpContext, message: Envelope): Promise<Negotiated> =>
  validated(ctx, () => {
    const { headers } = ctx.c.req.raw;
    const spoken = eraOf(message, headers);
    if (spoken.features.era === "modern" && message.id !== undefined) {
      checkMethodHeader(message, headers);
      checkNameHeader(message, headers);
    }
    return spoken;
  });

/**
 * The reply to one message; undefined to a notification. Throws the protocol's errors, and problems of no tool. A message may
 * be large, and its answer waited for: whatever holds it has ended by then, here and in all that it is given to.
 */
export async function handleMessage(ctx: McpContext, message: Envelope, spoken: Negotiated): Promise<Json | undefined> {
  const { id, method, params } = message;
  const methods = spoken.features.era === "modern" ? modernMethods : legacyMethods(spoken.revision);
  const known = methods.get(method);
  if (id === undefined || known === undefined) {
    await knownCaller(ctx);
    if (id === undefined) return undefined;
    throw new RpcError(RPC.no_method, `Method not found: ${method}`);
  }
  return replyTo(id, known(ctx, params, spoken));
}

const replyTo = async (id: Envelope["id"], result: Promise<Json>): Promise<Json> => ({
  jsonrpc: "2.0",
  id,
  result: await result,
});

export const errorReply = (id: Envelope["id"], { code, detail: message, data }: RpcError): Json => ({
  jsonrpc: "2.0",
  ...(id !== undefined && { id }),
  error: { code, message, ...(data !== undefined && { data }) },
});

/** What is known of a message once it is given away: enough for a reply that refuses it, and the log's line about that. */
export interface Asked {
  readonly id: Envelope["id"];
  readonly tool: string | null;
}

export function askedBy({ id, method, params }: Envelope): Asked {
  const { name } = params;
  return { id, tool: method === "tools/call" && typeof name === "string" && tools.has(name) ? name : null };
}

/**
 * One message after the other, each counted by the rates on its own. What one comes to, a lack of anything included, does
 * not keep the next from its answer; without a good key none is answered.
 */
export async function handleBatch(ctx: McpContext, batch: readonly Envelope[]): Promise<Response> {
  return repliesTo(ctx, takeFrom(ctx, [...batch]));
}

/** Gives one message of the batch after the other away, so that only those that are still to come are kept. */
const takeFrom = (ctx: McpContext, left: Envelope[]) => (): Promise<Json | undefined> | undefined => {
  const message = left.shift();
  if (message === undefined) return undefined;
  // The rate of the message before says nothing of whether this one was counted.
  ctx.c.set("rate", undefined);
  return handleOne(ctx, askedBy(message), negotiateAndHandle(ctx, message));
};

async function repliesTo(ctx: McpContext, next: ReturnType<typeof takeFrom>): Promise<Response> {
  const replies: Json[] = [];
  for (let coming = next(); coming !== undefined; coming = next()) {
    const reply = await coming;
    if (reply !== undefined) replies.push(reply);
  }
  return replies.length === 0 ? ctx.c.body(null, 202) : ctx.c.json(replies);
}

const negotiateAndHandle = async (ctx: McpContext, message: Envelope): Promise<Json | undefined> =>
  handleMessage(ctx, message, await negotiate(ctx, message));

async function handleOne(ctx: McpContext, asked: Asked, reply: Promise<Json | undefined>): Promise<Json | undefined> {
  const noted = refusalsOf(ctx.c).length;
  try {
    return await reply;
  } catch (error) {
    const { error: found, slug } = await errorOf(ctx, error);
    // What a tool refuses is noted where it does.
    if (refusalsOf(ctx.c).length === noted) noteError(ctx, { slug, tool: asked.tool, rpc_code: found.code });
    return asked.id === undefined ? undefined : errorReply(asked.id, found);
  }
}

/** For the log, of an error that the status of the response does not show. */
export const noteError = ({ c }: McpContext, refusal: Refusal): void => void refusalsOf(c).push(refusal);

interface Found {
  readonly error: RpcError;
  readonly slug: ProblemSlug;
}

/** The protocol's own error, or one whose data is the problem that the message alone would meet. */
async function errorOf(ctx: McpContext, error: unknown): Promise<Found> {
  if (!(error instanceof Problem || error instanceof Outage)) {
    const { deps, c } = ctx;
    deps.log.error("request failed", { error, trace_id: c.get("trace").trace_id, request_id: c.get("request_id") });
    return { error: new RpcError(RPC.internal, "Internal error."), slug: "internal" };
  }
  const problem =
    error instanceof RpcError ? ((await keyRefusal(ctx.deps, ctx.c, error)) ?? error) : problemOf(ctx, error);
  const { slug } = problem;
  if (problem instanceof RpcError) return { error: problem, slug };
  if (slug === "unauthorized") throw problem;
  return { error: new RpcError(RPC.problem, problem.detail, documentOf(ctx.c, problem)), slug };
}
