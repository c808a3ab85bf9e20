import { describe, expect, test } from "vitest";
import { FOREIGN } from "../support/scan/foreign.ts";
import { encodePng } from "../support/scan/png.ts";
import { readFetched, readImage } from "../support/scan/reading.ts";
import { columns, scan } from "../support/scan/scan.ts";

const rows = (text: string) => text.replaceAll(/\n+/g, "\n");
const bytesOf = ({ png }: { readonly png: string }) => new Uint8Array(Buffer.from(png, "base64"));

const STATEMENT = [
  ["Item", "Lined paper", "Blue pens", "Desk lamp", "Delivery"],
  ["Qty", "20", "6", "3", "1.5"],
  ["Price", "4.10", "7.25", "31.00", "18.00"],
  ["Sum", "82.00", "43.50", "93.00", "27.00"],
];
const STATEMENT_ROWS = STATEMENT[0]!.map((_, row) => STATEMENT.map((column) => column[row]).join(" ")).join("\n");

describe("what stands in columns", () => {
  test.each([40, 140])("is read row by row with every figure, when %i pixels apart", async (gap) => {
    const read = await readImage(encodePng(columns(STATEMENT, gap, { px: 26, face: "dejavu-sans" })));
    expect(rows(read.text)).toBe(STATEMENT_ROWS);
    expect(read.unread).toBe(0);
    expect(read.words.map(({ line }) => line)).toEqual(read.words.map(({ line }) => line).toSorted((a, b) => a - b));
  });

  test("is read by column where it is prose", async () => {
    const left = [
      "The ferry leaves the pier at",
      "seven each morning and takes",
      "twelve minutes to cross over.",
      "Tickets are sold on board, or",
      "by the month at the office of",
      "the harbour, which is open on",
      "all days but Monday.",
    ];
    const right = [
      "When the wind is strong the",
      "boat stays in port and a bus",
      "goes around by the old bridge.",
      "It stops at the mill and the",
      "school, and takes an hour for",
      "the whole way in summer, and",
      "more when there is snow.",
    ];
    const read = await readImage(encodePng(columns([left, right], 30, { px: 24, face: "dejavu-sans" })));
    expect(rows(read.text)).toBe([...left, ...right].join("\n"));
  });
});

describe("light and size", () => {
  const lines = ["Nothing of these three lines", "may be missing in the shadow", "of a hand: 118.40 in all."];

  test("half a page in a shadow is read whole", async () => {
    const page = scan(lines, { px: 28 });
    const pixels = page.pixels.map((grey, at) => (at % page.width < page.width / 2 ? grey * 0.52 : grey));
    const read = await readImage(encodePng({ ...page, pixels }));
    expect(rows(read.text)).toBe(lines.join("\n"));
  });

  test("small print of a screen is read as it is, with its words where they are", async () => {
    const small = [
      "The fee is charged once a year, on the first day,",
      "unless the account was closed before the end.",
    ];
    const read = await readImage(encodePng(scan(small, { px: 10, face: "dejavu-sans" })));
    expect(rows(read.text)).toBe(small.join("\n"));
    for (const { box } of read.words) expect(box.left + box.width).toBeLessThanOrEqual(read.width);
    expect(Math.max(...read.words.map(({ box }) => box.height))).toBeLessThan(16);
  });
});

describe("languages", () => {
  test.each(["rus", "fra", "chi_sim", "jpn"] as const)("%s is read with its own letters", async (language) => {
    const read = await readImage(bytesOf(FOREIGN[language]), { language });
    expect(rows(read.text)).toBe(FOREIGN[language].text);
  });

  test("two are read together", async () => {
    expect(rows((await readImage(bytesOf(FOREIGN.fra), { languages: ["fra", "eng"] })).text)).toBe(FOREIGN.fra.text);
  });

  test.each(["rus", "jpn", "greek"] as const)("text of %s is not sold as English", async (script) => {
    const outcome = await readFetched(bytesOf(FOREIGN[script]));
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "TEXT_NOT_READ" });
  });
});
