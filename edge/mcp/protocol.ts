import { z } from "zod";
import type { ProblemSlug } from "#core/domain/problem.ts";
import { Problem } from "#core/domain/problem.ts";
import { bodyProblem } from "../http/field-errors.ts";
import type { Era } from "./revisions.ts";

export const TASKS = "io.modelcontextprotocol/tasks";
export const META = {
  version: "io.modelcontextprotocol/protocolVersion",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
  client: "io.modelcontextprotocol/clientInfo",
  server: "io.modelcontextprotocol/serverInfo",
  related_task: "io.modelcontextprotocol/related-task",
} as const;

/** JSON-RPC 2.0, and what the revision of 2026-07-28 adds to it. */
export const RPC = {
  problem: -32_000,
  parse: -32_700,
  invalid_request: -32_600,
  no_method: -32_601,
  invalid_params: -32_602,
  internal: -32_603,
  header_mismatch: -32_020,
  capability_missing: -32_021,
  version: -32_022,
} as const;
type RpcCode = (typeof RPC)[keyof typeof RPC];

/** What the protocol answers with an error of its own, instead of a problem document. */
export class RpcError extends Problem {
  readonly code: RpcCode;
  readonly data: unknown;

  constructor(code: RpcCode, message: string, data?: unknown) {
    super("invalid-request" satisfies ProblemSlug, message);
    this.code = code;
    this.data = data;
  }
}

const LEGACY_REFUSED = new Set<RpcCode>([RPC.parse, RPC.invalid_request, RPC.header_mismatch, RPC.version]);

/** The HTTP status that an error comes with. Before 2026-07-28 an error in answer to a sound request is a 200. */
export function statusOf(code: RpcCode, era: Era | undefined): 200 | 400 | 404 | 500 {
  if (era === "legacy" && !LEGACY_REFUSED.has(code)) return 200;
  if (code === RPC.no_method) return 404;
  return code === RPC.internal ? 500 : 400;
}

const requestId = z.union([z.string().max(256), z.int()]);

const params = z.record(z.string(), z.unknown());
export type Params = z.infer<typeof params>;

/** A request or, without `id`, a notification. Answers are not among them: nothing is ever asked of a client. */
export const envelope = z.object({
  jsonrpc: z.literal("2.0"),
  id: requestId.optional(),
  method: z.string().min(1).max(128),
  params: params.default({}),
});
export type Envelope = z.output<typeof envelope>;

const implementation = z.looseObject({ name: z.string(), version: z.string() });
const capabilities = z.looseObject({ extensions: z.record(z.string(), z.unknown()).optional() });
export type Capabilities = z.output<typeof capabilities>;

/** `_meta` of a request of 2026-07-28. */
export const requestMeta = z.looseObject({
  [META.version]: z.string().max(64),
  [META.capabilities]: capabilities,
  [META.client]: implementation.optional(),
});

export const initializeParams = z.looseObject({
  protocolVersion: z.string().max(64),
  capabilities,
  clientInfo: implementation,
});

export const callParams = z.looseObject({
  name: z.string().min(1).max(128),
  arguments: params.default({}),
});
/** In 2025-11-25 the client asks for a task; how long it is kept, the server decides. */
export const legacyCallParams = callParams.extend({ task: z.looseObject({}).optional() });

export const listParams = z.looseObject({ cursor: z.string().optional() });
export const taskParams = z.looseObject({ taskId: z.string().min(1).max(256) });
export const updateParams = taskParams.extend({ inputResponses: z.record(z.string(), z.unknown()) });

/** The params of a method. Throws the error for invalid ones. */
export function paramsOf<T>(schema: z.ZodType<T>, given: Params): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { errors = [] } = bodyProblem(parsed.error).extras;
  const [first] = errors;
  const where = first !== undefined && "pointer" in first ? `params${first.pointer ?? ""}` : "params";
  throw new RpcError(RPC.invalid_params, `Invalid params: ${where}: ${first?.detail ?? "is wrong"}.`, { errors });
}
