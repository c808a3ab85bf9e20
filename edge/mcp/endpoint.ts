import { accepts } from "hono/accepts";
import { Problem } from "#core/domain/problem.ts";
import { keyRefusal } from "../admission/check-key-of-invalid.ts";
import { callerOf } from "../admission/authenticate.ts";
import { readValid } from "../admission/read-body.ts";
import { bodyDocument } from "../http/body.ts";
import type { EdgeRequest } from "../http/context.ts";
import type { Operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { refusalsOf } from "../http/refusals.ts";
import { RATE, RETRY_AFTER } from "../openapi/headers.ts";
import { handleMessage, handleBatch, type Asked, askedBy, errorReply, negotiate, noteError } from "./handle-message.ts";
import { contextOf, type McpContext } from "./context.ts";
import type { McpDeps } from "./deps.ts";
import type { Negotiated } from "./era.ts";
import { checkOrigin } from "./origin.ts";
import { RpcError, statusOf } from "./protocol.ts";
import { MAX_BATCH, readMessages } from "./read-messages.ts";
import { mcpResponse, mcpError } from "./schemas.ts";
import type { Json } from "./tool.ts";

const JSON_TYPE = "application/json";

const header = (description: string, example: string): Parameter => ({
  parse: (value) => value,
  document: { required: false, description, schema: { type: "string" }, example },
});

/**
 * A message of the Model Context Protocol, answered without a session. Not made by `operation`: S0 begins with the
 * origin, and what is invalid is a JSON-RPC error.
 */
export const mcp: Operation<McpDeps> = {
  id: "mcp",
  method: "POST",
  path: "/mcp",
  scope: "any",
  tag: "mcp",
  summary: "Speak the Model Context Protocol",
  description: `A JSON-RPC message of the revision 2026-07-28 (stateless, with the tasks extension), or of 2025-11-25 (with tasks), 2025-06-18, 2025-03-26 or 2024-11-05 (after \`initialize\`, without a session), answered as plain JSON. The revisions 2025-03-26 and 2024-11-05 also take a batch, an array of up to ${MAX_BATCH} messages, each of which counts against the rates as if it were sent alone. Its tools are the operations that buy work, under the same key, rate, budget and problems; a run is a task of the same id. A tool's refusal is a result with \`isError\` whose text is the problem document.`,
  headers: {
    "MCP-Protocol-Version": header(
      "The revision. Without it a request is of 2025-03-26, unless it is an `initialize`.",
      "2026-07-28",
    ),
    "Mcp-Method": header("Required in 2026-07-28: the method again.", "tools/call"),
    "Mcp-Name": header("Required in 2026-07-28: the tool's name, or the task's id, again.", "get_budget"),
  },
  body: { document: bodyDocument("McpRequest") },
  responses: {
    200: {
      description: "The result; before 2026-07-28 an error of the protocol too.",
      schema: mcpResponse,
      headers: { ...RATE, ...RETRY_AFTER },
    },
    202: { description: "The notification was accepted." },
    400: { description: "Invalid message, headers or params.", schema: mcpError },
    404: { description: "Unknown method.", schema: mcpError },
  },
  problems: ["origin-not-allowed", "not-acceptable", "read-only"],
  handler: (deps) => async (c) => {
    checkOrigin(deps, c);
    const ctx = contextOf(c, deps, callerOf(c));
    checkAccept(c);
    const seen: Seen = {};
    try {
      return await respond(ctx, seen);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const refused = await keyRefusal(deps, c, error);
      if (refused !== undefined) throw refused;
      const status = statusOf(error.code, seen.spoken?.features.era);
      c.set("problem", error.slug);
      const tool = seen.asked?.tool ?? null;
      if (status === 200 && refusalsOf(c).length === 0)
        noteError(ctx, { slug: error.slug, tool, rpc_code: error.code });
      return c.json(errorReply(seen.asked?.id, error), status);
    }
  },
};

/** What is known of a message when it is refused. */
interface Seen {
  asked?: Asked;
  spoken?: Negotiated;
}

async function respond(ctx: McpContext, seen: Seen): Promise<Response> {
  const received = await readValid(ctx.deps, ctx.caller, () => readMessages(ctx.c), "any");
  if ("batch" in received) return handleBatch(ctx, received.batch);
  seen.asked = askedBy(received.message);
  seen.spoken = await negotiate(ctx, received.message);
  return responseOf(ctx, handleMessage(ctx, received.message, seen.spoken));
}

async function responseOf({ c }: McpContext, coming: Promise<Json | undefined>): Promise<Response> {
  const reply = await coming;
  return reply === undefined ? c.body(null, 202) : c.json(reply);
}

/** Every answer is plain JSON, which every revision lets the server choose. */
function checkAccept(c: EdgeRequest): void {
  const taken = accepts(c, { header: "Accept", supports: [JSON_TYPE], default: "", match: wanted });
  if (c.req.header("Accept") !== undefined && taken === "") throw new Problem("not-acceptable");
}

function wanted(accept: readonly { readonly type: string; readonly q: number }[]): string {
  const takes = accept.some(({ type, q }) => q > 0 && [JSON_TYPE, "application/*", "*/*"].includes(type.toLowerCase()));
  return takes ? JSON_TYPE : "";
}
