import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest, payloadHash, payloadOf } from "#core/domain/run-request.ts";
import { pricedInputs } from "../../contract/support/pack-inputs.ts";

type Json = Readonly<Record<string, unknown>>;

const DECISION = { question: "Tea or coffee?", options: ["tea", "coffee"] };
const order = (change: Json = {}) => ({ pack_type: "decision", inputs: DECISION, max_cost_usd: "0.05", ...change });
const hashOf = (body: unknown): string => {
  const hash = payloadHash(body);
  if (hash === undefined) throw new Error(`no submit accepts ${JSON.stringify(body)}`);
  return hash;
};
const requestOf = (body: unknown) => {
  const parsed = parseRunRequest(body);
  if ("error" in parsed) throw parsed.error;
  return parsed.request;
};
const types = [...catalog.keys()];
const drawn = pricedInputs("https://example.com");
const inputsOf = (pack_type: string): fc.Arbitrary<unknown> =>
  drawn[pack_type]?.draw.map(({ inputs }) => inputs) ?? fc.constant(catalog.get(pack_type)?.examples[0].inputs);
const bodies = fc
  .constantFrom(...types)
  .chain((pack_type) => inputsOf(pack_type).map((inputs) => ({ pack_type, inputs, max_cost_usd: "5" })));

/** The same body with the members of every object in another order. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([name, each]) => [name, reversed(each)]));
};

test("a payload hash can be computed from what the documents say", () => {
  const body = order({ min_reliability_score: 0.5, webhook: "https://hooks.example.com" });
  const canonical =
    '{"inputs":{"method":"weighted_sum","mode":"brief","options":["tea","coffee"],"question":"Tea or coffee?"},' +
    '"max_cost_usd":"0.0500","metadata":{},"min_reliability_score":0.5,"pack_type":"decision","timebox_sec":90,' +
    '"webhook":"https://hooks.example.com/"}';
  expect(hashOf(body)).toBe(sha256Hex(canonical));
});

describe("the same order has one payload hash", () => {
  test.each<[string, Json]>([
    ["an amount with other zeros", { max_cost_usd: "0.0500" }],
    ["an amount with leading zeros", { max_cost_usd: "00.05" }],
    ["the default of the timebox spelt out", { timebox_sec: 90 }],
    ["no metadata spelt out", { metadata: {} }],
    ["defaults of the pack spelt out", { inputs: { ...DECISION, mode: "brief", method: "weighted_sum" } }],
  ])("whatever of it is written: %s", (_, change) => {
    expect(hashOf(order(change))).toBe(hashOf(order()));
  });

  test("with its members in any order and every default spelt out, of every pack", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const { inputs, sha256 } = payloadOf(requestOf(body));
        expect(hashOf(reversed(body))).toBe(sha256);
        expect(hashOf({ ...body, inputs: JSON.parse(inputs) as unknown, timebox_sec: 90, metadata: {} })).toBe(sha256);
      }),
      { numRuns: 300 },
    );
  });

  test("with an address of a webhook in another form", () => {
    const at = (webhook: string) => hashOf(order({ webhook }));
    expect(at("https://hooks.example.com")).toBe(at("https://HOOKS.example.com:443/"));
    expect(at("https://hooks.example.com/a")).not.toBe(at("https://hooks.example.com/A"));
  });
});

describe("two orders have two payload hashes", () => {
  test.each<[string, Json]>([
    ["the cap", { max_cost_usd: "0.050001" }],
    ["the timebox", { timebox_sec: 91 }],
    ["a least reliability", { min_reliability_score: 0 }],
    ["metadata", { metadata: { a: "" } }],
    ["a webhook", { webhook: "https://hooks.example.com/" }],
    ["what its webhook carries", { webhook: "https://hooks.example.com/", webhook_include_output: true }],
    ["the order of a list", { inputs: { ...DECISION, options: ["coffee", "tea"] } }],
    ["white space in a text", { inputs: { ...DECISION, question: "Tea or coffee? " } }],
    ["letters in another case", { inputs: { ...DECISION, question: "tea or coffee?" } }],
    ["letters of another Unicode form", { inputs: { ...DECISION, question: "Te\u0301 or coffee?" } }],
    ["an empty list where none was given", { inputs: { ...DECISION, criteria: [] } }],
  ])("where they differ in %s", (_, change) => {
    expect(hashOf(order(change))).not.toBe(hashOf(order()));
  });

  test("a number and its text are two", () => {
    const judged = (expected: unknown) => ({
      pack_type: "eval",
      max_cost_usd: "1",
      inputs: { cases: [{ id: "a", output: "1", expected }], metrics: ["numeric"] },
    });
    expect(hashOf(judged(1))).not.toBe(hashOf(judged("1")));
  });

  test("exactly where what was read of them differs, of every pack", () => {
    const meaning = (body: unknown) => canonicalJson(requestOf(body));
    fc.assert(
      fc.property(bodies, bodies, (one, other) => {
        expect(hashOf(one) === hashOf(other)).toBe(meaning(one) === meaning(other));
      }),
      { numRuns: 300 },
    );
  });
});

/** The body with one member more in one of its objects, the `turn`-th of them. */
function withMore(value: unknown, turn: { left: number }): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => withMore(each, turn));
  if (typeof value !== "object" || value === null) return value;
  turn.left -= 1;
  const more = turn.left === -1 ? { unheard_of: 1 } : {};
  const members = Object.entries(value).map(([name, each]) => [name, withMore(each, turn)]);
  return { ...Object.fromEntries(members), ...more };
}

test("nothing of a body is dropped without a word, so that no hash is blind to it", () => {
  fc.assert(
    fc.property(bodies, fc.nat(6), (body, left) => {
      const turn = { left };
      const changed = withMore(body, turn);
      // Not as many objects.
      if (turn.left >= 0) return;
      expect(payloadHash(changed)).not.toBe(hashOf(body));
    }),
    { numRuns: 300 },
  );
});
