import { z } from "zod";
import { VERSION } from "#core/domain/version.ts";
import { packType } from "#core/domain/api-values.ts";
import { packView, prices } from "../packs/schemas.ts";
import { problemKind, problemList } from "./problem-schema.ts";

const version = z.string().meta({ description: "The version of the API.", examples: [VERSION] });

export const health = z.strictObject({
  status: z.literal("healthy").describe("Always this: a process that answers is alive."),
  version,
  build: z.string().meta({ description: "What the operator calls this deployment.", examples: ["4f2a9c1"] }),
});

const storeState = (store: string) =>
  z
    .string()
    .regex(/^(up|down: [a-z-]{1,60})$/)
    .meta({ description: `Does ${store} answer: \`up\`, or \`down: \` and why.`, examples: ["up"] });

export const readiness = z.strictObject({
  status: z
    .enum(["ready", "degraded", "not-ready"])
    .describe("`ready`; `degraded`: work is taken, but without Redis, or reads alone; `not-ready`: no work is taken."),
  database: storeState("Postgres"),
  redis: storeState("Redis"),
  sqs: storeState("the queue"),
  s3: storeState("object storage"),
  workers: z
    .string()
    .regex(/^(up|down: [a-z-]{1,60})$/)
    .meta({ description: "Is a worker alive: `up`, or `down: ` and why.", examples: ["up"] }),
  switch: z
    .enum(["normal", "read-only", "halt", "unknown"])
    .describe("The operator's switch: `read-only` takes no new runs, `halt` makes no change but revoking keys."),
});

const link = (path: string, description: string) => z.string().meta({ description, examples: [path] });

export const index = z.strictObject({
  name: z.literal("Decisionproof").describe("The service."),
  summary: z.string().meta({ description: "What it is.", examples: ["Sells units of real work to AI agents."] }),
  version,
  packs: z
    .array(
      z.strictObject({
        pack_type: packType,
        summary: z.string().meta({ description: "What it does.", examples: ["Fetches a public web page."] }),
        prices,
      }),
    )
    .describe("What can be bought."),
  links: z
    .strictObject({
      docs: link("/docs", "The API in Swagger UI, to read and to try."),
      redoc: link("/redoc", "The API in Redoc, to read."),
      openapi: link("/openapi.json", "The API in OpenAPI 3.1."),
      llms: link("/llms.txt", "What an agent needs to know, on one page."),
      mcp: link("/mcp", "The endpoint of the Model Context Protocol."),
      problems: link("/problems/", "Every problem, what it means and what to do."),
      jwks: link("/.well-known/jwks.json", "The keys that verify receipts."),
      security: link("/.well-known/security.txt", "Security contact."),
      health: link("/health", "Is the edge alive."),
      readyz: link("/readyz", "Can work be taken."),
    })
    .describe("Where things are."),
});

/** What a pack offers to everybody, whatever their plan. */
export const packPage = packView.omit({ in_plan: true, limits: true });

/** By their names in the document. */
export const SCHEMAS = {
  Health: health,
  Readiness: readiness,
  ProblemKind: problemKind,
  ProblemList: problemList,
  Index: index,
  PackPage: packPage,
};
