import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";

const randomness = fc.uint8Array({ minLength: API_KEY_RANDOM_BYTES, maxLength: API_KEY_RANDOM_BYTES });
const key = fc
  .tuple(fc.constantFrom("live" as const, "test" as const), randomness)
  .filter(([, bytes]) => bytes.filter((byte) => byte < 248).length >= 32)
  .map(([mode, bytes]) => newApiKey(mode, bytes));

describe("an API key", () => {
  test("has the form of the contract, and the CRC-32 of zip", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(text).toMatch(/^dpp_(live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}$/);
        expect(text.slice(-8)).toBe(crc32(text.slice(0, -9)).toString(16).padStart(8, "0"));
      }),
    );
  });

  test("is known by its SHA-256 alone", () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(parseApiKey(text)).toEqual({
          sha256: createHash("sha256").update(text).digest("hex"),
          mode: text.slice(4, 8),
        });
      }),
    );
  });

  test("with any one character mistyped is no key", () => {
    fc.assert(
      fc.property(key, fc.nat(), fc.constantFrom(..."0aZ_-. ".split("")), (text, at, typo) => {
        const index = at % text.length;
        const mistyped = text.slice(0, index) + typo + text.slice(index + 1);
        expect(parseApiKey(mistyped)).toEqual(mistyped === text ? expect.anything() : undefined);
      }),
    );
  });

  test.each([
    "",
    "dpp_live_",
    "Bearer x",
    `dpp_prod_${"a".repeat(32)}_00000000`,
    `dpp_live_${"a".repeat(32)}_ABCDEF01\n`,
  ])("%j is no key", (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  test("is never made of too little randomness", () => {
    expect(() => newApiKey("live", new Uint8Array(31))).toThrow(RangeError);
    expect(() => newApiKey("live", new Uint8Array(API_KEY_RANDOM_BYTES).fill(255))).toThrow(RangeError);
  });
});
