import { z } from "zod";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";
import * as answers from "./answers.ts";

type Json = Readonly<Record<string, unknown>>;

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** Components share one document, which names the dialect itself. */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

const requestName = (pack_type: string): string =>
  `Create${pack_type.replace(/(^|-)[a-z]/g, (letters) => letters.slice(-1).toUpperCase())}Run`;

function requestSchemas(): Json {
  const byPack = [...runRequests].map(([type, schema]) => {
    const example = { pack_type: type, inputs: catalog.get(type)?.example, max_cost_usd: "1.0000" };
    return [requestName(type), { ...jsonSchema(schema, "input"), examples: [example] }] as const;
  });
  const types = [...runRequests.keys()];
  return {
    ...Object.fromEntries(byPack),
    CreateRun: {
      description: "The body depends on the pack.",
      oneOf: types.map((type) => schemaRef(requestName(type))),
      discriminator: {
        propertyName: "pack_type",
        mapping: Object.fromEntries(types.map((type) => [type, schemaRef(requestName(type))["$ref"]])),
      },
    },
  };
}

const header = (description: string, type: "string" | "integer" = "string"): Json => ({
  description,
  schema: { type },
});

export const headerRef = (name: string): Json => ({ $ref: `#/components/headers/${name}` });

export function components(): Json {
  return {
    securitySchemes: {
      apiKey: { type: "http", scheme: "bearer", description: "An API key: `dpp_live_...` or `dpp_test_...`." },
    },
    parameters: {
      RunId: {
        name: "id",
        in: "path",
        required: true,
        description: "The run's id.",
        schema: { type: "string", format: "uuid" },
      },
    },
    headers: {
      RequestId: header("The caller's X-Request-ID, or a fresh one."),
      RetryAfter: header("Seconds to wait.", "integer"),
      WwwAuthenticate: header("Always `Bearer`."),
      Allow: header("The methods that this address takes."),
      RateLimit: header('What is left: `"submit";r=49;t=1`.'),
      RateLimitPolicy: header('The rate: `"submit";q=50;w=60`.'),
      Location: header("Where to ask for the run, or where its result is."),
      IdempotencyReplayed: header("`true` when the run was there before."),
      CostReserved: header("USD reserved."),
      CostMinimumFee: header("USD that a failure after work began costs."),
      CostActual: header("USD charged; absent until the run is closed."),
    },
    schemas: {
      ...requestSchemas(),
      RunAccepted: jsonSchema(answers.accepted, "output"),
      Run: jsonSchema(answers.runView, "output"),
      Result: jsonSchema(answers.resultView, "output"),
      Budget: jsonSchema(answers.budgetView, "output"),
      Health: jsonSchema(answers.health, "output"),
      Readiness: jsonSchema(answers.readiness, "output"),
      Problem: jsonSchema(answers.problem, "output"),
      ProblemKind: jsonSchema(answers.problemKind, "output"),
    },
  };
}
