import { z } from "zod";
import type { budgetView } from "../ledger/schemas.ts";
import { MAX_BATCH } from "./read-messages.ts";

const jsonrpc = z.literal("2.0").describe("The version of JSON-RPC.");
const id = z.union([z.string(), z.int()]).meta({ description: "The request's own.", examples: [1] });
const members = z.record(z.string(), z.unknown());

const mcpMessage = z
  .looseObject({
    jsonrpc,
    id: id.optional().describe("Comes back with the answer. Absent in a notification."),
    method: z
      .string()
      .min(1)
      .max(128)
      .meta({
        description: "`server/discover`, `tools/list`, `tools/call`, `tasks/get` ...",
        examples: ["tools/call"],
      }),
    params: members.optional().describe("What the method takes."),
  })
  .meta({
    examples: [
      {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "get_budget",
          arguments: {},
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      },
    ],
  });

const budget: z.input<typeof budgetView> = {
  granted_usd: "100.0000",
  charged_usd: "12.5000",
  reserved_usd: "1.0000",
  available_usd: "86.5000",
  open_runs: 1,
  max_open_runs: 50,
  key: null,
};

const mcpResult = z.strictObject({
  jsonrpc,
  id,
  result: members.meta({
    description: "What the method gives.",
    examples: [
      {
        resultType: "complete",
        content: [{ type: "text", text: JSON.stringify(budget) }],
        structuredContent: budget,
        isError: false,
      },
    ],
  }),
});

export const mcpError = z.strictObject({
  jsonrpc,
  id: id.optional().describe("The request's own. Absent where that could not be read."),
  error: z
    .strictObject({
      code: z.int32().meta({ description: "A code of JSON-RPC or of the protocol.", examples: [-32_601] }),
      message: z.string().meta({ description: "What is wrong.", examples: ["Method not found"] }),
      data: z.unknown().optional().describe("More about it, such as every invalid field."),
    })
    .describe("Why there is no result."),
});

const mcpBatch = z.array(mcpMessage).min(1).max(MAX_BATCH).describe("A batch, of 2025-03-26 or 2024-11-05.");
const mcpReply = z.union([mcpResult, mcpError]);
const mcpReplies = z.array(mcpReply).describe("The replies to a batch: one for each of its requests, in their order.");

export const mcpResponse = z.union([mcpResult, mcpError, mcpReplies]);

/** By their names in the document. */
export const SCHEMAS = {
  McpRequest: z.union([mcpMessage, mcpBatch]),
  McpResponse: mcpResponse,
  McpError: mcpError,
};
