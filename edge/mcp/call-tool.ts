import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import { keyRefusal } from "../admission/check-key-of-invalid.ts";
import type { EdgeRequest } from "../http/context.ts";
import { problemDocument } from "../http/problem-response.ts";
import { refusalsOf } from "../http/refusals.ts";
import { unavailable } from "../admission/problems.ts";
import type { McpContext } from "./context.ts";
import { RpcError } from "./protocol.ts";
import type { Features } from "./revisions.ts";
import type { Json, ToolResult } from "./tool.ts";

/** What a tool's call came to: a result, or in its place the problem that the same request meets over HTTP. */
export type Called = { readonly result: ToolResult } | { readonly problem: Problem };

/** `result`: what the tool's call gives, in the place of its arguments, which nothing is to hold while it is waited for. */
export async function callTool(ctx: McpContext, tool: string, result: Promise<ToolResult>): Promise<Called> {
  try {
    return { result: await result };
  } catch (error) {
    if (error instanceof RpcError) throw error;
    const found = problemOf(ctx, error);
    const problem = (await keyRefusal(ctx.deps, ctx.c, found)) ?? found;
    if (problem.slug === "unauthorized") throw problem;
    ctx.deps.metrics.count("tool_refused", { tool, slug: problem.slug });
    refusalsOf(ctx.c).push({ slug: problem.slug, tool });
    return { problem };
  }
}

/** What a caller learns of an error; a bug of ours is thrown on. */
export function problemOf({ c, deps }: McpContext, error: unknown): Problem {
  if (error instanceof Outage) {
    deps.log.error("request failed", { error, trace_id: c.get("trace").trace_id, request_id: c.get("request_id") });
    return unavailable();
  }
  if (error instanceof Problem) return error;
  throw error;
}

export const asResult = async (result: Promise<ToolResult>): Promise<Called> => ({ result: await result });

/** A CallToolResult. A problem has no structure: what a tool's output schema promises is its results. */
export async function resultOf(
  { c }: McpContext,
  { structure: structured }: Features,
  coming: Promise<Called>,
): Promise<Json> {
  const called = await coming;
  if ("result" in called) {
    const { structure, links = [], failed = false } = called.result;
    // Its text says where the result is, too.
    if (!structured) return { content: [textOf(structure)], isError: failed };
    return { content: [textOf(structure), ...links], structuredContent: structure, isError: failed };
  }
  const { problem } = called;
  const { retry_after_s } = problem.extras;
  if (retry_after_s !== undefined) c.header("Retry-After", String(retry_after_s));
  return { content: [textOf(documentOf(c, problem))], isError: true };
}

/** A tool's result has no header of its own to say when to try again. */
export const documentOf = (c: EdgeRequest, problem: Problem): Json => {
  const { retry_after_s } = problem.extras;
  return { ...problemDocument(c, problem), ...(retry_after_s !== undefined && { retry_after_s }) };
};

const textOf = (value: unknown) => ({ type: "text", text: JSON.stringify(value) });
