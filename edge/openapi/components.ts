import { z } from "zod";
import { SCHEMAS as keys } from "../keys/schemas.ts";
import { SCHEMAS as ledger } from "../ledger/schemas.ts";
import { SCHEMAS as mcp } from "../mcp/schemas.ts";
import { SCHEMAS as packs } from "../packs/schemas.ts";
import { SCHEMAS as receipts } from "../receipts/schemas.ts";
import { requestSchemas } from "../runs/request-schemas.ts";
import { SCHEMAS as runs } from "../runs/schemas.ts";
import { problem } from "../service/problem-schema.ts";
import { SCHEMAS as service } from "../service/schemas.ts";
import { eventSchemas } from "../webhooks/events.ts";
import { SCHEMAS as webhooks } from "../webhooks/schemas.ts";
import type { Operation } from "../http/operation.ts";
import { exampleOf } from "./example.ts";
import { HEADERS, schemaRef } from "./headers.ts";
import type { Json } from "./json.ts";

/** The schemas of responses and events, by their names in the document. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ...runs,
  ...receipts,
  ...packs,
  ...ledger,
  ...keys,
  ...webhooks,
  ...mcp,
  ...service,
  ...eventSchemas,
};

const names = new Map(Object.entries(SCHEMAS).map(([name, schema]) => [schema, name]));

/** A reference to a schema among the components. */
export function refOf(schema: z.ZodType): Json {
  const name = names.get(schema);
  if (name === undefined) throw new Error("a response has a schema that no noun's SCHEMAS names");
  return schemaRef(name);
}

function componentOf(schema: z.ZodType, io: "input" | "output" = "output"): Json {
  // Components share one document, which names the dialect itself.
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return { ...rest, examples: [exampleOf(rest)] };
}

const ofBodies = (operations: readonly Operation[]): Json =>
  Object.fromEntries(
    operations.flatMap(({ body }) => {
      if (body?.component === undefined) return [];
      const { name, schema, example } = body.component;
      return [[name, { ...componentOf(schema, "input"), ...(example !== undefined && { examples: [example] }) }]];
    }),
  );

const ofPaths = (operations: readonly Operation[]): Json =>
  Object.fromEntries(
    operations.flatMap(({ params = {} }) =>
      Object.entries(params).flatMap(([name, { component, document }]) =>
        component === undefined ? [] : [[component, { name, in: "path", required: true, ...document }]],
      ),
    ),
  );

export const components = (operations: readonly Operation[]): Json => ({
  securitySchemes: {
    apiKey: { type: "http", scheme: "bearer", description: "An API key: `dpp_live_...` or `dpp_test_...`." },
  },
  parameters: ofPaths(operations),
  headers: HEADERS,
  schemas: {
    ...requestSchemas(schemaRef),
    ...ofBodies(operations),
    Problem: componentOf(problem),
    ...Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, componentOf(schema)])),
  },
});
