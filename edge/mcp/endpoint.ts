import { accepts } from "hono/accepts";
import { Problem } from "#core/domain/problem.ts";
import { callerOf } from "../admission/authenticate.ts";
import { parseJson, readBody } from "../http/body.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import { readValid } from "../admission/read-body.ts";
import { fitting } from "./arguments.ts";
import { type McpContext, knownCaller } from "./context.ts";
import type { McpDeps } from "./deps.ts";
import { checkMethodHeader, checkNameHeader, eraOf, type Spoken } from "./era.ts";
import { answerLegacy, knowsLegacy } from "./legacy.ts";
import { answerModern, knowsModern } from "./modern.ts";
import { checkOrigin } from "./origin.ts";
import { envelope, type Envelope, type Era, RPC, RpcError, statusOf } from "./protocol.ts";
import { judgeInvalid } from "../admission/answer-invalid.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";

const JSON_TYPE = "application/json";

/** `POST /mcp`: one message of the Model Context Protocol, answered from itself alone. */
export function mcp(deps: McpDeps): EdgeHandler {
  return async (c) => {
    checkOrigin(deps, c);
    const ctx = { c, deps, caller: callerOf(c) };
    checkAccept(c);
    let received: Envelope | undefined;
    let spoken: Spoken | undefined;
    try {
      checkQuery(c);
      const message = await readValid(deps, ctx.caller, () => readMessage(c), "any");
      received = message;
      const negotiated = await fitting(ctx, () => negotiate(c, message));
      spoken = negotiated;
      return await answer(ctx, message, negotiated);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const refused = await judgeInvalid(deps, c, error);
      if (refused !== undefined) throw refused;
      return refusal(c, error, { id: received?.id, era: spoken?.era });
    }
  };
}

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
    readQuery(c, NO_QUERY);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new RpcError(RPC.invalid_request, error.detail, { errors: error.extras.errors });
  }
}

async function readMessage(c: EdgeRequest): Promise<Envelope> {
  const bytes = await readBody(c.req.raw);
  const value = parsed(bytes);
  if (Array.isArray(value)) throw new RpcError(RPC.invalid_request, "One message at a time: there are no batches.");
  const message = envelope.safeParse(value);
  if (message.success) return message.data;
  const at = message.error.issues[0]?.path.join(".") ?? "";
  throw new RpcError(RPC.invalid_request, `The body is no JSON-RPC request or notification: see "${at}".`);
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
function negotiate(c: EdgeRequest, message: Envelope): Spoken {
  const spoken = eraOf(message, c.req.raw.headers);
  if (message.id === undefined) return spoken;
  if (spoken.era === "modern") {
    checkMethodHeader(message, c.req.raw.headers);
    checkNameHeader(message, c.req.raw.headers);
  }
  return spoken;
}

async function answer(ctx: McpContext, message: Envelope, spoken: Spoken): Promise<Response> {
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
