import { accepts } from "hono/accepts";
import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { bodyDocument, parseJson, readBody } from "../http/body.ts";
import type { EdgeRequest } from "../http/context.ts";
import { readValid } from "../admission/read-body.ts";
import { validated } from "./arguments.ts";
import { contextOf, type McpContext, knownCaller } from "./context.ts";
import type { McpDeps } from "./deps.ts";
import { checkMethodHeader, checkNameHeader, eraOf, type Negotiated } from "./era.ts";
import { answerLegacy, knowsLegacy } from "./legacy.ts";
import { answerModern, knowsModern } from "./modern.ts";
import { checkOrigin } from "./origin.ts";
import { envelope, type Envelope, type Era, RPC, RpcError, statusOf } from "./protocol.ts";
import { judgeInvalid } from "../admission/answer-invalid.ts";
import type { Operation } from "../http/operation.ts";
import type { Parameter } from "../http/parameters.ts";
import { NO_QUERY } from "../http/query.ts";
import { RATE, RETRY_AFTER } from "../openapi/headers.ts";
import { mcpAnswer, mcpError } from "./schemas.ts";

const JSON_TYPE = "application/json";

const header = (description: string, example: string): Parameter => ({
  parse: (value) => value,
  document: { required: false, description, schema: { type: "string" }, example },
});

/**
 * One message of the Model Context Protocol, answered from itself alone. Not made by `operation`: S0 begins with the
 * origin, and what is invalid is a JSON-RPC error.
 */
export const mcp: Operation<McpDeps> = {
  id: "mcp",
  method: "POST",
  path: "/mcp",
  scope: "any",
  tag: "mcp",
  summary: "Speak the Model Context Protocol",
  description:
    "One JSON-RPC message of the revision 2026-07-28 (stateless, with the tasks extension) or 2025-11-25 (after `initialize`, without a session), answered as plain JSON. Its tools are the operations that buy work, under the same key, rate, budget and problems; a run is a task of the same id. A tool's refusal is a result with `isError` whose text is the problem document.",
  headers: {
    "MCP-Protocol-Version": header("The revision; `initialize` alone may leave it out.", "2026-07-28"),
    "Mcp-Method": header("Of 2026-07-28: the method again.", "tools/call"),
    "Mcp-Name": header("Of 2026-07-28: the tool's name, or the task's id, again.", "get_budget"),
  },
  body: { document: bodyDocument("McpMessage") },
  responses: {
    200: {
      description: "The result; of 2025-11-25 an error of the protocol too.",
      schema: mcpAnswer,
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
    let received: Envelope | undefined;
    let spoken: Negotiated | undefined;
    try {
      checkQuery(c);
      const message = await readValid(deps, ctx.caller, () => readMessage(c), "any");
      received = message;
      const negotiated = await validated(ctx, () => negotiate(c, message));
      spoken = negotiated;
      return await answer(ctx, message, negotiated);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const refused = await judgeInvalid(deps, c, error);
      if (refused !== undefined) throw refused;
      return refusal(c, error, { id: received?.id, era: spoken?.era });
    }
  },
};

/** Every answer is plain JSON, which both revisions let the server choose. */
function checkAccept(c: EdgeRequest): void {
  const taken = accepts(c, { header: "Accept", supports: [JSON_TYPE], default: "", match: wanted });
  if (c.req.header("Accept") !== undefined && taken === "") throw new Problem("not-acceptable");
}

function wanted(accept: readonly { readonly type: string; readonly q: number }[]): string {
  const takes = accept.some(({ type, q }) => q > 0 && [JSON_TYPE, "application/*", "*/*"].includes(type.toLowerCase()));
  return takes ? JSON_TYPE : "";
}

function checkQuery(c: EdgeRequest): void {
  try {
    NO_QUERY.read(c);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new RpcError(RPC.invalid_request, error.detail, { errors: error.extras.errors });
  }
}

async function readMessage(c: EdgeRequest): Promise<Envelope> {
  const bytes = await readBody(c.req.raw);
  const value = parsed(bytes);
  if (Array.isArray(value))
    throw new RpcError(RPC.invalid_request, "Batches are not supported: send one message at a time.");
  const message = envelope.safeParse(value);
  if (message.success) return message.data;
  const at = message.error.issues[0]?.path.join(".") ?? "";
  throw new RpcError(RPC.invalid_request, `The body is not a JSON-RPC request or notification: see "${at}".`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { errors } = error.extras;
    const code =
      errors?.some(({ detail }) => detail === "is not JSON in UTF-8") === true ? RPC.parse : RPC.invalid_request;
    throw new RpcError(code, error.detail, { errors });
  }
}

/** The revision, once headers and body are at one and the method is known in it. */
function negotiate(c: EdgeRequest, message: Envelope): Negotiated {
  const spoken = eraOf(message, c.req.raw.headers);
  if (message.id === undefined) return spoken;
  if (spoken.era === "modern") {
    checkMethodHeader(message, c.req.raw.headers);
    checkNameHeader(message, c.req.raw.headers);
  }
  return spoken;
}

async function answer(ctx: McpContext, message: Envelope, spoken: Negotiated): Promise<Response> {
  const { c } = ctx;
  const { id, method, params } = message;
  const known = spoken.era === "modern" ? knowsModern(method) : knowsLegacy(method);
  if (id === undefined || !known) {
    await knownCaller(ctx);
    if (id === undefined) return c.body(null, 202);
    throw new RpcError(RPC.no_method, "Method not found");
  }
  const result =
    spoken.era === "modern"
      ? await answerModern(ctx, method, { params, capabilities: spoken.capabilities })
      : await answerLegacy(ctx, method, params);
  return c.json({ jsonrpc: "2.0", id, result });
}

function refusal(
  c: EdgeRequest,
  error: RpcError,
  { id, era }: { readonly id: Envelope["id"]; readonly era: Era | undefined },
): Response {
  const { code, detail: message, data } = error;
  c.set("problem", error.slug);
  const body = {
    jsonrpc: "2.0",
    ...(id !== undefined && { id }),
    error: { code, message, ...(data !== undefined && { data }) },
  };
  return c.json(body, statusOf(code, era));
}
