import { z } from "zod";
import { PROBLEMS } from "#core/domain/problem.ts";

export const problem = z.looseObject({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  trace_id: z.string(),
  errors: z
    .array(
      z.strictObject({
        detail: z.string(),
        pointer: z.string().optional().describe("RFC 6901 JSON Pointer into the body."),
        parameter: z.string().optional().describe("Name of a path or query parameter."),
        header: z.string().optional().describe("Name of a header."),
      }),
    )
    .optional(),
});

export const problemKind = z.strictObject({
  type: z.url(),
  slug: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]),
  title: z.string(),
  status: z.int(),
  meaning: z.string(),
  what_to_do: z.string(),
});

export const problemList = z.strictObject({ problems: z.array(problemKind) });
