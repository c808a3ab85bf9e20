import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false }) as fc.Arbitrary<Json>;
const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a value says, in a form of the test's own: two values say the same exactly when these are equal. */
function meaning(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((each: Json) => meaning(each)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${meaning(each)}`);
  return `{${members.toSorted().join()}}`;
}

/** The same value with the members of each object in another order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map((each: Json) => reversed(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, reversed(each)]),
  );
}

/** A value with the leaf that a walk of `turns` meets replaced. */
function withLeaf(value: Json, turns: readonly number[], leaf: Json): Json {
  const [turn = 0, ...rest] = turns;
  if (Array.isArray(value) && value.length > 0) {
    return value.map((each: Json, index) => (index === turn % value.length ? withLeaf(each, rest, leaf) : each));
  }
  if (!isObject(value) || Object.keys(value).length === 0) return leaf;
  const members = Object.entries(value);
  return Object.fromEntries(
    members.map(([name, each], index) => [name, index === turn % members.length ? withLeaf(each, rest, leaf) : each]),
  );
}

const jsonHash = (value: unknown) => sha256Hex(canonicalJson(value));

describe("the hash of canonical JSON", () => {
  test("is blind to the order of members, at any depth, and to white space", () => {
    fc.assert(
      fc.property(json, fc.nat(8), (value, indent) => {
        expect(jsonHash(reversed(value))).toBe(jsonHash(value));
        expect(jsonHash(JSON.parse(JSON.stringify(reversed(value), null, indent)))).toBe(jsonHash(value));
      }),
    );
  });

  test("is blind to how a number is written", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(12), fc.nat(12), (value, places, zeros) => {
        const shift = value === 0 ? 0 : zeros;
        const digits = `${value}${"0".repeat(shift)}`;
        const forms = [
          `${value}`,
          `${value}.${"0".repeat(places + 1)}`,
          `${value}e0`,
          `${value}E+0`,
          `${digits}e-${shift}`,
        ];
        const hashes = forms.map((form) => jsonHash(JSON.parse(`{"amount":${form}}`)));
        expect(new Set(hashes)).toEqual(new Set([jsonHash({ amount: value })]));
      }),
    );
  });

  test("changes with any value in it", () => {
    fc.assert(
      fc.property(json, fc.array(fc.nat(), { maxLength: 5 }), json, (value, turns, leaf) => {
        const changed = withLeaf(value, turns, leaf);
        expect(jsonHash(changed) === jsonHash(value)).toBe(meaning(changed) === meaning(value));
      }),
      { numRuns: 500 },
    );
  });

  test("changes with any name, and with a member more or less", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), json, { minKeys: 1, noNullPrototype: true }),
        fc.string(),
        (value, name) => {
          const [[first, held] = ["", null], ...others] = Object.entries(value);
          expect(jsonHash(Object.fromEntries(others))).not.toBe(jsonHash(value));
          if (name === first || name in value) return;
          expect(jsonHash({ ...Object.fromEntries(others), [name]: held })).not.toBe(jsonHash(value));
        },
      ),
    );
  });

  test("is taken of a text that reads back as the same value", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(meaning(JSON.parse(text) as Json)).toBe(meaning(value));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});
