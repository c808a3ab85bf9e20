import { describe, expect, test } from "vitest";
import type { ApiKey, Delivery, Run, Usage, Webhook } from "../../../edge/client/client.ts";
import { attentionOf, capShare, frozenOf } from "../../../edge/console/attention.ts";
import { packsOf, spentByDay } from "../../../edge/console/spending.ts";
import { barsOf } from "../../../edge/console/stacked-bars.ts";
import { isMonth, monthOf, statementOf } from "../../../edge/console/statement.ts";

describe("a chart", () => {
  const size = { width: 100, height: 100 };

  test("stacks what each day has, within the drawing, and has lines at round amounts", () => {
    const { bars, ticks } = barsOf(
      [
        { day: "2026-11-29", parts: [0n, 0n] },
        { day: "2026-11-30", parts: [25_000n, 10_000n] },
        { day: "2026-12-01", parts: [0n, 20_000n] },
      ],
      size,
    );
    expect(ticks.map(({ micros }) => micros)).toEqual([0n, 10_000n, 20_000n, 30_000n, 40_000n]);
    expect(bars.map(({ parts }) => parts.map(({ series, y, height }) => [series, y, height]))).toEqual([
      [],
      [
        [0, 37.5, 62.5],
        [1, 12.5, 25],
      ],
      [[1, 50, 50]],
    ]);
  });

  test("shows a little money beside much as something, and draws an empty month", () => {
    const { bars } = barsOf(
      [
        { day: "a", parts: [1n] },
        { day: "b", parts: [10_000_000_000n] },
      ],
      size,
    );
    expect(bars[0]?.parts[0]?.height).toBeGreaterThan(1);
    expect(barsOf([{ day: "a", parts: [0n] }], size).bars[0]?.parts).toEqual([]);
  });
});

describe("spending by day and pack", () => {
  const row = { runs: 1, successes: 1, failures: 0, canceled: 0, reserved_usd: "1.0000" };
  const usage: Usage = {
    start_date: "2026-11-29",
    end_date: "2026-12-01",
    group_by: "day,pack",
    rows: [
      { day: "2026-11-29", pack_type: "url", charged_usd: "0.0100", ...row },
      { day: "2026-11-29", pack_type: "char", charged_usd: "0.0050", ...row },
      { day: "2026-12-01", pack_type: "char", charged_usd: "0.0050", ...row },
    ],
    totals: { charged_usd: "0.0200", ...row },
    complete_through: "2026-11-30",
    days: "",
  };

  test("has every day of the period, and the packs in one order", () => {
    const packs = packsOf(usage);
    expect(packs).toEqual(["char", "url"]);
    expect(spentByDay(usage, packs)).toEqual([
      { day: "2026-11-29", parts: [5_000n, 10_000n] },
      { day: "2026-11-30", parts: [0n, 0n] },
      { day: "2026-12-01", parts: [5_000n, 0n] },
    ]);
  });
});

describe("a statement", () => {
  const moved = (kind: "GRANT" | "CLAWBACK" | "RESERVE" | "CHARGE" | "REFUND", amount_usd: string, day = "30") => ({
    kind,
    amount_usd,
    created_at: `2026-11-${day}T10:00:00.000Z`,
  });

  test("adds up what was charged and credited, day by day; what was only held changes nothing", () => {
    const { byDay, charged, change } = statementOf([
      moved("REFUND", "0.9000"),
      moved("CHARGE", "0.1000"),
      moved("RESERVE", "1.0000"),
      moved("CHARGE", "0.000001", "29"),
      moved("GRANT", "5.0000", "29"),
      moved("CLAWBACK", "1.0000", "29"),
    ]);
    expect(byDay).toEqual([
      { day: "2026-11-30", runs: 1, charged: 100_000n, credit: 0n },
      { day: "2026-11-29", runs: 1, charged: 1n, credit: 4_000_000n },
    ]);
    expect([charged, change]).toEqual([100_001n, 3_899_999n]);
  });

  test.each([
    ["2026-01", true],
    ["2026-12", true],
    ["2026-13", false],
    ["2026-00", false],
    ["0000-01", false],
    ["2026-1", false],
    ["2026-01-01", false],
  ])("of the month %j: %j", (text, isOne) => {
    expect(isMonth(text)).toBe(isOne);
  });

  test("ends where the next month begins", () => {
    expect(monthOf("2026-12").next).toBe("2027-01-01T00:00:00.000Z");
  });
});

describe("what needs attention", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  const key = (changed: Partial<ApiKey>) =>
    ({ name: "ci", status: "active", spending_cap_usd: null, spent_usd: null, expires_at: null, ...changed }) as ApiKey;
  const webhook = (status: Webhook["status"], latest: Partial<Delivery>[]) =>
    ({ endpoint_id: "w", url: "https://x", description: "Orders", status, latest }) as Webhook & { latest: Delivery[] };

  test("are keys near their cap or their end, while they are active", () => {
    const keys = [
      key({ spending_cap_usd: "10.0000", spent_usd: "8.0000" }),
      key({ spending_cap_usd: "10.0000", spent_usd: "7.9000" }),
      key({ expires_at: "2026-12-01T00:00:00.000Z" }),
      key({ expires_at: "2027-12-01T00:00:00.000Z" }),
      key({ expires_at: "2026-12-01T00:00:00.000Z", status: "revoked" }),
    ];
    const whys = attentionOf(keys, [], now).map(({ why }) => why);
    expect(whys).toHaveLength(2);
    expect(whys[0]).toBe("80% of its spending cap is used");
    expect(capShare(key({ spending_cap_usd: "0.0000", spent_usd: "0.0000" }))).toBe(1);
  });

  test("are frozen runs, the newest by name", () => {
    const run = (run_id: string, money_state: Run["money_state"]) => ({
      run_id,
      pack_type: "char" as const,
      money_state,
    });
    expect(frozenOf([run("a", "SETTLED"), run("b", "RESERVED")])).toEqual([]);
    const frozen = ["a", "b", "c", "d"].map((id) => run(id, "AUDIT_REQUIRED"));
    const points = frozenOf([run("e", "REFUNDED"), ...frozen]);
    expect(points.map(({ path }) => path)).toEqual([["runs", "a"], ["runs", "b"], ["runs", "c"], ["runs"]]);
    expect(points.at(-1)?.what).toBe("1 more run");
  });

  test("are webhooks that are disabled, or whose events cannot be delivered", () => {
    const failing = webhook("active", [
      { status: "failed", last_error: null },
      { status: "pending", last_error: "connection" },
      { status: "pending", last_error: null },
    ]);
    const points = attentionOf([], [failing, webhook("disabled", []), webhook("active", [])], now);
    expect(points.map(({ why }) => why)).toEqual([
      "2 of the last 3 events failed, or are tried again",
      "It is disabled: its receiver answered 410",
    ]);
  });
});
