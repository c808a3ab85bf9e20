import { z } from "zod";
import { publishSchema } from "../openapi/publish.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { readValid } from "../admission/read-body.ts";
import type { McpContext } from "./context.ts";
import type { Json } from "./tool.ts";

/** S0 of a tool: its arguments. Throws the 400 problem for invalid ones; pointers lead into the arguments. */
export function parseArguments<T>(ctx: McpContext, schema: z.ZodType<T>, given: Json): Promise<T> {
  return validated(ctx, () => {
    const parsed = schema.safeParse(given);
    if (!parsed.success) throw bodyProblem(parsed.error);
    return parsed.data;
  });
}

/** A caller that sends mostly invalid messages is refused before any of it is read. */
export function validated<T>({ deps, caller }: McpContext, readIt: () => T): Promise<T> {
  return readValid(deps, caller, () => Promise.resolve().then(readIt), "any");
}

/** The JSON Schema of what a schema takes, or of what it gives. */
export const jsonSchema = (schema: z.ZodType, io: "input" | "output"): Json => publishSchema(schema, io);

export const runIdArgument = z.strictObject({
  run_id: z.uuid().describe("The run's id, as submit_run gave it."),
});
