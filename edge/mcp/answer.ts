import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import { judgeInvalid } from "../admission/answer-invalid.ts";
import { validated } from "./arguments.ts";
import { problemOf, documentOf } from "./call-tool.ts";
import { type McpContext, knownCaller } from "./context.ts";
import { checkMethodHeader, checkNameHeader, eraOf, type Negotiated } from "./era.ts";
import { legacyMethods } from "./legacy.ts";
import { modernMethods } from "./modern.ts";
import { type Envelope, RPC, RpcError } from "./protocol.ts";
import type { Json } from "./tool.ts";

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

/** The reply to one message; undefined to a notification. Throws the protocol's errors, and problems of no tool. */
export async function answer(ctx: McpContext, message: Envelope, spoken: Negotiated): Promise<Json | undefined> {
  const { id, method, params } = message;
  const methods = spoken.features.era === "modern" ? modernMethods : legacyMethods(spoken.revision);
  const known = methods.get(method);
  if (id === undefined || known === undefined) {
    await knownCaller(ctx);
    if (id === undefined) return undefined;
    throw new RpcError(RPC.no_method, `Method not found: ${method}`);
  }
  return { jsonrpc: "2.0", id, result: await known(ctx, params, spoken) };
}

export const errorReply = (id: Envelope["id"], { code, detail: message, data }: RpcError): Json => ({
  jsonrpc: "2.0",
  ...(id !== undefined && { id }),
  error: { code, message, ...(data !== undefined && { data }) },
});

/**
 * One message after the other, each counted by the rates on its own. What one comes to, a lack of anything included, does
 * not keep the next from its answer; without a good key none is answered.
 */
export async function answerBatch(ctx: McpContext, batch: readonly Envelope[]): Promise<Response> {
  const replies: Json[] = [];
  for (const message of batch) {
    const reply = await answerOne(ctx, message);
    if (reply !== undefined) replies.push(reply);
  }
  return replies.length === 0 ? ctx.c.body(null, 202) : ctx.c.json(replies);
}

async function answerOne(ctx: McpContext, message: Envelope): Promise<Json | undefined> {
  // The rate of the message before says nothing of whether this one was counted.
  ctx.c.set("rate", undefined);
  try {
    return await answer(ctx, message, await negotiate(ctx, message));
  } catch (error) {
    const found = await errorOf(ctx, error);
    return message.id === undefined ? undefined : errorReply(message.id, found);
  }
}

/** The protocol's own error, or one whose data is the problem that the message alone would meet. */
async function errorOf(ctx: McpContext, error: unknown): Promise<RpcError> {
  if (!(error instanceof Problem || error instanceof Outage)) {
    const { deps, c } = ctx;
    deps.log.error("request failed", { error, trace_id: c.get("trace").trace_id, request_id: c.get("request_id") });
    return new RpcError(RPC.internal, "Internal error.");
  }
  const problem =
    error instanceof RpcError ? ((await judgeInvalid(ctx.deps, ctx.c, error)) ?? error) : problemOf(ctx, error);
  if (problem instanceof RpcError) return problem;
  if (problem.slug === "unauthorized") throw problem;
  return new RpcError(RPC.problem, problem.detail, documentOf(ctx.c, problem));
}
