import { describe, expect, test } from "vitest";
import { blocksOf, boxesOf, hostOf, linesOf, segmentsOf, type Word } from "../../../edge/console/results/segments.ts";

const finding = (start: number, end: number) => ({ start, end, rule: "email", severity: "medium" });
const word = (line: number, left: number, top: number, width = 10, height = 10): Word => ({
  text: "w",
  confidence: 90,
  line,
  box: { left, top, width, height },
});

describe("a text with findings", () => {
  test("is cut where they begin and end, in UTF-16 units, and nothing of it is lost", () => {
    const text = "😀 a@b.c and d@e.f";
    const segments = segmentsOf(text, [finding(3, 8), finding(13, 18)]);
    expect(segments.map((each) => each.text)).toEqual(["😀 ", "a@b.c", " and ", "d@e.f"]);
    expect(segments.map((each) => each.finding !== undefined)).toEqual([false, true, false, true]);
  });

  test("leaves out findings that overlap or lie outside", () => {
    const segments = segmentsOf("abcdef", [finding(1, 3), finding(2, 4), finding(5, 9), finding(4, 4)]);
    expect(segments.map((each) => each.text).join("")).toBe("abcdef");
    expect(segments.filter((each) => each.finding !== undefined).map((each) => each.text)).toEqual(["bc"]);
  });
});

describe("words of an image", () => {
  test("have boxes that keep within the picture, each with its word's place", () => {
    const words = [word(0, 5, 5), word(0, 95, 95), word(1, 200, 5), word(1, 10, 0, 0, 5)];
    expect(boxesOf(words, { width: 100, height: 100 })).toEqual([
      { index: 0, x: 5, y: 5, width: 10, height: 10 },
      { index: 1, x: 95, y: 95, width: 5, height: 5 },
    ]);
  });

  test("stand in their lines", () => {
    const lines = linesOf([word(0, 0, 0), word(0, 10, 0), word(2, 0, 20)]);
    expect(lines.map((line) => line.map(({ index }) => index))).toEqual([[0, 1], [2]]);
  });
});

describe("markdown", () => {
  test("is read as blocks of plain text", () => {
    const blocks = blocksOf(
      "# Title\nunder it\n\nA **bold** [link](https://example.com) line\nthat goes on\n\n- one\n- two\n\n```js\n# no title\n```\n\nend",
    );
    expect(blocks).toEqual([
      { kind: "heading", text: "Title" },
      { kind: "text", text: "under it" },
      { kind: "text", text: "A bold link line that goes on" },
      { kind: "item", text: "one" },
      { kind: "item", text: "two" },
      { kind: "code", text: "# no title" },
      { kind: "text", text: "end" },
    ]);
  });

  test("that is markup stays the text that it is", () => {
    expect(blocksOf("<script>alert(1)</script>")).toEqual([{ kind: "text", text: "<script>alert(1)</script>" }]);
  });
});

describe("a link of a page", () => {
  test("is known by where it leads, whatever it says", () => {
    expect(hostOf("https://bank.example@evil.example:8443/login")).toBe("evil.example:8443");
    expect(hostOf("https://b\u0430nk.example/")).toBe("xn--bnk-6cd.example");
    expect(hostOf("mailto:a@b.example")).toBe("mailto:a@b.example");
    expect(hostOf("/relative")).toBe("/relative");
  });
});
