import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".split("");
const mode = fc.constantFrom("live" as const, "test" as const);
const randomness = fc
  .uint8Array({ minLength: API_KEY_RANDOM_BYTES, maxLength: API_KEY_RANDOM_BYTES })
  .filter((bytes) => bytes.filter((byte) => byte < 248).length >= 32);
const key = fc.tuple(mode, randomness).map((made) => newApiKey(...made));

const positions = (text: string): number[] => Array.from(text, (_, index) => index);
/** Which of these texts pass for a key. */
const taken = (texts: readonly string[]): string[] => texts.filter((text) => parseApiKey(text) !== undefined);

describe("an API key", () => {
  test("reads back: its mode, and a hash that no other key has", () => {
    fc.assert(
      fc.property(mode, randomness, randomness, (kind, one, other) => {
        const [first, second] = [newApiKey(kind, one), newApiKey(kind, other)];
        expect(parseApiKey(first)?.mode).toBe(kind);
        expect(parseApiKey(first)?.sha256 === parseApiKey(second)?.sha256).toBe(first === second);
      }),
    );
  });

  test("is none with any one character changed to any other", () => {
    const other = fc.oneof(
      fc.constantFrom(...ALPHABET, "_", "-"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(key, other, (text, typo) => {
        const places = positions(text).filter((at) => text[at] !== typo);
        expect(taken(places.map((at) => text.slice(0, at) + typo + text.slice(at + 1)))).toEqual([]);
      }),
    );
  });

  test("is none with any two neighbours exchanged", () => {
    fc.assert(
      fc.property(key, (text) => {
        const places = positions(text).filter((at) => at > 0 && text[at - 1] !== text[at]);
        const exchanged = places.map((at) => text.slice(0, at - 1) + text[at] + text[at - 1] + text.slice(at + 1));
        expect(taken(exchanged)).toEqual([]);
      }),
    );
  });

  test("is none with a character too few or too many", () => {
    fc.assert(
      fc.property(key, fc.constantFrom(...ALPHABET, "_", " ", "\n"), (text, extra) => {
        expect(taken(positions(text).map((at) => text.slice(0, at) + text.slice(at + 1)))).toEqual([]);
        expect(taken(positions(text).map((at) => text.slice(0, at) + extra + text.slice(at)))).toEqual([]);
        expect(taken([text + extra])).toEqual([]);
      }),
    );
  });

  test("is never read out of garbage, which raises nothing", () => {
    const shaped = fc.stringMatching(/^dpp_(live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}$/);
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 100 }), fc.string({ maxLength: 5_000 }), shaped),
        (text) => {
          expect(parseApiKey(text)).toBeUndefined();
        },
      ),
    );
  });

  test("draws each character alike often", () => {
    const keys = 5_000;
    const stream = createHash("shake256", { outputLength: keys * API_KEY_RANDOM_BYTES })
      .update("a fixed seed")
      .digest();
    const seen = new Map(ALPHABET.map((character) => [character, 0]));
    for (let made = 0; made < keys; made++) {
      const bytes = stream.subarray(made * API_KEY_RANDOM_BYTES, (made + 1) * API_KEY_RANDOM_BYTES);
      for (const character of newApiKey("live", bytes).slice(9, 41)) {
        seen.set(character, (seen.get(character) ?? Number.NaN) + 1);
      }
    }
    const expected = (keys * 32) / ALPHABET.length;
    const chiSquare = [...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 61 degrees of freedom: an even draw is above this once in a million seeds, a modulo without rejection far above.
    expect(chiSquare).toBeLessThan(125);
  });
});
