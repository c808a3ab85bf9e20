import { VERSION } from "#core/domain/version.ts";
import type { Operation, ResponseSpec } from "../http/operation.ts";
import { OPERATIONS } from "../routes.ts";
import { webhookRequests } from "../webhooks/events.ts";
import { runExamples } from "../runs/request-schemas.ts";
import { components, refOf, schemasOf } from "./components.ts";
import { exampleOf } from "./example.ts";
import { COMMON, RATE, schemaRef, TAG } from "./headers.ts";
import type { Json } from "./json.ts";
import { parameterObject } from "./parameter-object.ts";
import { ProblemResponses } from "./problems.ts";
import { TAGS } from "./tags.ts";

let described: Json | undefined;

/** The OpenAPI 3.1 document as seen from `origin`. */
export function openapiDocument(origin: string): Json {
  // The same for an isolate's whole life, but for where it is seen from.
  described ??= describeAll(OPERATIONS);
  return { ...described, servers: [{ url: origin }] };
}

function describeAll(operations: readonly Operation[]): Json {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  const responses = new ProblemResponses();
  const schemas = schemasOf(operations);
  const paths = Object.fromEntries([...byPath].map(([path, same]) => [path, pathItem(same, responses)]));
  const described = {
    openapi: "3.1.0",
    info: {
      title: "Decisionproof",
      version: VERSION,
      summary: "Paid work for AI agents",
      description:
        "Submit a run, get a verified result, pay exactly what it cost, once. Amounts are decimal strings of USD, times are RFC 3339 in UTC, errors are RFC 9457 problem documents. Submits have a rate of their own; whatever else needs an API key counts against the rate of reads.",
      contact: { name: "Decisionproof" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ apiKey: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhookRequests,
    components: components(operations, { responses: responses.components, schemas }),
  };
  return withExamples(described, schemas) as Json;
}

/** The same, with an example beside every schema of a body or a response that has none there. */
function withExamples(part: unknown, schemas: Readonly<Record<string, Json>>): unknown {
  if (Array.isArray(part)) return part.map((each) => withExamples(each, schemas));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, each]: [string, unknown]) => [
      name,
      name === "schemas"
        ? each
        : name === "content"
          ? exemplified(each as Content, schemas)
          : withExamples(each, schemas),
    ]),
  );
}

type Content = Readonly<Record<string, Json & { readonly schema: Json }>>;

const exemplified = (content: Content, schemas: Readonly<Record<string, Json>>): Json =>
  Object.fromEntries(
    Object.entries(content).map(([type, media]) => [
      type,
      "example" in media || "examples" in media ? media : { ...media, ...examplesOf(media.schema, schemas) },
    ]),
  );

/** A run is ordered in a way for each pack. */
const examplesOf = (schema: Json, schemas: Readonly<Record<string, Json>>): Json =>
  schema["$ref"] === schemaRef("CreateRun")["$ref"]
    ? { examples: runExamples() }
    : { example: exampleOf(schema, schemas) };

/** The operations of one path, which all have the parameters of the first. */
function pathItem(operations: readonly Operation[], problems: ProblemResponses): Json {
  const parameters = Object.entries(operations[0]?.params ?? {}).map(([name, { document, component }]) =>
    component === undefined
      ? parameterObject(name, "path", document)
      : { $ref: `#/components/parameters/${component}` },
  );
  return {
    ...(parameters.length > 0 && { parameters }),
    ...Object.fromEntries(operations.map((each) => [each.method.toLowerCase(), operationObject(each, problems)])),
  };
}

function operationObject(operation: Operation, problems: ProblemResponses): Json {
  const { id, scope, tag, summary, description, query, headers = {}, body } = operation;
  const parameters = [
    ...Object.entries(headers).map(([name, { document }]) => parameterObject(name, "header", document)),
    ...Object.entries(query?.parameters ?? {}).map(([name, { document }]) => parameterObject(name, "query", document)),
  ];
  return {
    operationId: id,
    ...(scope !== undefined && { "x-scope": scope }),
    tags: [tag],
    summary,
    description: scope === undefined ? description : `${description} ${needs(scope)}`,
    ...(scope === undefined && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body?.document !== undefined && { requestBody: body.document }),
    responses: { ...problemsOf(operation, problems), ...responsesOf(operation) },
  };
}

const needs = (scope: string): string => (scope === "any" ? "Takes any API key." : `Needs the scope \`${scope}\`.`);

function responsesOf({ method, responses, scope }: Operation): Json {
  const { 200: found } = responses;
  const tagged = method === "GET" && found !== undefined && !isStream(found) ? withTag(found) : undefined;
  const all = tagged === undefined ? responses : { 304: notModified(tagged), ...responses, 200: tagged };
  return Object.fromEntries(Object.entries(all).map(([status, spec]) => [status, responseObject(spec, scope)]));
}

const isStream = ({ content = {} }: ResponseSpec): boolean => "text/event-stream" in content;

const withTag = (spec: ResponseSpec): ResponseSpec => ({ ...spec, headers: { ...spec.headers, ...TAG } });

const notModified = ({ headers = {} }: ResponseSpec): ResponseSpec => ({
  description: "Nothing has changed since the ETag in If-None-Match.",
  headers,
});

function responseObject({ description, schema, content, headers = {} }: ResponseSpec, scope: string | undefined): Json {
  const media = { ...(schema !== undefined && { "application/json": { schema: refOf(schema) } }), ...content };
  const rate = scope === undefined || "RateLimit" in headers ? {} : RATE;
  return {
    description,
    headers: { ...COMMON, ...rate, ...headers },
    ...(Object.keys(media).length > 0 && { content: media }),
  };
}

const OF_OPEN = ["method-not-allowed", "internal"] as const;
const OF_BODIES = ["payload-too-large", "unsupported-media-type"] as const;
const OF_KEYS = [
  "invalid-request",
  "unauthorized",
  "scope-missing",
  "rate-limited",
  "method-not-allowed",
  "internal",
  "unavailable",
] as const;

function problemsOf({ problems: own = [], scope, body }: Operation, problems: ProblemResponses): Json {
  if (scope === undefined) return problems.refer([...own, ...OF_OPEN], { rated: false });
  return problems.refer([...new Set([...own, ...(body === undefined ? [] : OF_BODIES), ...OF_KEYS])], { rated: true });
}
