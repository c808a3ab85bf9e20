import { describe, expect, test } from "vitest";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { decodeText, printable } from "../../../backend/worker/packs/page/decode-text.ts";
import { extractPage } from "../../../backend/worker/packs/page/extract-page.ts";
import type { Link } from "../../../backend/worker/packs/page/page-content.ts";
import { NEWS_PAGE } from "./page-fixture.ts";

const URL_OF_PAGE = "https://tide.example/news/bridge";
const read = (format: "text" | "markdown" | "links", html = NEWS_PAGE) => {
  const { facts, ...page } = extractPage({ html, url: URL_OF_PAGE, format, article: true });
  return { ...facts, ...page };
};

describe("an article", () => {
  test("is read with its title, author and language, and without what surrounds it", () => {
    const page = read("text");
    expect(page).toMatchObject({ byline: "Ada Mole", language: "en-GB", article_found: true, truncated: false });
    expect(page.title).toContain("Harbour bridge reopens after repairs");
    for (const word of ["carried its first cars", "What comes next", "- New lights in spring", "310,000"]) {
      expect(page.content).toContain(word);
    }
    for (const noise of ["Home", "Follow us", "pageScriptRan", "@import"]) expect(page.content).not.toContain(noise);
  });

  test("keeps paragraphs apart and lines of code as they are", () => {
    const { content } = read("text");
    expect(content).toContain("the council said.\n\nEngineers replaced");
    expect(content).toContain("bolts = 200\n    spare = 12");
    expect(content).toContain("who crossed first,\non foot");
  });

  test("becomes markdown with headings, lists, tables, code and absolute links", () => {
    const { content } = read("markdown");
    for (const part of [
      "## What comes next",
      "- New lights in _spring_",
      "[council said](https://tide.example/news/council/statement#money)",
      "> We counted every bolt twice",
      "| Work | Cost \\| EUR |\n| --- | --- |\n| Bolts | 12,000 |",
      "```\nbolts = 200\n    spare = 12\n```",
      "![The bridge](https://tide.example/photo.jpg)",
    ]) {
      expect(content).toContain(part);
    }
    for (const danger of ["javascript:", "data:", "<script"]) expect(content).not.toContain(danger);
  });

  test("gives its links once each, absolute, http and https only, none to itself", () => {
    expect(read("links").content).toEqual([
      { url: "https://tide.example/", text: "Home" },
      { url: "https://tide.example/sport?x=1&y=2", text: "Sport" },
      { url: "https://tide.example/news/council/statement", text: "council said" },
      { url: "https://social.example/tide", text: "Follow us" },
    ]);
  });

  test("runs no script of the page", () => {
    read("markdown");
    expect(globalThis).not.toHaveProperty("pageScriptRan");
    expect(read("text").title).not.toContain("changed by script");
  });

  test("is the same bytes each time", () => {
    expect(JSON.stringify(read("markdown"))).toBe(JSON.stringify(read("markdown")));
  });
});

describe("other pages", () => {
  test("a page without any text finds no article and is not a failure", () => {
    expect(read("text", "<html><head></head></html>")).toMatchObject({
      content: "",
      article_found: false,
      title: null,
    });
  });

  test("links honour the page's base", () => {
    const links = read("links", '<base href="https://cdn.example/x/"><a href="y">y</a>').content as Link[];
    expect(links).toEqual([{ url: "https://cdn.example/x/y", text: "y" }]);
  });

  test("the count of links is capped, and says so", () => {
    const anchors = Array.from({ length: URL_LIMITS.max_links + 1 }, (_, index) => `<a href="/${index}">${index}</a>`);
    const page = read("links", anchors.join(""));
    expect(page.content).toHaveLength(URL_LIMITS.max_links);
    expect(page.truncated).toBe(true);
  });

  test("an ordered list keeps its numbers and nested lists their depth", () => {
    const html = `<ol start="3"><li>${"three ".repeat(30)}</li><li>four<ul><li>deep</li></ul></li></ol>`;
    expect(read("markdown", html).content).toMatch(/^3\. three[^\n]+\n4\. four\n {3}- deep$/);
  });
});

describe("decoding", () => {
  const bytes = (...codes: number[]) => new Uint8Array(codes);
  const ascii = (text: string, ...codes: number[]) => new Uint8Array([...new TextEncoder().encode(text), ...codes]);

  test.each<[string, Uint8Array, string | null, string]>([
    ["the header's label", bytes(0xe9), "iso-8859-1", "é"],
    ["a byte order mark before the header", bytes(0xef, 0xbb, 0xbf, 0xc3, 0xa9), "iso-8859-1", "é"],
    ["UTF-16 by its mark", bytes(0xff, 0xfe, 0x41, 0x00), null, "A"],
    [
      "the page's own declaration",
      ascii('<meta charset="windows-1252">', 0x80),
      null,
      '<meta charset="windows-1252">€',
    ],
    [
      "the old declaration",
      ascii('<meta http-equiv=x content="text/html; charset=koi8-r">', 0xc1),
      null,
      '<meta http-equiv=x content="text/html; charset=koi8-r">а',
    ],
    ["a declaration of UTF-16 as UTF-8", ascii("<meta charset=utf-16>", 0xc3, 0xa9), null, "<meta charset=utf-16>é"],
    ["an unknown label as UTF-8", bytes(0xc3, 0xa9), "no-such-charset", "é"],
    ["a header that says UTF-8, with replacements for what is none", bytes(0x41, 0xff), "utf-8", "A\uFFFD"],
  ])("follows %s", (_, body, charset, text) => {
    expect(decodeText(body, charset, "markup")).toBe(text);
  });

  test("control characters are replaced, tabs and newlines are not", () => {
    expect(printable("a\u0000b\u001b\u0085\tc\r\n")).toBe("a\uFFFDb\uFFFD\uFFFD\tc\r\n");
  });
});
