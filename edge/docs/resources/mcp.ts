import { mcpAnswer, mcpError, mcpMessage } from "../../mcp/schemas.ts";
import { COMMON, headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import type { Json } from "../../openapi/json.ts";
import { type Resource, READ } from "../../openapi/describe.ts";
import { problems } from "../../openapi/problems.ts";

const text = (name: string, description: string, example: string): Json => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string" },
  example,
});

const error = (description: string, headers: Json = {}): Json => ({
  description,
  headers: { ...COMMON, ...headers },
  content: { "application/json": { schema: schemaRef("McpError") } },
});

const refusals = problems(
  "origin-not-allowed",
  "not-acceptable",
  "payload-too-large",
  "unsupported-media-type",
  "read-only",
  ...READ,
);

const post = {
  operationId: "mcp",
  "x-scope": "any",
  tags: ["mcp"],
  summary: "Speak the Model Context Protocol",
  description:
    "One JSON-RPC message of the revision 2026-07-28 (stateless, with the tasks extension) or 2025-11-25 (after `initialize`, without a session), answered as plain JSON. Its tools are the operations that buy work, under the same key, rate, budget and problems; a run is a task of the same id. A tool's refusal is a result with `isError` whose text is the problem document.",
  parameters: [
    text("MCP-Protocol-Version", "The revision; `initialize` alone may leave it out.", "2026-07-28"),
    text("Mcp-Method", "Of 2026-07-28: the method again.", "tools/call"),
    text("Mcp-Name", "Of 2026-07-28: the tool's name, or the task's id, again.", "get_budget"),
  ],
  requestBody: {
    required: true,
    content: { "application/json": { schema: schemaRef("McpMessage") } },
  },
  responses: {
    ...refusals,
    200: {
      description: "The result; of 2025-11-25 an error of the protocol too.",
      headers: { ...COMMON, ...RATE, "Retry-After": headerRef("RetryAfter") },
      content: { "application/json": { schema: schemaRef("McpAnswer") } },
    },
    202: { description: "A notification was taken.", headers: { ...COMMON, ...RATE } },
    400: error("The message, its headers or its params do not fit.", RATE),
    404: error("There is no such method.", RATE),
  },
};

export const mcp: Resource = {
  tag: { name: "mcp", description: "Buying work over the Model Context Protocol." },
  paths: { "/mcp": { post } },
  answers: { McpMessage: mcpMessage, McpAnswer: mcpAnswer, McpError: mcpError },
};
