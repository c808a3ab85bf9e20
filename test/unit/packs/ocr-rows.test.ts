import { describe, expect, test } from "vitest";
import { arrange, missing, textOf } from "../../../backend/worker/packs/ocr/rows.ts";
import type { PlacedWord } from "../../../backend/worker/packs/ocr/words.ts";

const HIGH = 20;
const PITCH = 30;

/** The words of a column's lines, as the engine gives a block: ten pixels to a character. */
const column = (block: number, left: number, lines: readonly string[], top = 0): PlacedWord[] =>
  lines.flatMap((text, line) => {
    let x = left;
    return text.split(" ").map((word) => {
      const box = { left: x, top: top + line * PITCH, width: word.length * 10, height: HIGH };
      x += (word.length + 1) * 10;
      return { text: word, confidence: 95, box, block, paragraph: 1, line };
    });
  });
const read = (words: readonly PlacedWord[]) => textOf(arrange(words).blocks);

describe("words in the order of reading", () => {
  test("labels and values beside them are rows", () => {
    const words = [...column(1, 0, ["Name:", "Due on:"]), ...column(2, 300, ["Rita Moor", "1 June"])];
    expect(read(words)).toBe("Name: Rita Moor\nDue on: 1 June");
    expect(arrange(words)).toMatchObject({ has_columns: true, has_prose_columns: false });
  });

  test("a cell that is missing moves none of the others", () => {
    const words = [
      ...column(1, 0, ["Item", "Pens", "Lamp"]),
      ...column(2, 200, ["Qty", "6"]),
      ...column(3, 300, ["Price", "7.25", "31.00"]),
    ];
    expect(read(words)).toBe("Item Qty Price\nPens 6 7.25\nLamp 31.00");
  });

  test("columns of prose are read one after the other", () => {
    const left = ["the ferry leaves the pier at", "seven each morning and takes twelve", "minutes to cross the sound"];
    const right = ["when the wind is strong the", "boat stays in port and a", "bus goes round by the bridge"];
    const words = [...column(1, 0, left), ...column(2, 500, right)];
    expect(read(words)).toBe(`${left.join("\n")}\n\n${right.join("\n")}`);
    expect(arrange(words)).toMatchObject({ has_columns: false, has_prose_columns: true });
  });

  test("figures beside long descriptions are in their rows", () => {
    const things = ["a box of twelve blue pens", "the lamp for a desk upstairs", "two reams of paper for letters"];
    const words = [...column(1, 0, things), ...column(2, 600, ["7.25", "31.00", "8.20"])];
    expect(read(words)).toBe(things.map((thing, index) => `${thing} ${["7.25", "31.00", "8.20"][index]}`).join("\n"));
  });

  test("a page on its side keeps the order of the engine", () => {
    const turned = [...column(1, 0, ["Name: Rita", "Due: June"]), ...column(2, 300, ["a b", "c d"])].map((word) => {
      const { left, top, width, height } = word.box;
      return { ...word, box: { left: 500 - top, top: left, width: height, height: width } };
    });
    expect(read(turned)).toBe("Name: Rita\nDue: June\n\na b\nc d");
  });

  test("Chinese and Japanese have no spaces between their words", () => {
    expect(read(column(1, 0, ["合 計 12,450 円 です 。"]))).toBe("合計 12,450 円です。");
  });
});

describe("words of another reading", () => {
  test("come where this one has none, if they are sure and more than marks", () => {
    const words = column(1, 0, ["Total"]);
    const [other, , mark] = column(1, 0, ["Total 19.74 |"]);
    const found = [other!, ...column(1, 300, ["19.74"]), mark!];
    expect(missing(words, found, 60).map(({ text }) => text)).toEqual(["19.74"]);
    expect(missing(words, found, 96)).toEqual([]);
    expect(read([...words, ...missing(words, found, 60)])).toBe("Total 19.74");
  });
});
