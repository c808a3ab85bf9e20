import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsd, micros, microsFromText, minimumFee, parseUsd } from "#core/domain/money.ts";
import { chargeFor, priceOf } from "#core/domain/pack.ts";

const MOST = BigInt(Number.MAX_SAFE_INTEGER);
const integer = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const amount = integer.map(micros);
/** Where the laws bend: around the floor, the ceiling and their shares of a reservation. */
const reservation = fc.oneof(amount, fc.integer({ min: 0, max: 12_000_000 }).map(micros));

/** Micros of a decimal text, read digit by digit; undefined for what is no amount. */
function readSlowly(text: string): bigint | undefined {
  const [whole = "", decimals, ...more] = text.split(".");
  const digits = `${whole}${decimals ?? ""}`.split("");
  if (more.length > 0 || !digits.every((digit) => "0123456789".includes(digit))) return undefined;
  if (whole.length < 1 || whole.length > 10 || decimals?.length === 0 || (decimals?.length ?? 0) > 6) return undefined;
  const value = BigInt(digits.join("") + "0".repeat(6 - (decimals?.length ?? 0)));
  return value <= MOST ? value : undefined;
}

/** A printed figure as an exact number of micros, whatever its number of places. */
function exactly(printed: string): bigint {
  const [whole = "", decimals = ""] = printed.split(".");
  return BigInt(whole + decimals.padEnd(6, "0"));
}

const nearly = fc.array(fc.constantFrom(..."0123456789....-+eE, _x\n٣".split("")), { maxLength: 20 });
const spelled = fc.oneof(
  fc.string({ unit: "binary" }),
  nearly.map((letters) => letters.join("")),
  fc.tuple(integer, fc.nat(20), fc.constantFrom("", " ", "-", ".", "0", "e1", "9")).map(([value, at, extra]) => {
    const printed = formatUsd(micros(value));
    return printed.slice(0, at) + extra + printed.slice(at);
  }),
);

describe("money in text", () => {
  test("is read as a slow and exact reader does, and all else is refused", () => {
    fc.assert(
      fc.property(spelled, (text) => {
        const expected = readSlowly(text);
        expect(parseUsd(text)).toBe(expected === undefined ? undefined : Number(expected));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is the same amount however many zeros are written", () => {
    fc.assert(
      fc.property(amount, fc.nat(6), (value, places) => {
        const [whole = "", decimals = ""] = formatUsd(value).split(".");
        const written = decimals.replace(/0+$/, "").padEnd(places, "0");
        expect(parseUsd(written === "" ? whole : `${whole}.${written}`)).toBe(value);
      }),
    );
  });

  test("adds up: printed figures sum to the printed sum, to the micro", () => {
    fc.assert(
      fc.property(fc.array(integer, { maxLength: 20 }), (values) => {
        const parts = values.map((value) => Math.floor(value / 20));
        const printed = parts.map((part) => exactly(formatUsd(micros(part))));
        const sum = parts.reduce((total, part) => total + part, 0);
        expect(printed.reduce((total, part) => total + part, 0n)).toBe(exactly(formatUsd(micros(sum))));
      }),
    );
  });

  test("is written in full however large", () => {
    const large = fc.integer({ min: 10 ** 14, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(large, (value) => {
        expect(formatUsd(micros(value))).toMatch(/^\d{9,10}\.\d{4}(\d\d)?$/);
        expect(exactly(formatUsd(micros(value)))).toBe(BigInt(value));
        expect(String(microsFromText(String(value)))).toBe(BigInt(value).toString());
      }),
    );
  });

  test("is never a fraction, a negative or an unsafe number", () => {
    const invalid = fc.oneof(
      fc.double().filter((value) => !Number.isSafeInteger(value) || value < 0),
      fc.integer({ max: -1 }),
      fc.bigInt({ min: MOST + 1n, max: 10n ** 30n }).map(Number),
    );
    fc.assert(
      fc.property(invalid, (value) => {
        expect(() => micros(value)).toThrow(RangeError);
        expect(() => microsFromText(String(value))).toThrow(RangeError);
      }),
    );
  });
});

describe("the minimum fee", () => {
  const exact = (reserved: bigint, price: bigint): bigint => {
    const share = reserved / 50n > 5_000n ? reserved / 50n : 5_000n;
    return [share, 100_000n, price, reserved].reduce((least, next) => (next < least ? next : least));
  };

  test("is two per cent between its floor and its ceiling, and never above the price or the reservation", () => {
    fc.assert(
      fc.property(reservation, reservation, (reserved, price) => {
        const fee = minimumFee(reserved, price);
        expect(BigInt(fee)).toBe(exact(BigInt(reserved), BigInt(price)));
        expect(fee).toBeLessThanOrEqual(Math.min(reserved, price));
      }),
      { numRuns: 1_000 },
    );
  });

  test("never falls when more is reserved", () => {
    fc.assert(
      fc.property(reservation, reservation, reservation, (a, b, price) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(minimumFee(less, price)).toBeLessThanOrEqual(minimumFee(more, price));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a charge", () => {
  const NAMES = ["base", "cell", "kilotoken"] as const;
  const count = fc.oneof(fc.nat(1_000_000), integer);
  const unit = fc.oneof(fc.nat(1_000_000), integer);
  const bought = fc.uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), unit, count }), {
    selector: ({ name }) => name,
  });

  const listed = (items: readonly { readonly name: string; readonly unit: number; readonly count: number }[]) => ({
    prices: Object.fromEntries(items.map(({ name, unit }) => [name, { unit_micros: micros(unit), per: name }])),
    units: Object.fromEntries(items.map(({ name, count }) => [name, count])),
    exact: items.reduce((total, { unit, count }) => total + BigInt(unit) * BigInt(count), 0n),
  });

  test("is the price times the units, exactly, and none where that is above the reservation", () => {
    fc.assert(
      fc.property(bought, amount, (items, reserved) => {
        const { prices, units, exact } = listed(items);
        if (exact > MOST) {
          expect(() => chargeFor(prices, units, reserved)).toThrow(RangeError);
          return;
        }
        expect(BigInt(priceOf(prices, units))).toBe(exact);
        expect(chargeFor(prices, units, reserved)).toBe(exact > BigInt(reserved) ? undefined : Number(exact));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is never made of a unit that has no price, nor of a count that is none", () => {
    const prices = { base: { unit_micros: micros(1), per: "run" } };
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1 }), (name, count) => {
        fc.pre(name !== "base");
        expect(() => priceOf(prices, { [name]: count })).toThrow(RangeError);
      }),
    );
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      expect(() => priceOf(prices, { [name]: 1 })).toThrow(RangeError);
    }
    fc.assert(
      fc.property(fc.double(), (count) => {
        fc.pre(!Number.isSafeInteger(count) || count < 0);
        expect(() => priceOf(prices, { base: count })).toThrow(RangeError);
      }),
    );
  });
});
