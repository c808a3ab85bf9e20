import { describe, expect, test } from "vitest";
import { csvOf } from "../../../edge/console/csv.ts";
import {
  add,
  bytes,
  daysBetween,
  decimalOf,
  decodedPart,
  duration,
  label,
  microsOf,
  percent,
  plural,
  shortTime,
  usd,
  usdShort,
  usdSpendable,
  utcDay,
} from "../../../edge/console/formats.ts";

describe("amounts", () => {
  test.each([
    ["0.0120", "$0.0120"],
    ["12.5", "$12.5000"],
    ["0.012345", "$0.012345"],
    ["1234567.0000", "$1,234,567.0000"],
    ["-3.2500", "−$3.2500"],
    ["999999999999999.999999", "$999,999,999,999,999.999999"],
    ["no amount", "no amount"],
  ])("%s is written %s", (amount, written) => {
    expect(usd(amount)).toBe(written);
  });

  test.each([
    ["99999.9940", "$99,999.99"],
    ["99999.9950", "$100,000.00"],
    ["0.0120", "$0.012"],
    ["0.0000", "$0.00"],
    ["-1.2350", "−$1.24"],
  ])("%s in a headline is %s", (amount, written) => {
    expect(usdShort(amount)).toBe(written);
  });

  test.each([
    ["9.997", "$9.99"],
    ["10.0000", "$10.00"],
    ["0.0099", "$0.0099"],
    ["0.0000", "$0.00"],
    ["1234567.899999", "$1,234,567.89"],
    ["-1.2310", "−$1.24"],
  ])("%s that can be spent is never written as more: %s", (amount, written) => {
    expect(usdSpendable(amount)).toBe(written);
  });

  test("add up without losing a micro", () => {
    expect(usd(add(["0.100000", "0.200001", null, undefined]))).toBe("$0.300001");
    expect(decimalOf(microsOf("5.000001") ?? 0n)).toBe("5.000001");
    expect(decimalOf(microsOf("5") ?? 0n)).toBe("5.0000");
  });

  test.each(["", "1e3", "1,5", "0x1", "1.1234567", "."])("%j is no amount", (text) => {
    expect(microsOf(text)).toBeUndefined();
  });
});

describe("other figures", () => {
  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_240, "1.2 s"],
    [59_400, "59 s"],
    [61_000, "1 min 1 s"],
    [3_720_000, "1 h 2 min"],
    [200_000_000, "2 days"],
  ])("%i ms are %s", (ms, written) => {
    expect(duration(ms)).toBe(written);
  });

  test("of sizes, shares and numbers", () => {
    expect([bytes(999), bytes(1_834), bytes(2_500_000)]).toEqual(["999 B", "1.8 kB", "2.5 MB"]);
    expect([percent(0.125), percent(0.125, 1)]).toEqual(["13%", "12.5%"]);
    expect([plural(1, "run"), plural(1_200, "run")]).toEqual(["1 run", "1,200 runs"]);
  });

  test("of times have the year only where it is another one", () => {
    const now = Date.parse("2026-11-30T20:00:00Z");
    expect(shortTime("2026-11-21T09:30:00Z", now, "en-GB", "UTC")).toBe("21 Nov, 09:30");
    expect(shortTime("2025-11-21T09:30:00Z", now, "en-GB", "UTC")).toBe("21 Nov 2025, 09:30");
  });

  test("of days run over the ends of months and years", () => {
    expect(daysBetween("2026-12-30", "2027-01-02")).toEqual(["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]);
    expect(utcDay(Date.parse("2026-03-01T00:00:00Z"), -1)).toBe("2026-02-28");
  });

  test.each([
    ["a%20b", "a b"],
    ["%E0%A4", "%E0%A4"],
    ["100%", "100%"],
  ])("the part %s of an address is %s", (part, decoded) => {
    expect(decodedPart(part)).toBe(decoded);
  });

  test("names are written for people", () => {
    expect([label("max_cost_usd"), label("image_url"), label("open-peeps")]).toEqual([
      "Max cost USD",
      "Image URL",
      "Open peeps",
    ]);
  });
});

describe("CSV", () => {
  test("quotes what needs it, and ends lines as RFC 4180 does", () => {
    expect(
      csvOf(
        ["a", "b"],
        [
          ['say "hi"', "x,y"],
          [1, null],
        ],
      ),
    ).toBe('a,b\r\n"say ""hi""","x,y"\r\n1,\r\n');
  });

  test("keeps a spreadsheet from running a text, and leaves numbers alone", () => {
    expect(csvOf(["a"], [["=1+1"], ["@x"], ["-5.00"], ["+1"]])).toBe("a\r\n'=1+1\r\n'@x\r\n-5.00\r\n+1\r\n");
    for (const first of ["\t", "\r", "\n", "＝", "＋", "－", "＠"])
      expect(csvOf([], [[`${first}1+1`]])).toMatch(/^\r\n"?'/);
  });
});
