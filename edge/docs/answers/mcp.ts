import { z } from "zod";

const id = z.union([z.string(), z.int()]);
const members = z.record(z.string(), z.unknown());

export const mcpMessage = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: id.optional().describe("Absent in a notification."),
  method: z.string().min(1).max(128).describe("`server/discover`, `tools/list`, `tools/call`, `tasks/get` ..."),
  params: members.optional(),
});

const mcpResult = z.strictObject({ jsonrpc: z.literal("2.0"), id, result: members });

export const mcpError = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: id.optional().describe("Absent where the request's could not be read."),
  error: z.strictObject({ code: z.int(), message: z.string(), data: z.unknown().optional() }),
});

export const mcpAnswer = z.union([mcpResult, mcpError]);
