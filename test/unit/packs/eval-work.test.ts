import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { folded, formed } from "#core/domain/packs/eval-folding.ts";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { evalOffer } from "#core/domain/packs/eval.ts";
import { inFence } from "../../../backend/worker/packs/eval/fence.ts";
import { isMultiple } from "../../../backend/worker/packs/eval/json-value.ts";
import { createMeter, METER_LIMITS } from "../../../backend/worker/packs/eval/meter.ts";
import { createSchemaCompiler } from "../../../backend/worker/packs/eval/schema-compiler.ts";
import { holds } from "../../../backend/worker/packs/eval/substring.ts";
import { reportOf, scoring } from "./eval-fixture.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A text that counts the characters that are read of it. */
function watched(text: string) {
  let reads = 0;
  const indexOf = (sought: string, from: number): number => {
    const found = text.indexOf(sought, from);
    reads += (found < 0 ? text.length : found + 1) - from;
    return found;
  };
  const charCodeAt = (at: number): number => {
    reads += 1;
    return text.charCodeAt(at);
  };
  return { text: { length: text.length, charCodeAt, indexOf, slice: text.slice.bind(text) }, reads: () => reads };
}

describe("the first fence", () => {
  test.each(["`", "~", "```\n", "``\n", " ", "   `", "\n", "~`"])(
    "in %j over and over is found by reading each character a few times",
    (piece) => {
      for (const chars of [1_000, 2_000, 4_000]) {
        const { text, reads } = watched(piece.repeat(chars / piece.length));
        inFence(text);
        expect(reads()).toBeLessThanOrEqual(6 * text.length + 6);
      }
    },
  );

  test.each([
    ["a\n```js\nb\nc\n```\nd", "b\nc"],
    ["````\n```\na\n```\n````", "```\na\n```"],
    ["~~~\na\n```\n~~~", "a\n```"],
    ["   ```\na\n  ```", "a"],
    ["```\nnever closed\n", "never closed\n"],
    ["```\n```", ""],
    ["    ```\na\n```", undefined],
    ["a ```\nb", undefined],
    ["```", undefined],
  ])("of %j is %j", (text, inside) => expect(inFence(text)).toBe(inside));
});

describe("a text that holds another", () => {
  test("is found as `includes` finds it", () => {
    const text = fc.array(fc.constantFrom("a", "b", "😀", "\uD83D"), { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, text, (before, sought, after) => {
        expect(holds(before + sought + after, sought)).toBe(true);
        expect(holds(before, sought)).toBe(before.includes(sought));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  test("is sought by reading both a few times, where they are all alike but for one character", () => {
    const [text, sought] = [watched("a".repeat(4_000)), watched(`${"a".repeat(300)}b${"a".repeat(1_000)}`)];
    expect(holds(text.text, sought.text)).toBe(false);
    expect(text.reads() + sought.reads()).toBeLessThanOrEqual(8 * (4_000 + 1_301));
  });
});

describe("texts that grow as they are folded", () => {
  const inputs = (output: string, expected: string, options: object) => ({
    cases: [{ id: "a", output, expected }],
    metrics: [{ metric: "levenshtein", ...options }],
  });
  const isTaken = (...given: Parameters<typeof inputs>) => evalOffer.inputs.safeParse(inputs(...given)).success;

  test.each([
    [{ normalize: "NFKC" }, "\uFDFA", 1_000],
    [{ ignore_case: true }, "\u0390", 5_000],
    [{ normalize: "NFC" }, "\uFB2C", 5_000],
  ])("%j: are counted by the characters that are compared", (options, character, count) => {
    const text = character.repeat(count);
    expect(isTaken(text, text, {})).toBe(true);
    expect(isTaken(text, text, options)).toBe(false);
    expect(isTaken(text, "a", options)).toBe(true);
  });

  test("and texts that do not grow may be as long as without folding", () => {
    const text = "a".repeat(14_000);
    expect(isTaken(text, text, { normalize: "NFKC", ignore_case: true })).toBe(true);
  });

  test("marks are put in order a few at a time", () => {
    const normalize = vi.spyOn(String.prototype, "normalize");
    formed(`a${"\u0301".repeat(2_000)}${"\uFF9E".repeat(2_000)}${"\u0323".repeat(2_000)}`, "NFKC");
    const longest = normalize.mock.contexts.map((context) => String(context).length);
    expect(Math.max(...longest)).toBeLessThanOrEqual(31);
  });

  test("a text of fewer marks than that is in Unicode's own form", () => {
    const text = `Ame\u0301lie e\u0323\u0302${"\u0301\u0323".repeat(14)} ﬁ`;
    expect(folded(text, { normalize: "NFC", ignore_case: false, whitespace: "keep" })).toBe(text.normalize("NFC"));
  });
});

describe("several references", () => {
  /** How often something was counted or looked up. */
  function lookups(work: () => void): number {
    const spies = [vi.spyOn(Map.prototype, "set"), vi.spyOn(Map.prototype, "get")];
    work();
    const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    spies.forEach((spy) => spy.mockRestore());
    return calls;
  }
  const output = Array.from({ length: 400 }, (_, at) => `w${at}`).join(" ");
  const score = (metric: unknown, references: number) => () => {
    const expected = Array.from({ length: references }, (_, at) => `w${at} x`);
    reportOf({ cases: [{ id: "a", output, expected }], metrics: [metric] });
  };

  test.each(["chrf", "bleu", "token_f1", "rouge_1", "rouge_2", { metric: "token_f1", tokenize: "char" }])(
    "of %j: the output is counted once for all",
    (metric) => {
      const [one, twenty] = [lookups(score(metric, 1)), lookups(score(metric, 20))];
      expect(one).toBeGreaterThan(400);
      expect(twenty - one).toBeLessThan(19 * 120);
    },
  );

  test.each(["exact", "contains", "levenshtein", "rouge_l"])("of %s: the output is folded once for all", (metric) => {
    const toLowerCase = vi.spyOn(String.prototype, "toLowerCase");
    const folding = metric === "rouge_l" ? {} : { ignore_case: true };
    score({ metric, ...folding }, 20)();
    expect(toLowerCase.mock.contexts.filter((context) => String(context).length > 400)).toHaveLength(1);
  });
});

test.each([
  ["chrf", {}, 6],
  ["bleu", {}, 8],
  ["bleu", { order: 1 }, 2],
  ["rouge_2", {}, 2],
  ["token_f1", {}, 1],
])("a run of %s %j may have so many characters that it counts %i times", (metric, options, times) => {
  const isTaken = (chars: number) => {
    const cases = Array.from({ length: 1_000 }, (_, at) => ({
      id: `${at}`,
      output: "a".repeat(chars),
      expected: "b",
    }));
    return evalOffer.inputs.safeParse({ cases, metrics: [{ metric, ...options }] }).success;
  };
  const most = Math.floor(EVAL_LIMITS.max_run_counted / 1_000 / times);
  expect([isTaken(most - 1), isTaken(most)]).toEqual([true, false]);
});

describe("schemas", () => {
  test.each([
    ["const", (value: unknown) => ({ items: { not: { const: value } } })],
    ["enum", (value: unknown) => ({ items: { not: { enum: [1, value] } } })],
  ])("a value of %s is read once, however many are compared to it", (_, schemaOf) => {
    let reads = 0;
    const value = Object.defineProperty({}, "a", { enumerable: true, get: () => ((reads += 1), "x") });
    const validate = createSchemaCompiler(createMeter(METER_LIMITS), false)(schemaOf(value), "/a");
    validate.errorOf(["y"]);
    const first = reads;
    expect(validate.errorOf(Array.from({ length: 500 }, () => "y"))).toBeUndefined();
    expect(reads).toBe(first);
  });

  const regexes = (count: number, pattern: string) => {
    const cases = [{ id: "a", output: JSON.stringify(Array.from({ length: count }, () => pattern)) }];
    const schema = { items: { format: "regex" } };
    return scoring({ cases, metrics: [{ metric: "json_schema", assert_formats: true, schema }] });
  };

  test("the expressions in an output are counted by what compiling them takes, before it is done", () => {
    expect(regexes(31, "a{1000}")).toMatchObject({ kind: "scored" });
    expect(regexes(40, "a{1000}")).toMatchObject({ kind: "rejected", reason_code: "SCHEMA_TOO_COSTLY" });
  });

  test("an expression that expands to more than a pattern may is no regex", () => {
    const scores = ["a{900}", "(abc){900}", "(", "\\p{Letter}"].map((pattern) => regexes(1, pattern));
    expect(scores.map((one) => one.kind === "scored" && one.report.overall.mean)).toEqual([1, 0, 0, 1]);
  });

  test("a long name counts for each schema that is applied below it", () => {
    const schema = { allOf: Array.from({ length: 600 }, () => ({ additionalProperties: { type: "number" } })) };
    const outcome = scoring({
      cases: [{ id: "a", output: JSON.stringify({ ["x".repeat(100_000)]: 1 }) }],
      metrics: [{ metric: "json_schema", schema }],
    });
    expect(outcome).toMatchObject({ kind: "rejected", reason_code: "SCHEMA_TOO_COSTLY" });
  });

  test("a multiple is told without powers of ten as long as numbers are large", () => {
    const powers: number[] = [];
    const real = BigInt;
    vi.stubGlobal("BigInt", (given: string | number) => {
      if (typeof given === "number") powers.push(given);
      return real(given);
    });
    expect(isMultiple(1.7976931348623157e308, 5e-324)).toBe(true);
    expect(isMultiple(1e308, 3e-300)).toBe(false);
    expect(isMultiple(5e-324, 1e308)).toBe(false);
    expect(isMultiple(0, 1e308)).toBe(true);
    expect(isMultiple(-19.99, 0.01)).toBe(true);
    expect(Math.max(0, ...powers)).toBeLessThanOrEqual(25);
  });

  test("a multiple is one by the whole powers too", () => {
    const decimal = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: -30, max: 30 }));
    const whole = ([digits, exponent]: [number, number]) => BigInt(digits) * 10n ** BigInt(exponent + 30);
    fc.assert(
      fc.property(decimal, decimal, (value, of) => {
        const [one, other] = [value, of].map(([digits, exponent]) => Number(`${digits}e${exponent}`));
        expect(isMultiple(one ?? 0, other ?? 1)).toBe(whole(value) % whole(of) === 0n);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  test("a text counts again for each format that is asserted of it", () => {
    const schema = { allOf: Array.from({ length: 100 }, () => ({ format: "email" })) };
    const email = `${"a".repeat(60)}@${"a.".repeat(4_000)}a`;
    const outcome = scoring({
      cases: [{ id: "a", output: JSON.stringify(email) }],
      metrics: [{ metric: "json_schema", assert_formats: true, schema: { not: { anyOf: schema.allOf } } }],
    });
    expect(outcome).toMatchObject({ kind: "rejected", reason_code: "SCHEMA_TOO_COSTLY" });
  });
});
