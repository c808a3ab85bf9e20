import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { openapiDocument } from "../../edge/openapi/document.ts";

type Json = Readonly<Record<string, unknown>>;

const parameter = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean().default(false),
  style: z.string().optional(),
  explode: z.boolean().optional(),
  schema: z.record(z.string(), z.unknown()),
  example: z.unknown().optional(),
  description: z.string(),
});
const media = z.object({
  schema: z.record(z.string(), z.unknown()),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const content = z.record(z.string(), media);
const response = z.object({
  description: z.string(),
  headers: z.record(z.string(), z.unknown()),
  content: content.optional(),
});
const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  "x-scope": z.enum(["submit", "read", "admin", "any"]).optional(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(parameter).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content }).optional(),
  responses: z.record(z.string(), response),
});

export interface Operation extends z.output<typeof operation> {
  readonly method: string;
  readonly path: string;
  /** True where no API key is needed. */
  readonly open: boolean;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The document, with the references that stand outside of schemas followed. */
export const document = openapiDocument("https://api.example");

function follow(pointer: string): unknown {
  return pointer
    .replace(/^#\//, "")
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((at, name) => (at as Json)[name], document);
}

/** What a reference leads to, or the thing itself. */
export function resolved(value: unknown): Json {
  const { $ref } = value as { $ref?: unknown };
  return typeof $ref === "string" ? resolved(follow($ref)) : (value as Json);
}

/** Every operation that the document describes, its path's parameters among its own. */
export const operations: readonly Operation[] = Object.entries(document["paths"] as Json).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const found = (item as Json)[method] as Json | undefined;
    if (found === undefined) return [];
    const own = [(item as Json)["parameters"], found["parameters"]].flatMap((list) => (list ?? []) as unknown[]);
    const responses = Object.entries(found["responses"] as Json).map(([status, each]) => [status, resolved(each)]);
    const parsed = operation.parse({
      ...found,
      parameters: own.map(resolved),
      responses: Object.fromEntries(responses) as Json,
    });
    return [{ ...parsed, method: method.toUpperCase(), path, open: parsed.security?.length === 0 }];
  }),
);

const DOCUMENT = "https://api.example/openapi.json";
const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: {
    int32: true,
    int64: true,
    uuid,
    "date-time": (text: string) => instant.test(text) && !Number.isNaN(Date.parse(text)),
    date: (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
    uri: (text: string) => URL.canParse(text),
    email: /^[^@\s]+@[^@\s]+$/,
  },
});
ajv.addSchema(document, DOCUMENT);

/** References as they must stand in a schema that is not part of the document. */
const outside = (schema: Json): unknown =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${DOCUMENT}#/`));

const compiled = new Map<string, (value: unknown) => readonly string[]>();

/** What a schema of the document finds wrong with a value. */
export function schemaErrors(schema: Json, value: unknown): readonly string[] {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known(value);
  const validate = ajv.compile(outside(schema) as Json);
  const judge = (each: unknown) =>
    validate(each) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
  compiled.set(text, judge);
  return judge(value);
}
