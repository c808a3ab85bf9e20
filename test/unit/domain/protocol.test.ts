import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson, idempotencyKey } from "#core/domain/idempotency.ts";
import { newId, uuid } from "#core/domain/ids.ts";
import { decodeSignal, encodeSignal } from "#core/domain/message.ts";
import { micros } from "#core/domain/money.ts";
import { chargeFor, priceOf, unitsWithin } from "#core/domain/pack.ts";
import { readVerdict, receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { continueTrace, traceIdOf } from "#core/domain/trace.ts";

const bytes = fc.uint8Array({ minLength: 24, maxLength: 24 });
const UUID = "01a1fa38-752a-7043-a82d-ed614a870fe5";

const jsonHash = (value: unknown) => sha256Hex(canonicalJson(value));

describe("the hash of canonical JSON", () => {
  test("is blind to the order of members and to white space, and to nothing else", () => {
    expect(jsonHash({ a: 1, b: [1, 2] })).toBe(jsonHash(JSON.parse('{ "b": [1, 2.0], "a": 1e0 }')));
    expect(jsonHash({ a: 1, b: [1, 2] })).not.toBe(jsonHash({ a: 1, b: [2, 1] }));
    expect(jsonHash({ a: 1 })).not.toBe(jsonHash({ a: "1" }));
    expect(jsonHash({ a: 1 })).not.toBe(jsonHash({ a: 1, webhook: null }));
  });

  test("is taken of RFC 8785's own example", () => {
    const example = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as unknown;
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });
});

test.each([
  ["12345678", true],
  ["a b c d e f", true],
  ["~".repeat(64), true],
  ["1234567", false],
  ["x".repeat(65), false],
  ["with\ttab!", false],
  ["ünicode-key", false],
  [" leading-1", false],
  ["trailing1 ", false],
  ["order-1, order-2", false],
  ["order-1,,\u0020", false],
  ["order-1,order-2", true],
  [",,,,,,,,", true],
])("%j as an idempotency key: %s", (key, fits) => {
  expect(idempotencyKey.safeParse(key).success).toBe(fits);
});

test("ids are UUIDv7: of their millisecond, and in its order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 47 }), bytes, (now, random) => {
      const id = newId(now, random.slice(0, 16));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(now);
      expect(uuid.parse(id.toUpperCase())).toBe(id);
    }),
  );
});

describe("a trace", () => {
  const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

  test("goes on under the caller's id, with a span of our own and its flags", () => {
    fc.assert(
      fc.property(bytes, (random) => {
        const trace = continueTrace(given, random);
        expect(trace.trace_id).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
        expect(trace.parent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
        expect(trace.parent).not.toBe(given);
      }),
    );
  });

  test.each([undefined, "", "garbage", given.toUpperCase(), `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `${given}-x`])(
    "starts anew after %j",
    (header) => {
      const random = new Uint8Array(24).fill(7);
      expect(continueTrace(header, random)).toEqual({
        trace_id: "07".repeat(16),
        parent: `00-${"07".repeat(16)}-${"07".repeat(8)}-01`,
      });
    },
  );

  test("tells its id, and nothing of what is malformed", () => {
    expect(traceIdOf(given)).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
    expect(traceIdOf("00-zz")).toBeUndefined();
  });
});

describe("a receipt", () => {
  const receipt = {
    cost: micros(12_345),
    sha256: "a".repeat(64),
    finalize_token: UUID,
    bytes: 99,
    reliability: 0.25,
  };

  test("reads back from its object's metadata", () => {
    expect(readVerdict(receiptMetadata(receipt))).toEqual({ kind: "receipt", receipt });
  });

  test.each([
    [{ tombstone: "true" }, "tombstone"],
    [{}, "unreadable"],
    [{ ...receiptMetadata(receipt), "actual-cost-usd-micros": "-1" }, "unreadable"],
    [{ ...receiptMetadata(receipt), "actual-cost-usd-micros": "99999999999999999" }, "unreadable"],
    [{ ...receiptMetadata(receipt), "finalize-token": "x" }, "unreadable"],
    [{ ...receiptMetadata(receipt), sha256: "A".repeat(64) }, "unreadable"],
    [{ ...receiptMetadata(receipt), reliability: "2" }, "unreadable"],
  ])("metadata %j is judged %s", (metadata, kind) => {
    expect(readVerdict(metadata).kind).toBe(kind);
  });

  test("lies at a key of its tenant, run and attempt", () => {
    expect(resultKey("t", "r", 3)).toBe("results/t/r/3.json");
  });
});

describe("a price", () => {
  const prices = {
    base: { unit_micros: micros(1_000), per: "run" },
    cell: { unit_micros: micros(500), per: "cell" },
  };

  test("is the price list times the units, and there is no charge above the reservation", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000_000), (base, cell, reserved) => {
        const price = priceOf(prices, { base, cell });
        expect(price).toBe(1_000 * base + 500 * cell);
        expect(chargeFor(prices, { base, cell }, micros(reserved))).toBe(price > reserved ? undefined : price);
      }),
    );
  });

  test("tells how many units a cap covers beside the others: not one more, and none where it covers not even those", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(50), (cap, base) => {
        const cells = unitsWithin(prices, micros(cap), { base }, "cell");
        const price = (cell: number) => priceOf(prices, { base, cell });
        expect(price(cells) <= cap || cells === 0).toBe(true);
        expect(price(cells + 1)).toBeGreaterThan(cap);
      }),
    );
  });

  test.each([{ gold: 1 }, { base: -1 }, { base: 0.5 }, { base: Number.NaN }, { base: 2 ** 53 }])(
    "%j cannot be priced",
    (units) => {
      expect(() => priceOf(prices, units)).toThrow(RangeError);
    },
  );
});

test("a signal reads back, and anything else is none", () => {
  const signal = { run_id: UUID, traceparent: "00-a-b-01" };
  expect(decodeSignal(encodeSignal(signal))).toEqual(signal);
  for (const body of ["", "{}", "null", "[]", '{"run_id":"x","traceparent":""}', '{"run_id":', `"${UUID}"`]) {
    expect(decodeSignal(body)).toBeUndefined();
  }
});
