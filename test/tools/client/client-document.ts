import { createHash } from "node:crypto";
import { z } from "zod";
import { openapiDocument } from "../../../edge/openapi/document.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOfClient = (path: string): boolean => path.startsWith("/v1/") || path === "/.well-known/jwks.json";

/**
 * The document as far as the client has types of it: operations with a key, what they take and what a success returns, and
 * the schemas that these refer to.
 */
export function clientDocument(): Json {
  const { paths, webhooks, components, ...document } = openapiDocument("https://api.example");
  const { schemas, parameters } = z
    .object({ schemas: z.record(z.string(), z.unknown()), parameters: z.unknown() })
    .parse(components);
  const used = Object.fromEntries(
    Object.entries(paths as Json).flatMap(([path, item]) =>
      isOfClient(path) ? [[path, successes(item as Json)]] : [],
    ),
  );
  const bodies = plain(schemas) as Json;
  const kept = { paths: plain(used), webhooks: plain(webhooks) };
  const needed = reached({ ...kept, problem: { $ref: "#/components/schemas/Problem" } }, bodies);
  return {
    openapi: document["openapi"],
    info: { title: "Decisionproof", version: "0" },
    ...kept,
    components: {
      parameters: plain(parameters),
      schemas: Object.fromEntries(Object.entries(bodies).filter(([name]) => needed.has(name))),
    },
  };
}

/** The hash by which the generated file says which document it is of. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function successes(item: Json): Json {
  return Object.fromEntries(
    Object.entries(item).map(([method, operation]) => {
      if (!isObject(operation)) return [method, operation];
      const responses = Object.entries(operation["responses"] as Json).filter(([status]) => status.startsWith("2"));
      return [method, { ...operation, responses: Object.fromEntries(responses.map(withoutHeaders)) }];
    }),
  );
}

function withoutHeaders([status, response]: readonly [string, unknown]): readonly [string, unknown] {
  const { headers: _, ...rest } = response as Json;
  return [status, rest];
}

/** Without examples, which would be most of the file. */
function plain(part: unknown, isNames = false): unknown {
  if (Array.isArray(part)) return part.map((each) => plain(each));
  if (!isObject(part)) return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([name]) => isNames || !(name === "example" || name === "examples"))
      .map(([name, each]) => [name, plain(each, !isNames && (name === "properties" || name === "schemas"))]),
  );
}

/** The names of the schemas that something refers to, itself or through others. */
function reached(from: unknown, schemas: Json, seen = new Set<string>()): ReadonlySet<string> {
  for (const [, name = ""] of JSON.stringify(from).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (seen.has(name)) continue;
    seen.add(name);
    reached(schemas[name], schemas, seen);
  }
  return seen;
}
