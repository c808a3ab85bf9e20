import { z } from "zod";
import { expect } from "vitest";
import { type ApiResponse, bearer, call, newIdempotencyKey, work } from "./client.ts";

export const MODERN = "2026-07-28";
export const LEGACY = "2025-11-25";
const TASKS = "io.modelcontextprotocol/tasks";
export const eras = [MODERN, LEGACY] as const;
export const revisions = [MODERN, LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"] as const;
export type Revision = (typeof revisions)[number];
/** Whether a revision has titles, output schemas, structured content and resource links. */
export const isStructured = (revision: Revision): boolean => revision >= "2025-06-18";

type Members = Readonly<Record<string, unknown>>;

export interface Message {
  readonly method: string;
  readonly params?: Members;
  readonly id?: string | number | null;
  readonly revision?: Revision;
  /** Says that the client can follow tasks (2026-07-28). */
  readonly tasks?: boolean;
  readonly headers?: Record<string, string | undefined>;
}

const rpc = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.int()]).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.strictObject({ code: z.int(), message: z.string().min(1), data: z.unknown().optional() }).optional(),
});

const toolResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).min(1),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean(),
});

const metaOf = (tasks: boolean): Members => ({
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": tasks ? { extensions: { [TASKS]: {} } } : {},
});

/** The body and the headers of one message, as a client of its revision sends it. */
export function framed({ method, params, id = 1, revision = MODERN, tasks = false, headers = {} }: Message) {
  const modern = revision === MODERN;
  const name = params?.["name"] ?? params?.["taskId"];
  const sent = modern ? { ...params, _meta: metaOf(tasks) } : params;
  const given: Record<string, string | undefined> = {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": revision,
    ...(modern && { "Mcp-Method": method }),
    ...(modern && typeof name === "string" && { "Mcp-Name": name }),
    ...headers,
  };
  return {
    headers: Object.fromEntries(
      Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    body: { jsonrpc: "2.0", ...(id !== null && { id }), method, ...(sent !== undefined && { params: sent }) },
  };
}

/** Sends a body as it stands. */
export const sendRaw = (
  url: string,
  api_key: string,
  body: string,
  headers: Record<string, string>,
): Promise<ApiResponse> => call(`${url}/mcp`, { method: "POST", headers: { ...headers, ...bearer(api_key) }, body });

export function send(url: string, api_key: string, message: Message): Promise<ApiResponse> {
  const { headers, body } = framed(message);
  return sendRaw(url, api_key, JSON.stringify(body), headers);
}

/** Sends several messages of one revision as a batch. */
export function sendBatch(url: string, api_key: string, messages: readonly Message[], revision?: Revision) {
  const bodies = messages.map((message) => framed({ ...message, revision: revision ?? LEGACY }).body);
  const { headers } = framed({ method: "", ...(revision !== undefined && { revision }) });
  if (revision === undefined) delete headers["MCP-Protocol-Version"];
  return sendRaw(url, api_key, JSON.stringify(bodies), headers);
}

/** The result of a request, which is no error. */
export function resultOf(answer: ApiResponse): Members {
  expect([answer.status, answer.headers.get("content-type")], answer.text).toEqual([200, "application/json"]);
  const { error, result } = rpc.parse(answer.body);
  expect(error).toBeUndefined();
  return result ?? {};
}

/** The protocol's own error, with this code and status. */
export function errorOf(answer: ApiResponse, status: number, code: number) {
  expect(answer.status, answer.text).toBe(status);
  const { error, id } = rpc.parse(answer.body);
  expect(error?.code).toBe(code);
  return { id, message: error?.message ?? "", data: error?.data };
}

export async function tool(
  { url, api_key, revision = MODERN }: { url: string; api_key: string; revision?: Revision },
  name: string,
  given: Members = {},
) {
  const answer = await send(url, api_key, { method: "tools/call", params: { name, arguments: given }, revision });
  return { answer, revision, ...toolResult.parse(resultOf(answer)) };
}

type Called = Awaited<ReturnType<typeof tool>>;

/** What the tool found. Its text says it, and its structure, in a revision that has one, the same. */
export function found(called: Called): Members {
  expect(called.isError, called.answer.text).toBe(false);
  return said(called);
}

/** The same of a call that may have failed. */
export function said({ content, structuredContent, revision }: Called): Members {
  const text = JSON.parse(content[0]?.text ?? "") as Members;
  expect(structuredContent).toEqual(isStructured(revision) ? text : undefined);
  return text;
}

/** The problem document in a tool's refusal. */
export function refused(called: Called): Members {
  expect([called.isError, called.structuredContent], called.answer.text).toEqual([true, undefined]);
  return JSON.parse(called.content[0]?.text ?? "") as Members;
}

export const order = (change: Members = {}): Members => ({
  ...work(),
  idempotency_key: newIdempotencyKey(),
  ...change,
});
