import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsd, micros, microsFromText, minimumFee, parseUsd } from "#core/domain/money.ts";

const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).map(micros);

describe("money", () => {
  test("what is printed reads back as the same amount, to the micro", () => {
    fc.assert(
      fc.property(amount, (value) => {
        expect(parseUsd(formatUsd(value))).toBe(value);
      }),
    );
  });

  test("is printed with four places, and two more only where they matter", () => {
    expect([0, 1, 10, 99, 100, 5_000, 1_000_000, 5_202, 123_456_789].map((value) => formatUsd(micros(value)))).toEqual([
      "0.0000",
      "0.000001",
      "0.000010",
      "0.000099",
      "0.0001",
      "0.0050",
      "1.0000",
      "0.005202",
      "123.456789",
    ]);
    expect(formatUsd(micros(100_000_000_000_000))).toBe("100000000.0000");
  });

  test.each([
    "",
    ".5",
    "5.",
    "-1",
    "+1",
    "1e3",
    "NaN",
    "Infinity",
    "0x10",
    "1,0",
    " 1",
    "1 ",
    "1.0000001",
    "12345678901",
    "٣",
  ])("%j is no amount", (text) => {
    expect(parseUsd(text)).toBeUndefined();
  });

  test.each([
    ["5", 5_000_000],
    ["5.0", 5_000_000],
    ["0.0050", 5_000],
    ["0.000001", 1],
    ["007.5", 7_500_000],
    ["1234567890", 1_234_567_890_000_000],
  ])("%j is %d micros", (text, expected) => {
    expect(parseUsd(text)).toBe(expected);
  });

  test("beyond the safe integers there is no amount", () => {
    expect(parseUsd("9007199254.740992")).toBeUndefined();
    expect(parseUsd("9007199254.740991")).toBe(Number.MAX_SAFE_INTEGER);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(() => micros(value)).toThrow(RangeError);
    }
    for (const text of ["-1", "1.0", "", "1e5", "9007199254740993"])
      expect(() => microsFromText(text)).toThrow(RangeError);
  });

  test.each([
    [5_000, 5_000],
    [5_001, 5_000],
    [250_000, 5_000],
    [250_050, 5_001],
    [300_049, 6_000],
    [5_000_000, 100_000],
    [1_000_000_000_000, 100_000],
    [4_999, 4_999],
    [0, 0],
  ])("the minimum fee of a reservation of %d micros is %d", (reserved, fee) => {
    expect(minimumFee(micros(reserved), micros(reserved))).toBe(fee);
  });

  test.each([
    [10_000_000, 3_000, 3_000],
    [10_000_000, 99_999, 99_999],
    [10_000_000, 100_001, 100_000],
    [5_000, 0, 0],
    [5_000, 12_000, 5_000],
  ])("the minimum fee of %d micros for what costs %d is %d", (reserved, price, fee) => {
    expect(minimumFee(micros(reserved), micros(price))).toBe(fee);
  });

  test("the minimum fee is never above the reservation, nor above ten cents", () => {
    fc.assert(
      fc.property(amount, (reserved) => {
        const fee = minimumFee(reserved, reserved);
        expect(fee).toBeLessThanOrEqual(Math.min(reserved, 100_000));
        expect(fee).toBeGreaterThanOrEqual(Math.min(reserved, 5_000));
      }),
    );
  });
});
