import { z } from "zod";
import { SCHEMAS as keys } from "../keys/schemas.ts";
import { SCHEMAS as ledger } from "../ledger/schemas.ts";
import { SCHEMAS as mcp } from "../mcp/schemas.ts";
import { SCHEMAS as packs } from "../packs/schemas.ts";
import { SCHEMAS as receipts } from "../receipts/schemas.ts";
import { createRunSchema, PACK_REQUESTS, PACK_RESULTS } from "../runs/request-schemas.ts";
import { SCHEMAS as runs } from "../runs/schemas.ts";
import { problem } from "../service/problem-schema.ts";
import { SCHEMAS as service } from "../service/schemas.ts";
import { eventSchemas } from "../webhooks/events.ts";
import { SCHEMAS as webhooks } from "../webhooks/schemas.ts";
import type { Operation } from "../http/operation.ts";
import { exampleOf } from "./example.ts";
import { HEADERS, schemaRef } from "./headers.ts";
import type { Json } from "./json.ts";
import { parameterObject } from "./parameter-object.ts";
import { publish, schemasIn } from "./publish.ts";

/** The schemas of responses and events, by their names in the document. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ...runs,
  ...PACK_RESULTS,
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

/** Schemas by name, each of which refers to the others that stand in it. */
function named(schemas: Readonly<Record<string, z.ZodType>>, io: "input" | "output"): Readonly<Record<string, Json>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = schemasIn(registry, io);
  return Object.fromEntries(Object.keys(schemas).map((name) => [name, publish(made[name] ?? {})]));
}

const ofBodies = (operations: readonly Operation[]): Readonly<Record<string, z.ZodType>> =>
  Object.fromEntries(
    operations.flatMap(({ body }) => (body?.component ? [[body.component.name, exemplified(body.component)]] : [])),
  );

const exemplified = ({ schema, example }: NonNullable<NonNullable<Operation["body"]>["component"]>): z.ZodType =>
  example === undefined ? schema : schema.meta({ ...schema.meta(), examples: [example] });

export function schemasOf(operations: readonly Operation[]): Readonly<Record<string, Json>> {
  const all: Readonly<Record<string, Json>> = {
    CreateRun: createRunSchema(schemaRef),
    ...named({ ...PACK_REQUESTS, ...ofBodies(operations) }, "input"),
    ...named({ Problem: problem, ...SCHEMAS }, "output"),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, schema]) => [
      name,
      {
        ...discriminated(schema, all),
        ...(schema["examples"] === undefined && { examples: [exampleOf(schema, all)] }),
      },
    ]),
  );
}

/** A choice of components, with the member that tells them apart, where there is one. */
function discriminated(schema: Json, all: Readonly<Record<string, Json>>): Json {
  const refs = ((schema["oneOf"] ?? []) as readonly Json[]).map(({ $ref }) => String($ref));
  const branches = refs.map(
    (ref) => (all[ref.split("/").at(-1) ?? ""]?.["properties"] ?? {}) as Readonly<Record<string, Json>>,
  );
  const propertyName = Object.keys(branches[0] ?? {}).find((name) => {
    const values = branches.map((branch) => branch[name]?.["enum"]);
    return values.every(Array.isArray) && new Set(values.flat()).size === values.flat().length;
  });
  if (propertyName === undefined) return schema;
  const mapping = branches.flatMap((branch, index) =>
    ((branch[propertyName]?.["enum"] ?? []) as readonly string[]).map((value) => [value, refs[index]]),
  );
  return { ...schema, discriminator: { propertyName, mapping: Object.fromEntries(mapping) } };
}

const ofPaths = (operations: readonly Operation[]): Json =>
  Object.fromEntries(
    operations.flatMap(({ params = {} }) =>
      Object.entries(params).flatMap(([name, { component, document }]) =>
        component === undefined ? [] : [[component, parameterObject(name, "path", document)]],
      ),
    ),
  );

export const components = (
  operations: readonly Operation[],
  parts: { readonly responses: Json; readonly schemas: Json },
): Json => ({
  securitySchemes: {
    apiKey: { type: "http", scheme: "bearer", description: "An API key: `dpp_live_...` or `dpp_test_...`." },
  },
  parameters: ofPaths(operations),
  headers: HEADERS,
  ...parts,
});
