import { z } from "zod";
import { problemKind, problemList } from "./problem-schema.ts";

export const health = z.strictObject({
  status: z.literal("healthy").describe("Always this: a process that answers is alive."),
  version: z.string().meta({ description: "What is deployed.", examples: ["1.0.0"] }),
});

const storeState = (store: string) =>
  z
    .string()
    .regex(/^(up|down: [a-z-]{1,60})$/)
    .meta({ description: `Does ${store} answer: \`up\`, or \`down: \` and why.`, examples: ["up"] });

export const readiness = z.strictObject({
  status: z.enum(["ready", "not-ready"]).describe("Ready when every store is up."),
  database: storeState("Postgres"),
  redis: storeState("Redis"),
  sqs: storeState("the queue"),
  s3: storeState("object storage"),
});

const link = (path: string, description: string) => z.string().meta({ description, examples: [path] });

export const index = z.strictObject({
  name: z.literal("Decisionproof").describe("The service."),
  links: z
    .strictObject({
      docs: link("/docs", "The API in Swagger UI, to read and to try."),
      redoc: link("/redoc", "The API in Redoc, to read."),
      openapi: link("/openapi.json", "The API in OpenAPI 3.1."),
      llms: link("/llms.txt", "What an agent needs to know, on one page."),
      problems: link("/problems/", "Every problem, what it means and what to do."),
      security: link("/.well-known/security.txt", "Security contact."),
      health: link("/health", "Is the edge alive."),
      readyz: link("/readyz", "Can work be taken."),
    })
    .describe("Where things are."),
});

/** By their names in the document. */
export const SCHEMAS = {
  Health: health,
  Readiness: readiness,
  ProblemKind: problemKind,
  ProblemList: problemList,
  Index: index,
};
