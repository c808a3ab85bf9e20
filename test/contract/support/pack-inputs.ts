import fc from "fast-check";
import { CHAR_STYLES } from "#core/domain/packs/char.ts";
import { complianceRules } from "#core/domain/packs/compliance.ts";
import { METRIC_NAMES } from "#core/domain/packs/eval-metrics.ts";

export interface Priced {
  /** As a caller writes them, defaults left out. */
  readonly inputs: unknown;
  /** What they cost by the price list as README prints it, in micros. */
  readonly micros: number;
}

const names = (least: number, most: number) =>
  fc.uniqueArray(fc.stringMatching(/^[a-z~/][a-z0-9 ]{0,8}[a-z]$/), { minLength: least, maxLength: most });
const number = fc.oneof(fc.integer({ min: -1_000, max: 1_000 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const weight = fc.double({ min: 0, minExcluded: true, max: 1e6, noNaN: true });

/** Whole tables, so that no model is needed: 0.0100 + 0.0005 a cell. */
const decision = fc
  .tuple(
    names(2, 6),
    names(1, 5),
    fc.constantFrom("weighted_sum", "topsis", "vikor", "promethee"),
    fc.constantFrom("brief", "detailed"),
  )
  .chain(([options, criteria, method, mode]) =>
    fc
      .record({
        weights: fc.array(fc.tuple(weight, fc.constantFrom("max", "min")), {
          minLength: criteria.length,
          maxLength: criteria.length,
        }),
        cells: fc.array(number, {
          minLength: options.length * criteria.length,
          maxLength: options.length * criteria.length,
        }),
      })
      .map(({ weights, cells }): Priced => {
        const row = (at: number) =>
          Object.fromEntries(criteria.map((name, column) => [name, cells[at * criteria.length + column]]));
        return {
          inputs: {
            question: "Which?",
            method,
            mode,
            options,
            criteria: criteria.map((name, at) => ({ name, weight: weights[at]?.[0], direction: weights[at]?.[1] })),
            scores: Object.fromEntries(options.map((option, at) => [option, row(at)])),
          },
          micros: 10_000 + 500 * cells.length,
        };
      }),
  );

/** 0.0050 a portrait. */
const char = fc
  .record(
    {
      name: fc
        .stringMatching(/^\S([\p{L}\p{M}\p{N}&<>"' ]{0,40}[\p{L}\p{So}])?$/u)
        .filter((text) => /^\P{C}+$/u.test(text)),
      style: fc.constantFrom(...CHAR_STYLES),
      seed: fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
      size: fc.integer({ min: 32, max: 1_024 }),
    },
    { requiredKeys: ["name"] },
  )
  .map((inputs): Priced => ({ inputs, micros: 5_000 }));

/** 0.0010 + 0.0010 a started 10,000 bytes of UTF-8. */
const compliance = fc
  .record(
    {
      text: fc
        .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 1_500 }))
        .map(([piece, times]) => piece.repeat(times)),
      rules: fc.subarray([...complianceRules], { minLength: 1 }),
      regions: fc.subarray(["US", "GB", "DE"], { minLength: 1 }),
      patterns: fc.constant([{ name: "word", pattern: "w[a-z]+d" }]),
      mask: fc.constantFrom("rule", "kind", "pseudonym"),
      min_confidence: fc.constantFrom(0, 0.5, 1),
    },
    { requiredKeys: ["text"] },
  )
  .map((inputs): Priced => {
    const tens = Math.max(1, Math.ceil(Buffer.byteLength(inputs.text) / 10_000));
    return { inputs, micros: 1_000 + 1_000 * tens };
  });

const EXPECTED = {
  numeric: fc.double({ noNaN: true, noDefaultInfinity: true }),
  regex: fc.constantFrom("a", "^[a-c]+$", "\\d{2,4}", "(x|y)*z"),
  json_schema: fc.constantFrom({}, { type: "number" }, { enum: ["a", 1] }, { type: "object", required: ["a"] }),
} as const;
const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });

/** 0.0020 + 0.0001 for each case under each metric. */
const evaluation = fc
  .oneof(
    ...(["numeric", "regex", "json_schema"] as const).map((metric) =>
      fc.tuple(fc.constant([metric]), EXPECTED[metric]),
    ),
    fc.tuple(
      fc.subarray(
        METRIC_NAMES.filter((name) => !(name in EXPECTED) && name !== "model_graded"),
        { minLength: 1, maxLength: 10 },
      ),
      word,
    ),
  )
  .chain(([metrics, expected]) =>
    fc.array(word, { minLength: 1, maxLength: 12 }).map((outputs): Priced => ({
      inputs: { cases: outputs.map((output, at) => ({ id: `case ${at}`, output, expected })), metrics },
      micros: 2_000 + 100 * outputs.length * metrics.length,
    })),
  );

/** The path tells the server of the test how many bytes to send: 0.0020 + 0.0010 a started 100,000 of them. */
const url = (origin: string) =>
  fc
    .record({
      bytes: fc.oneof(fc.integer({ min: 0, max: 350_000 }), fc.constantFrom(0, 1, 99_999, 100_000, 100_001, 200_000)),
      format: fc.constantFrom("text", "markdown", "links"),
    })
    .map(({ bytes, format }): Priced => ({
      inputs: { url: `${origin}/${bytes}`, format },
      micros: 2_000 + 1_000 * Math.max(1, Math.ceil(bytes / 100_000)),
    }));

/** Random valid inputs by pack, with how often to draw. A pack that is not here is tried on its example alone. */
export const pricedInputs = (
  origin: string,
): Readonly<Record<string, { readonly draw: fc.Arbitrary<Priced>; readonly times: number } | undefined>> => ({
  decision: { draw: decision, times: 150 },
  char: { draw: char, times: 60 },
  compliance: { draw: compliance, times: 100 },
  eval: { draw: evaluation, times: 8 },
  url: { draw: url(origin), times: 20 },
});
