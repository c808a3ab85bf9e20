import { describe, expect, test } from "vitest";
import { createMeter } from "../../../backend/worker/packs/eval/meter.ts";
import { fits, rejectionOf, reportOf, scoring } from "./eval-fixture.ts";

const DRAFT_07 = "http://json-schema.org/draft-07/schema#";
const AT = "/inputs/cases/0/expected";

describe("a schema", () => {
  const tree = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://example.com/tree",
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        required: ["value"],
        properties: { value: { type: "number" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
        unevaluatedProperties: false,
        title: "a node",
        "x-note": "ours",
      },
    },
  };

  test.each<[string, unknown, unknown[], boolean[]]>([
    [
      "recursion",
      tree,
      [
        { value: 1, children: [{ value: 2 }] },
        { value: 1, children: [{}] },
        { value: 1, z: 1 },
      ],
      [true, false, false],
    ],
    ["recursion through the root", { type: "array", items: { $ref: "#" } }, [[[], [[]]], [1]], [true, false]],
    ["an anchor", { $ref: "#n", $defs: { a: { $anchor: "n", type: "null" } } }, [null, 1], [true, false]],
    ["prefixItems", { prefixItems: [{ type: "string" }], items: false }, [["a"], ["a", 1]], [true, false]],
    ["dependentRequired", { dependentRequired: { a: ["b"] } }, [{ a: 1 }, { a: 1, b: 1 }], [false, true]],
    ["a bare false", false, [1], [false]],
    ["what objects inherit", { required: ["constructor"] }, [{}, { constructor: 1 }], [false, true]],
    [
      "unique items",
      { uniqueItems: true },
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        [1, "1", [1]],
      ],
      [false, true],
    ],
    ["cents", { multipleOf: 0.01 }, [19.99, 19.995], [true, false]],
    ["an escape of ECMAScript", { pattern: "^caf\\u00e9$" }, ["café", "cafe"], [true, false]],
    [
      "patterns of names",
      { patternProperties: { "^a": { pattern: "1" }, "^b": { pattern: "2" } } },
      [{ a: "1", b: "2" }, { b: "1" }],
      [true, false],
    ],
    [
      "keywords of others",
      { type: "string", example: "x", nullable: true, discriminator: {}, $async: true },
      ["a", 1],
      [true, false],
    ],
    ["what OpenAPI and editors note", { markdownDescription: "x", propertes: {}, "x-order": 1 }, [1], [true]],
    ["draft-07 by https", { $schema: "https://json-schema.org/draft-07/schema#", const: 1 }, [1, 2], [true, false]],
    [
      "draft-04, whose limits are booleans",
      {
        $schema: "http://json-schema.org/draft-04/schema#",
        id: "https://example.com/a",
        minimum: 1,
        exclusiveMinimum: true,
      },
      [1, 1.5],
      [false, true],
    ],
    [
      "draft-06",
      { $schema: "http://json-schema.org/draft-06/schema#", contains: { const: 1 } },
      [[1], [2]],
      [true, false],
    ],
    [
      "draft 2019-09, whose references recur",
      {
        $schema: "https://json-schema.org/draft/2019-09/schema",
        $id: "https://example.com/strict",
        $recursiveAnchor: true,
        $ref: "tree",
        unevaluatedProperties: false,
        $defs: {
          tree: {
            $id: "tree",
            $recursiveAnchor: true,
            properties: { children: { items: { $recursiveRef: "#" } }, value: {} },
          },
        },
      },
      [{ children: [{ value: 1 }] }, { children: [{ valeu: 1 }] }],
      [true, false],
    ],
    [
      "dynamic references",
      {
        $id: "https://example.com/numbers",
        $ref: "list",
        $defs: {
          numbers: { $dynamicAnchor: "item", type: "number" },
          list: {
            $id: "list",
            items: { $dynamicRef: "#item" },
            $defs: { any: { $dynamicAnchor: "item" } },
          },
        },
      },
      [
        [1, 2],
        [1, "a"],
      ],
      [true, false],
    ],
    [
      "a schema inside with a name",
      { $ref: "inner", $defs: { a: { $id: "inner", type: "null" } } },
      [null, 1],
      [true, false],
    ],
    [
      "what contains has looked at",
      { prefixItems: [true], contains: { type: "string" }, unevaluatedItems: false },
      [
        [1, 2, "a"],
        [1, "a"],
      ],
      [false, true],
    ],
    [
      "what a branch has looked at",
      { anyOf: [{ properties: { a: true } }, { required: ["z"] }], unevaluatedProperties: false },
      [{ a: 1 }, { b: 1 }],
      [true, false],
    ],
    ["large multiples", { multipleOf: 10_000_000_000 }, [1, 20_000_000_000], [false, true]],
    ["small multiples", { multipleOf: 1e-8 }, [12_391_239_123, 1e-9], [true, false]],
    ["classes by their long names", { pattern: "^\\p{Letter}+$" }, ["été", "a1"], [true, false]],
    ["scripts", { pattern: "^\\p{Script=Greek}+$" }, ["αβ", "ab"], [true, false]],
    ["format, which asserts nothing", { format: "email" }, ["no e-mail"], [true]],
    [
      "draft-07's items",
      { $schema: DRAFT_07, items: [{ type: "string" }], additionalItems: false },
      [["a"], ["a", 1]],
      [true, false],
    ],
    [
      "draft-07's dependencies",
      { $schema: DRAFT_07, dependencies: { a: ["b"], c: { minProperties: 2 } } },
      [{ a: 1 }, { c: 1 }, { a: 1, b: 1, c: 1 }],
      [false, false, true],
    ],
    [
      "draft-07's $ref, beside which nothing counts",
      { $schema: DRAFT_07, $ref: "#/definitions/a", type: "null", definitions: { a: { type: "number" } } },
      [1, null],
      [true, false],
    ],
  ])("%s is understood", (_, schema, values, verdicts) => {
    expect(fits(schema, ...values)).toEqual(verdicts);
  });

  test("of each case is its own, though they refer to themselves alike", () => {
    const cases = ["string", "number"].map((type) => ({
      id: type,
      output: '[["a"]]',
      expected: { anyOf: [{ type }, { type: "array", items: { $ref: "#" } }] },
    }));
    expect(reportOf({ cases, metrics: ["json_schema"] }).cases.map(({ score }) => score)).toEqual([1, 0]);
  });

  test("may be given once for all cases; why an output fails is noted", () => {
    const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
    const outputs = ['{"age": 3}', '{"age": "3"}', "{}", "no JSON", "[".repeat(200) + "]".repeat(200)];
    const cases = outputs.map((output, index) => ({ id: `${index}`, output, expected: "3" }));
    const report = reportOf({ cases, metrics: [{ metric: "json_schema", schema }, "contains"] });
    expect(report.cases.map(({ scores }) => scores["json_schema"])).toEqual([1, 0, 0, 0, 0]);
    expect(report.cases.map(({ notes }) => notes?.["json_schema"])).toEqual([
      undefined,
      "/age fails type",
      "the output fails required",
      "not JSON",
      "nested in over 128 levels",
    ]);
  });

  test.each<[string, unknown, string, string]>([
    ["a type that is none", { type: "strin" }, "SCHEMA_INVALID", "/type"],
    ["a dynamic reference", { $dynamicRef: "#a" }, "SCHEMA_INVALID", "/$dynamicRef"],
    ["a limit that is no number", { properties: { a: { minimum: "1" } } }, "SCHEMA_INVALID", "/properties/a/minimum"],
    ["no schema to choose from", { anyOf: [] }, "SCHEMA_INVALID", "/anyOf"],
    ["an older draft", { $schema: "http://json-schema.org/draft-03/schema#" }, "SCHEMA_INVALID", "/$schema"],
    ["a remote reference", { $ref: "https://example.com/a" }, "SCHEMA_INVALID", "/$ref"],
    [
      "a remote reference deep inside",
      { items: { anyOf: [{ $ref: "other.json#/a" }] } },
      "SCHEMA_INVALID",
      "/items/anyOf/0/$ref",
    ],
    ["a reference to our own names", { $ref: "https://schema.invalid/0" }, "SCHEMA_INVALID", "/$ref"],
    ["a reference to nothing", { $ref: "#/$defs/a" }, "SCHEMA_INVALID", "/$ref"],
    ["a reference that is no URI", { $ref: "#/%zz" }, "SCHEMA_INVALID", "/$ref"],
    ["a look-ahead", { properties: { a: { pattern: "(?=a)" } } }, "PATTERN_INVALID", "/properties/a/pattern"],
    ["a name that is no pattern", { patternProperties: { "(": {} } }, "PATTERN_INVALID", "/patternProperties/("],
    ["a pattern that repeats too much", { pattern: "(abc){900}" }, "PATTERN_INVALID", "/pattern"],
    [
      "patterns that do so together",
      { allOf: [{ pattern: "(ab){400}" }, { pattern: "(cd){400}" }] },
      "SCHEMA_INVALID",
      "/allOf/1/pattern",
    ],
  ])("with %s is rejected with the place", (_, schema, reason_code, place) => {
    const rejection = rejectionOf(schema);
    expect(rejection.reason_code).toBe(reason_code);
    expect(rejection.detail.split(": ")[0]).toBe(AT + place);
  });
});

describe("formats", () => {
  test.each([
    ["email", ["ada@example.com", "a.b+c@sub.example.org"], ["ada", "a@", "a b@example.com"]],
    ["date-time", ["2026-11-30T12:00:00Z", "2026-02-28T23:59:59.5+01:00"], ["2026-11-30", "2026-02-30T00:00:00Z"]],
    ["date", ["2024-02-29"], ["2023-02-29", "2024-2-9"]],
    ["ipv4", ["93.184.216.34"], ["256.1.1.1", "1.2.3", "01.2.3.4"]],
    ["ipv6", ["::1", "2001:db8::8a2e"], ["1::2::3", "12345::"]],
    ["uuid", ["9f86d081-884c-4d65-9a2f-eaa0c55ad015"], ["9f86d081884c4d659a2feaa0c55ad015"]],
    ["uri", ["https://example.com/a?b#c", "urn:isbn:0451450523"], ["//example.com", "a b", "https://exa mple.com"]],
    ["hostname", ["example.com"], ["-a.example", "a_b.example"]],
    ["duration", ["P1DT2H"], ["1D", "P"]],
    ["x-unknown", ["anything"], []],
  ])("%s is asserted where that is asked for", (format, valid, invalid) => {
    const cases = [...valid, ...invalid].map((text) => ({ id: text, output: JSON.stringify(text) }));
    const metric = { metric: "json_schema", assert_formats: true, schema: { format } };
    const report = reportOf({ cases, metrics: [metric] });
    expect(report.cases.filter(({ score }) => score === 1).map(({ id }) => id)).toEqual(valid);
  });
});

describe("the meter", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const both = { anyOf: [{ $ref: "#" }, { $ref: "#" }] };

  test.each<[string, unknown, string]>([
    ["a schema that refers to itself at once", { $ref: "#" }, "1"],
    ["one that does so twice", both, "1"],
    ["branches that double at each level", { type: "array", items: both }, `${"[".repeat(60)}1${"]".repeat(60)}`],
    [
      "many looks at a long text",
      { allOf: Array.from({ length: 600 }, (_, index) => ({ minLength: index })) },
      `"${"x".repeat(190_000)}"`,
    ],
    [
      "many patterns on a long text",
      { allOf: Array.from({ length: 99 }, (_, index) => ({ not: { pattern: `^[a-z ]*${index}$` } })) },
      `"${"x y".repeat(30_000)}"`,
    ],
  ])("stops %s", (_, schema, output) => {
    expect(rejectionOf(schema, output).reason_code).toBe("SCHEMA_TOO_COSTLY");
  });

  test("lets a large output pass that is checked once", () => {
    const list = Array.from({ length: 6_000 }, (_, index) => ({ id: index, name: `name ${index}` }));
    const item = {
      type: "object",
      required: ["id", "name"],
      properties: { id: { type: "integer" }, name: { type: "string" } },
    };
    expect(fits({ type: "array", uniqueItems: true, items: item }, list)).toEqual([true]);
  });

  test("counts what a run takes over all its cases", () => {
    const meter = createMeter({ max_case_steps: 10, max_run_steps: 25 });
    for (const pointer of ["/a", "/b"]) {
      meter.begin(pointer);
      meter.spend(10);
    }
    meter.begin("/c");
    expect(() => meter.spend(6)).toThrow("SCHEMA_TOO_COSTLY");
    meter.begin("/d");
    expect(() => createMeter({ max_case_steps: 10, max_run_steps: 25 }).spend(11)).toThrow("SCHEMA_TOO_COSTLY");
  });

  test("counts all metrics of a run together", () => {
    const output = `${"[".repeat(13)}1${"]".repeat(13)}`;
    // Each takes 132,340 steps under each metric.
    const cases = Array.from({ length: 20 }, (_, index) => ({ id: `${index}`, output }));
    const metric = (label: string) => ({ metric: "json_schema", label, schema: { type: "array", items: both } });
    const kindOf = (labels: string[]) => scoring({ cases, metrics: labels.map(metric) });
    expect(kindOf(["a"])).toMatchObject({ kind: "scored" });
    expect(kindOf(["a", "b"])).toMatchObject({ kind: "rejected", scored: true, reason_code: "SCHEMA_TOO_COSTLY" });
  });

  test("says the same each time", () => {
    const inputs = { cases: [{ id: "a", output: nested(60), expected: { items: both } }], metrics: ["json_schema"] };
    expect(scoring(inputs)).toEqual(scoring(structuredClone(inputs)));
  });
});
