import { Ajv2020 } from "ajv/dist/2020.js";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { plainSchema } from "../../../edge/mcp/plain-schema.ts";
import { featuresOf, VERSIONS } from "../../../edge/mcp/revisions.ts";
import { describeTools } from "../../../edge/mcp/tools.ts";
import { exampleRuns } from "../../../edge/runs/request-schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const ALL = [...catalog.keys()];
const listed = (version: (typeof VERSIONS)[number], packs = ALL) => describeTools(featuresOf(version), packs);
const inputOf = (name: string, packs = ALL) =>
  listed("2025-11-25", packs).find((tool) => tool["name"] === name)?.["inputSchema"] as Json;

/** Keywords that the model APIs, grammars and generators of real hosts all take. */
const TAKEN = new Set(
  (
    "type properties required additionalProperties items enum anyOf description default " +
    "minimum maximum minLength maxLength minItems maxItems pattern format"
  ).split(" "),
);

/** Every schema within a schema. */
function* within(schema: Json): Generator<Json> {
  yield schema;
  const { properties = {}, items, anyOf = [], additionalProperties } = schema;
  const inner = [...Object.values(properties as Json), ...(anyOf as Json[]), items, additionalProperties];
  for (const each of inner) if (typeof each === "object" && each !== null) yield* within(each as Json);
}

const schemas = VERSIONS.flatMap((version) =>
  listed(version).flatMap(({ name, inputSchema, outputSchema }) =>
    [inputSchema, outputSchema ?? {}].flatMap((schema) =>
      [...within(schema as Json)].map((each) => [`${version} ${String(name)}`, each] as const),
    ),
  ),
);

describe("the schemas in tools/list", () => {
  test("have no keyword that a host refuses", () => {
    const odd = schemas.flatMap(([where, schema]) =>
      Object.keys(schema)
        .filter((keyword) => !TAKEN.has(keyword))
        .map((keyword) => `${where}: ${keyword}`),
    );
    expect(odd).toEqual([]);
  });

  test("have patterns that RE2, and expressions without Unicode, take and read alike", () => {
    const patterns = schemas.flatMap(([, { pattern }]) => (typeof pattern === "string" ? [pattern] : []));
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of new Set(patterns)) {
      for (const text of ["1.0000", "0.05", "a_1", "Alice", "-", "", "ims"]) {
        const verdicts = [new RegExp(pattern), new RegExp(pattern, "u")].map((expression) => expression.test(text));
        expect([pattern, text, ...verdicts]).toEqual([
          pattern,
          text,
          ...verdicts.map(() => RE2JS.matches(pattern, text)),
        ]);
      }
    }
  });

  test("repeat nothing so often that a grammar could not", () => {
    const most = schemas.flatMap(([, { maxLength, maxItems }]) =>
      [maxLength, maxItems].filter((bound) => typeof bound === "number"),
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(100);
  });

  test("are objects at their root, with items for every array", () => {
    for (const version of VERSIONS)
      for (const { inputSchema } of listed(version)) expect(inputSchema).toMatchObject({ type: "object" });
    const arrays = schemas.filter(([, { type }]) => type === "array");
    expect(arrays.filter(([, { items }]) => items === undefined)).toEqual([]);
  });
});

/** What a model is shown of a tool; its output schema is for the client. */
const shown = ({ name, description, inputSchema }: Json) => ({ name, description, inputSchema });

test.each([
  [ALL, 15_500, 25_500],
  [["url", "decision"], 7_500, 16_500],
])("tools/list of an account with %j has at most %i bytes for the model, and %i in all", (packs, ofModel, bytes) => {
  for (const version of VERSIONS) {
    const tools = listed(version, packs);
    expect(JSON.stringify(tools.map(shown)).length).toBeLessThanOrEqual(ofModel);
    expect(JSON.stringify(tools).length).toBeLessThanOrEqual(bytes);
  }
});

describe("the output schema of get_result", () => {
  const { outputSchema } = listed("2026-07-28").find(({ name }) => name === "get_result") as { outputSchema: Json };
  const fits = new Ajv2020({ strict: false, validateFormats: false }).compile(outputSchema);
  const answerWith = (data: unknown) => ({
    run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541",
    sha256: "a".repeat(64),
    size_bytes: 9,
    url: "https://results.example/",
    expires_at: "2026-11-21T09:30:00.000Z",
    output: { reliability: 1, units: { base: 1 }, data },
  });
  const counted = { count: 1, threshold: 0.5, overall: {}, metrics: [{}], cases: [{}] };

  test("takes the data of any pack, also of one that is in no plan", () => {
    expect(fits(answerWith(counted))).toBe(true);
    const others = listed("2026-07-28", ["url"]).find(({ name }) => name === "get_result");
    expect(others?.["outputSchema"]).toEqual(outputSchema);
  });

  test.each<[string, object]>([
    ["without a member", { ...counted, cases: undefined }],
    ["with a member of another type", { ...counted, count: "1" }],
    ["with items of another type", { ...counted, cases: ["a"] }],
    ["of no pack", { answer: 42 }],
  ])("refuses data %s", (_, data) => {
    expect(fits(answerWith(JSON.parse(JSON.stringify(data))))).toBe(false);
  });
});

describe.each([...catalog.values()].map((offer) => [offer.type, offer] as const))("the pack %s", (type, offer) => {
  const order = { ...exampleRuns(offer)[0]?.run, idempotency_key: "an-example-key" };

  test("is bought by what submit_run describes, and estimated by the same arguments", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const packs of [ALL, [type]]) {
      const fits = ajv.compile(inputOf("submit_run", packs));
      expect([fits(order), fits.errors]).toEqual([true, null]);
      expect(fits({ ...order, inputs: { nonsense: 1 } })).toBe(false);
      expect(ajv.compile(inputOf("estimate_run", packs))(order)).toBe(true);
    }
  });

  test("is offered only to an account whose plan includes it", () => {
    const packs = ALL.filter((each) => each !== type);
    expect(JSON.stringify(inputOf("submit_run", packs))).not.toContain(`"For the pack_type ${type}."`);
    expect(inputOf("submit_run", packs)["properties"]).toMatchObject({ pack_type: { enum: packs } });
  });
});

test("an account without a plan sees every pack", () => {
  expect(inputOf("submit_run", [])).toEqual(inputOf("submit_run", ALL));
});

test("alternatives that are told apart by a tag become one object with the members of all", () => {
  const kind = (name: string, more: object) => ({
    type: "object",
    properties: { kind: { const: name }, ...more },
    required: ["kind"],
    additionalProperties: false,
  });
  const plain = plainSchema({
    oneOf: [{ type: "string", const: "a" }, kind("a", { x: { type: "number" } }), kind("b", { y: { type: "string" } })],
    not: {},
  });
  expect(plain).toEqual({
    anyOf: [
      { type: "string", enum: ["a"] },
      {
        type: "object",
        required: ["kind"],
        properties: { kind: { type: "string", enum: ["a", "b"] }, x: { type: "number" }, y: { type: "string" } },
        additionalProperties: false,
      },
    ],
  });
});
