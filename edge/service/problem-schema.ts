import { z } from "zod";
import { PROBLEMS, problemType } from "#core/domain/problem.ts";

const fieldError = z.strictObject({
  detail: z.string().meta({ description: "What is wrong there.", examples: ["is required"] }),
  pointer: z
    .string()
    .optional()
    .meta({ description: "RFC 6901 JSON Pointer into the body.", examples: ["/max_cost_usd"] }),
  parameter: z
    .string()
    .optional()
    .meta({ description: "Name of a path or query parameter.", examples: ["include"] }),
  header: z
    .string()
    .optional()
    .meta({ description: "Name of a header.", examples: ["Idempotency-Key"] }),
});

const type = z.url().meta({
  description:
    "The kind of problem: the address of the page that says what it means and what to do. The same for every request, at the deployment's own origin.",
  examples: [problemType("not-found")],
});
const code = z
  .enum(Object.keys(PROBLEMS) as [string, ...string[]])
  .meta({ description: "The kind, for programs: the last part of `type`.", examples: ["not-found"] });
const title = z.string().meta({ description: "The kind in words.", examples: ["Not found"] });
const status = z
  .int()
  .min(100)
  .max(599)
  .meta({ description: "The status of the answer.", examples: [404] });

export const problem = z
  .looseObject({
    type,
    code,
    title,
    status,
    detail: z.string().meta({ description: "What is wrong with this request.", examples: ["Run not found."] }),
    instance: z.string().meta({
      description: "The path that was asked for.",
      examples: ["/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541"],
    }),
    trace_id: z
      .string()
      .meta({ description: "Include it when you report a problem.", examples: ["4bf92f3577b34da6a3ce929d0e0e4736"] }),
    errors: z.array(fieldError).optional().describe("Every invalid field of the request."),
  })
  .describe("An RFC 9457 problem document. Some kinds have members of their own, such as amounts.");

export const problemKind = z.strictObject({
  type,
  code,
  title,
  status,
  meaning: z.string().meta({ description: "What it means.", examples: [PROBLEMS["not-found"].meaning] }),
  what_to_do: z.string().meta({ description: "What to do about it.", examples: [PROBLEMS["not-found"].what_to_do] }),
});

export const problemList = z.strictObject({ problems: z.array(problemKind).describe("Every kind of problem.") });
