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
    ["a keyword that nobody knows", { propertes: {} }, "SCHEMA_INVALID", "/propertes"],
    ["a keyword of another draft", { $schema: DRAFT_07, prefixItems: [] }, "SCHEMA_INVALID", "/prefixItems"],
    ["an asynchronous schema", { $async: true }, "SCHEMA_INVALID", "/$async"],
    ["a dynamic reference", { $dynamicRef: "#a" }, "SCHEMA_INVALID", "/$dynamicRef"],
    ["a schema inside with a name of its own", { not: { $id: "a" } }, "SCHEMA_INVALID", "/not/$id"],
    ["another draft", { $schema: "http://json-schema.org/draft-04/schema#" }, "SCHEMA_INVALID", "/$schema"],
    ["a remote reference", { $ref: "https://example.com/a" }, "SCHEMA_INVALID", "/$ref"],
    [
      "a remote reference deep inside",
      { items: { anyOf: [{ $ref: "other.json#/a" }] } },
      "SCHEMA_INVALID",
      "/items/anyOf/0/$ref",
    ],
    ["a reference to our own names", { $ref: "https://schema.invalid/0" }, "SCHEMA_INVALID", "/$ref"],
    ["a reference to nothing", { $ref: "#/$defs/a" }, "SCHEMA_INVALID", "/$ref"],
    ["a reference to what is no schema", { $ref: "#/enum/0", enum: [{}] }, "SCHEMA_INVALID", "/$ref"],
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
