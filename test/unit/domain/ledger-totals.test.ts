import { describe, expect, test } from "vitest";
import {
  type Added,
  type TenantTotals,
  NOTHING_ADDED,
  addUp,
  amountsOf,
  tenantDiscrepancies,
} from "#core/domain/ledger-totals.ts";
import { formatSum } from "#core/domain/money.ts";

const added: Added = { given: 1_000n, taken_back: 100n, reserve: 500n, charge: 120n, refund: 80n };
const sound: TenantTotals = {
  added,
  open_runs: 2n,
  balance: { granted: 900n, charged: 120n, reserved: 300n, available: 480n, open_runs: 2n },
  closed: new Map([["2026-11-20 decision a", [2n, 1n, 1n, 0n, 200n, 120n]]]),
  usage: new Map([["2026-11-20 decision a", [2n, 1n, 1n, 0n, 200n, 120n]]]),
  capped: new Map([["a", 120n]]),
  keys: [
    { key_id: "a", spending_id: "a", committed: 420n, open: 200n },
    { key_id: "successor", spending_id: "a", committed: 420n, open: 100n },
    { key_id: "free", spending_id: "free", committed: null, open: 0n },
  ],
};

describe("the books of a tenant", () => {
  test("add up from pieces to what its balance must say", () => {
    expect(addUp(NOTHING_ADDED, added)).toEqual(added);
    expect(amountsOf(addUp(added, added))).toEqual({
      granted: 1_800n,
      charged: 240n,
      reserved: 600n,
      available: 960n,
    });
  });

  test("are sound where all of it is said", () => {
    expect(tenantDiscrepancies(sound)).toEqual([]);
  });

  test.each(["granted", "charged", "reserved", "available", "open_runs"] as const)(
    "are not where %s differs by one",
    (name) => {
      const balance = sound.balance && { ...sound.balance, [name]: sound.balance[name] + 1n };
      expect(tenantDiscrepancies({ ...sound, balance })).toMatchObject([{ kind: "tenant-books", subject: "" }]);
    },
  );

  test("are not where a line of usage is missing, too much, or other", () => {
    for (const [usage, difference] of [
      [new Map(), "-2 -1 -1 0 -200 -120"],
      [new Map([["2026-11-20 decision a", [2n, 2n, 0n, 0n, 200n, 120n]]]), "0 1 -1 0 0 0"],
    ] as const)
      expect(tenantDiscrepancies({ ...sound, usage })).toMatchObject([{ kind: "usage", difference }]);
    const closed = new Map<string, bigint[]>();
    expect(tenantDiscrepancies({ ...sound, closed })).toMatchObject([{ kind: "usage", difference: "2 1 1 0 200 120" }]);
  });

  test("count a chain of rotated keys as one", () => {
    const capped = new Map([["successor", 120n]]);
    expect(tenantDiscrepancies({ ...sound, capped })).toEqual([]);
    expect(tenantDiscrepancies({ ...sound, capped: new Map([["a", 119n]]) })).toMatchObject([
      { kind: "key-spending", subject: "a", difference: "1" },
    ]);
    const keys = sound.keys.map((key) => ({ ...key, committed: null }));
    expect(tenantDiscrepancies({ ...sound, keys })).toMatchObject([{ kind: "key-spending", difference: "-420" }]);
  });
});

test("a sum is written to the micro, whatever its size and sign", () => {
  expect([0n, -1n, -1_500_000n, 9_007_199_254_740_993n * 10n].map(formatSum)).toEqual([
    "0.0000",
    "-0.000001",
    "-1.5000",
    "90071992547.409930",
  ]);
});
