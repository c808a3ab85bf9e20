import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import { tools } from "../../edge/mcp/tools.ts";
import { isPortable } from "../../edge/openapi/portable-pattern.ts";
import { publishSchema } from "../../edge/openapi/publish.ts";
import { dataSchema, inputsSchema } from "../../edge/runs/request-schemas.ts";
import { work } from "./client.ts";
import { document, schemaErrors } from "./document.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Members that hold values of the caller's, or schemas by names that are no keywords. */
const VALUES = new Set(["example", "examples", "default", "enum", "const", "value", "mapping"]);
const NAMED = new Set(["properties", "patternProperties", "$defs", "schemas", "headers", "responses", "paths"]);

interface Location {
  readonly at: string;
  readonly schema: Json;
}

/** Everything in a document that may be a schema. */
function* within(part: unknown, at: string, named = false): Generator<Location> {
  if (Array.isArray(part)) for (const [index, each] of part.entries()) yield* within(each, `${at}/${index}`);
  if (!isObject(part)) return;
  if (!named) yield { at, schema: part };
  for (const [name, each] of Object.entries(part)) {
    if (named || !VALUES.has(name)) yield* within(each, `${at}/${name}`, !named && NAMED.has(name));
  }
}

const published: readonly (readonly [string, unknown])[] = [
  ["openapi.json", document],
  ...[...catalog.values()].flatMap(
    (offer) =>
      [
        [`packs/${offer.type}/inputs`, inputsSchema(offer.type)],
        [`packs/${offer.type}/data`, dataSchema(offer.type)],
      ] as const,
  ),
  ...[...tools.values()].flatMap(
    (tool) =>
      [
        [`tools/${tool.name}/input`, tool.input([...catalog.keys()])],
        [`tools/${tool.name}/output`, publishSchema(tool.output, "output")],
      ] as const,
  ),
];
const places = published.flatMap(([name, schema]) => [...within(schema, name)]);
const patterns = [
  ...new Set(places.flatMap(({ schema }) => (typeof schema["pattern"] === "string" ? [schema["pattern"]] : []))),
];

/** Of every kind of text that a pattern here is about, and what is not. */
const TEXTS = [
  "Alice",
  "Zoë",
  "李",
  "😀",
  "👩‍🚀 Ada",
  "a",
  "",
  " a",
  "a ",
  "a\tb",
  "a\nb",
  "\u0000",
  "-",
  "Ada Lovelace",
  "O'Neil",
  "0.0050",
  "5.0000",
  "1000000",
  "1e3",
  "0.0",
  "-1",
  "00000000000.01",
  "25.0000",
  "123456789.123456",
  "0.005",
  "exact",
  "token_f1",
  "9a",
  "a".repeat(40),
  "a".repeat(41),
  "ims",
  "x",
  "i",
  "url",
  "my-pack",
  "decision",
  "#b6e3f4",
  "#fff",
  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "up",
  "down: timeout",
  "order-A-1-first",
  "a, b, c, d",
  "short",
  `whsec_${"A".repeat(43)}=`,
  "evt_b0c9a5d2-7e31-4f68-8b14-92d6e03f7a5c",
  "https://example.com/",
  "x".repeat(119),
  "x".repeat(120),
  "x".repeat(121),
  "é".repeat(120),
  "😀".repeat(60),
];

describe("what is published", () => {
  test("has patterns that every engine reads alike, and no others", () => {
    expect(patterns.length).toBeGreaterThan(8);
    expect(patterns.filter((pattern) => !isPortable(pattern))).toEqual([]);
  });

  test.each(patterns)("has the pattern %s, of which RE2 and ECMAScript without u say the same", (pattern) => {
    const re2 = RE2JS.compile(pattern);
    const [bare, unicode] = [new RegExp(pattern), new RegExp(pattern, "u")];
    for (const text of TEXTS) {
      const verdict = bare.test(text);
      expect([text, re2.matcher(text).find()]).toEqual([text, verdict]);
      expect([text, unicode.test(text)]).toEqual([text, verdict]);
    }
  });

  test("has no keyword that some client refuses, and enum beside every const", () => {
    const wrong = places.filter(
      ({ schema }) => "not" in schema || "propertyNames" in schema || ("const" in schema && !("enum" in schema)),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  test("has integers with a format and bounds, and no choice of required members alone", () => {
    const integers = places.filter(({ at, schema }) => schema["type"] === "integer" && !at.startsWith("tools/"));
    const unbounded = integers.filter(
      ({ schema }) => !["format", "minimum", "maximum"].every((name) => name in schema),
    );
    expect(unbounded.map(({ at }) => at)).toEqual([]);
    const wrong = places.filter(({ schema }) =>
      ["oneOf", "anyOf"].some((name) =>
        ((schema[name] ?? []) as readonly Json[]).some((choice) => Object.keys(choice).join() === "required"),
      ),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });
});

describe("no published schema refuses what the edge takes", () => {
  test.each([
    "Alice",
    "Zoë",
    "李",
    "😀",
    "👩‍🚀 Ada",
    "A",
    "é".repeat(120),
    "😀".repeat(60),
    'O\'Neil "x" <y>',
    "a\u00a0b",
  ])("a portrait of %s", (name) => {
    const body = work({ pack_type: "char", inputs: { name } });
    expect(parseRunRequest(body)).toHaveProperty("request");
    expect(schemaErrors({ $ref: "#/components/schemas/CreateRun" }, body)).toEqual([]);
    expect(schemaErrors(inputsSchema("char"), { name })).toEqual([]);
  });

  test.each([...catalog.values()])("the example of $type", (offer) => {
    const body = work({ pack_type: offer.type, inputs: offer.examples[0].inputs as Json });
    expect(parseRunRequest(body)).toHaveProperty("request");
    expect(schemaErrors({ $ref: "#/components/schemas/CreateRun" }, body)).toEqual([]);
  });
});

test.each([
  "a(?:b)",
  "^(?=a)b$",
  "^\\p{L}$",
  "^\\d$",
  "^a.b$",
  "^a+$",
  "^a*$",
  "^a{1,}$",
  "a",
  "^a",
  "^(a)\\1$",
  "^[^\\s]$",
  "^(?<n>a)$",
])("the pattern %s is not portable", (pattern) => expect(isPortable(pattern)).toBe(false));
