import { Outage } from "#core/domain/outage.ts";
import { Problem } from "#core/domain/problem.ts";
import { judgeInvalid } from "../admission/answer-invalid.ts";
import { problemDocument } from "../http/problem-response.ts";
import { unavailable } from "../admission/problems.ts";
import type { McpContext } from "./context.ts";
import { RpcError } from "./protocol.ts";
import type { Json, Tool, ToolAnswer } from "./tool.ts";

/** What a tool's call came to: an answer, or in its place the problem that the same request meets over HTTP. */
export type Called = { readonly answer: ToolAnswer } | { readonly problem: Problem };

export async function callTool(ctx: McpContext, tool: Tool, given: Json): Promise<Called> {
  try {
    return { answer: await tool.call(ctx, given) };
  } catch (error) {
    const found = problemOf(ctx, error);
    const problem = (await judgeInvalid(ctx.deps, ctx.c, found)) ?? found;
    if (problem.slug === "unauthorized") throw problem;
    ctx.deps.metrics.count("tool_refused", { tool: tool.name, slug: problem.slug });
    return { problem };
  }
}

/** Without a good key nothing is answered at all; the protocol's own errors and our faults are not the tool's. */
function problemOf({ c, deps }: McpContext, error: unknown): Problem {
  if (error instanceof Outage) {
    deps.log.error("request failed", { error, trace_id: c.get("trace").trace_id, request_id: c.get("request_id") });
    return unavailable();
  }
  if (error instanceof Problem && !(error instanceof RpcError) && error.slug !== "unauthorized") return error;
  throw error;
}

/** A CallToolResult. A problem has no structure: what a tool's output schema promises is its answers. */
export function resultOf({ c }: McpContext, called: Called): Json {
  if ("answer" in called) {
    const { structure, links = [], failed = false } = called.answer;
    return { content: [textOf(structure), ...links], structuredContent: structure, isError: failed };
  }
  const { problem } = called;
  const { retry_after_s } = problem.extras;
  if (retry_after_s !== undefined) c.header("Retry-After", String(retry_after_s));
  const document = { ...problemDocument(c, problem), ...(retry_after_s !== undefined && { retry_after_s }) };
  return { content: [textOf(document)], isError: true };
}

const textOf = (value: unknown) => ({ type: "text", text: JSON.stringify(value) });
