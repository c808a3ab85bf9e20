import { describe, expect, test } from "vitest";
import { document, schemaErrors, operations, resolved } from "./document.ts";

type Json = Readonly<Record<string, unknown>>;
interface Location {
  readonly at: string;
  readonly schema: Json;
  /** True for the value of a named property. */
  readonly property: boolean;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A schema and every schema in it; what it refers to is visited where that stands. */
function* within(schema: unknown, at: string, property = false): Generator<Location> {
  if (!isObject(schema)) return;
  yield { at, schema, property };
  for (const keyword of ["properties", "patternProperties", "$defs"]) {
    const parts = schema[keyword];
    if (!isObject(parts)) continue;
    for (const [name, part] of Object.entries(parts)) {
      yield* within(part, `${at}/${keyword}/${name}`, keyword === "properties");
    }
  }
  for (const keyword of ["items", "additionalProperties", "propertyNames", "not"]) {
    yield* within(schema[keyword], `${at}/${keyword}`);
  }
  for (const keyword of ["anyOf", "oneOf", "allOf", "prefixItems"]) {
    for (const [index, part] of listOf(schema[keyword]).entries()) yield* within(part, `${at}/${keyword}/${index}`);
  }
}

const { schemas, headers } = document["components"] as { readonly schemas: Json; readonly headers: Json };
const places = [
  ...Object.entries(schemas).flatMap(([name, schema]) => [...within(schema, name)]),
  ...operations.flatMap(({ operationId, parameters }) =>
    parameters.flatMap(({ name, schema }) => [...within(schema, `${operationId}?${name}`)]),
  ),
];
const contents = operations.flatMap(({ operationId, requestBody, responses }) =>
  [["request", requestBody] as const, ...Object.entries(responses)].flatMap(([which, part]) =>
    Object.entries(part?.content ?? {}).map(([type, media]) => ({ at: `${operationId} ${which} ${type}`, media })),
  ),
);

describe("an example", () => {
  test.each(contents)("is given of $at, and fits", ({ media }) => {
    const inMedia = [
      ...(media.example === undefined ? [] : [media.example]),
      ...Object.values(media.examples ?? {}).map(({ value }) => value),
    ];
    const schema = resolved(media.schema);
    const inChoices = listOf(schema["oneOf"]).flatMap((choice) => listOf(resolved(choice)["examples"]));
    const examples = [...inMedia, ...listOf(schema["examples"]), ...inChoices];
    expect(examples).not.toHaveLength(0);
    for (const example of examples) expect(schemaErrors(media.schema, example)).toEqual([]);
  });

  test("in any schema fits that schema", () => {
    const given = places.flatMap(({ at, schema }) =>
      listOf(schema["examples"]).map((value) => ({ at, schema, value })),
    );
    expect(given.length).toBeGreaterThan(50);
    const wrong = given.flatMap(({ at, schema, value }) =>
      schemaErrors(schema, value).map((fault) => `${at}: ${fault}`),
    );
    expect(wrong).toEqual([]);
  });

  test("of every parameter and header is given, and fits", () => {
    const parameters = operations.flatMap((each) => each.parameters);
    const all = [...parameters, ...Object.entries(headers).map(([name, header]) => ({ name, ...(header as object) }))];
    const wrong = all.flatMap((each) => {
      const {
        name,
        schema,
        example = listOf(schema["examples"])[0],
      } = each as unknown as {
        readonly name: string;
        readonly schema: Json;
        readonly example: unknown;
      };
      return example === undefined
        ? [`${name} has none`]
        : schemaErrors(schema, example).map((fault) => `${name}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe("a description", () => {
  const tags = document["tags"] as readonly { readonly name: string; readonly description?: string }[];

  test("is given of every property of every schema", () => {
    const bare = places.filter(
      ({ property, schema }) => property && (schema["description"] ?? resolved(schema)["description"]) === undefined,
    );
    expect(bare.map(({ at }) => at)).toEqual([]);
  });

  test("is given of every tag, and every operation bears known tags", () => {
    expect(tags.filter(({ description }) => description === undefined)).toEqual([]);
    const names = new Set(tags.map(({ name }) => name));
    const stray = operations.filter((each) => each.tags.length === 0 || each.tags.some((tag) => !names.has(tag)));
    expect(stray.map(({ operationId }) => operationId)).toEqual([]);
  });
});

test("a page that tries a request fills in no optional parameter but with its default", () => {
  const optional = operations.flatMap(({ parameters }) => parameters.filter(({ required }) => !required));
  expect(optional.length).toBeGreaterThan(20);
  for (const { name, example, schema } of optional) {
    expect([name, example, schema["example"]]).toEqual([name, undefined, undefined]);
    // Swagger UI takes an object from the examples of its schema where there is no default.
    if (schema["type"] === "object") expect([name, schema["default"]]).toEqual([name, {}]);
  }
});

test("every operation has an id of its own", () => {
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test("every operation that needs an API key says which scope, and no other does", () => {
  const wrong = operations.filter((each) => each.open === (each["x-scope"] !== undefined));
  expect(wrong.map(({ operationId }) => operationId)).toEqual([]);
});
