import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeText } from "../../../backend/worker/packs/page/decode-text.ts";
import { extractPage } from "../../../backend/worker/packs/page/extract-page.ts";
import type { Link } from "../../../backend/worker/packs/page/page-content.ts";

type Format = "text" | "markdown" | "links";

const URL_OF_PAGE = "https://site.example/dir/page.html";

/** Reads a page of `pages/`, where README.md tells its source and licence. */
function read(name: string, format: Format, charset: string | null = null) {
  const bytes = readFileSync(new URL(`pages/${name}.html`, import.meta.url));
  const html = decodeText(bytes, charset, "markup");
  const { facts, ...page } = extractPage({ html, url: URL_OF_PAGE, format, article: true });
  return { ...facts, ...page };
}

function contentOf(name: string, format: "text" | "markdown", charset: string | null = null): string {
  const { content } = read(name, format, charset);
  if (typeof content !== "string") throw new Error(`${format} is no text`);
  return content;
}

interface Expected {
  readonly about: { readonly title: string; readonly byline: string | null; readonly language: string | null };
  readonly charset?: string;
  /** What a reader came for, as text and as markdown. */
  readonly text: readonly string[];
  readonly markdown: readonly string[];
  /** What surrounds it, and may be in neither. */
  readonly junk: readonly string[];
}

const PAGES: Readonly<Record<string, Expected>> = {
  "rust-book-comments": {
    about: { title: "Comments - The Rust Programming Language", byline: null, language: "en" },
    text: [
      "All programmers strive to make their code easy to understand",
      "the idiomatic comment style starts a comment with two slashes",
      "    // I'm feeling lucky today\n    let lucky_number = 7;",
      "section of Chapter 14.",
    ],
    markdown: [
      "programmers leave _comments_ in their source code",
      "```rust\nfn main() {\n    let lucky_number = 7; // I'm feeling lucky today\n}\n```",
      "[“Publishing a Crate to Crates.io”](https://site.example/dir/ch14-02-publishing-to-crates-io.html)",
    ],
    junk: ["Keyboard shortcuts", "Press ", "Previous chapter", "[](", "Ayu", "sidebar", "playground_copyable"],
  },
  "rust-book-operators": {
    about: { title: "B - Operators and Symbols", byline: null, language: "en" },
    text: [
      "This appendix contains a glossary of Rust’s syntax",
      "Short-circuiting logical AND",
      "Non-operator Symbols",
    ],
    markdown: [
      "| Operator | Example | Explanation | Overloadable? |\n| --- | --- | --- | --- |\n| `!` |",
      "| `&=` | `var &= expr` | Bitwise AND and assignment | `BitAndAssign` |",
      "### [Operators](https://site.example/dir/page.html#operators)",
    ],
    junk: ["Keyboard shortcuts", "Press ", "Next chapter", "[]("],
  },
  "libxslt-faq": {
    about: { title: "The XSLT C library for GNOME", byline: null, language: null },
    text: [
      "There is a small shell script xslt-config which is installed",
      "you need to escape the quotes at the shell level",
    ],
    markdown: [
      "1. _Troubles compiling or linking programs using libxslt_",
      "3. _Is there C++ bindings ?_",
      "[xmlwrapp](http://pmade.org/pjones/software/xmlwrapp/)",
    ],
    junk: ["Main Menu", "Related links", "Bug Tracker", "font-family", "Windows binaries"],
  },
  "libxslt-bindings": {
    about: { title: "Python and bindings", byline: null, language: null },
    text: ["There is a number of language bindings", "Stéphane Bidoul", "import libxml2\nimport libxslt"],
    markdown: [
      "- [Matt Sergeant](http://mail.gnome.org/archives/xml/2001-March/msg00014.html) developped",
      "[Stéphane Bidoul](mailto:stephane.bidoul@softwareag.com)",
      "```\nimport libxml2\nimport libxslt",
    ],
    junk: ["Main Menu", "Related links", "API Indexes", "font-family", "�"],
  },
  "zlib-how": {
    about: { title: "zlib Usage Example", byline: null, language: null },
    text: ["We hope this helps explain some of the intricacies of zlib.", "#define CHUNK 16384"],
    markdown: [
      "[zpipe.c](https://site.example/dir/zpipe.c)",
      "```\n/* zpipe.c: example of proper use of zlib's inflate() and deflate()\n   Not copyrighted",
      "    /* allocate deflate state */\n    strm.zalloc = Z_NULL;",
    ],
    junk: ["bgcolor", "&lt;", "zalloc = Z\\_NULL"],
  },
  "httplib2-examples": {
    about: { title: "1.1.4 Examples", byline: null, language: null },
    text: ["To do a simple GET request just supply the absolute URI", "h.add_credentials('name', 'password')"],
    markdown: [
      "To do a simple `GET` request",
      "```\nimport httplib2\nh = httplib2.Http()\n",
      '    <entry xmlns="http://www.w3.org/2005/Atom">\n      <title>Atom-Powered Robots',
    ],
    junk: ["Up one Level", "next.png", "\\_credentials"],
  },
  "momotaro-euc-jp": {
    about: { title: "日本語エンコードテスト", byline: null, language: "ja" },
    charset: "euc-jp",
    text: [
      "昔々、ある所に子供のいない老夫婦が住んでいた。",
      "成長した桃太郎は、鬼ヶ島の鬼が人々を苦しめていることを知り",
    ],
    markdown: ["「桃太郎」と名付けて大事に育てた。"],
    junk: ["�", "日本語エンコードテスト"],
  },
};

const count = (text: string, part: string) => text.split(part).length - 1;

describe.each(Object.entries(PAGES))("%s", (name, { about, charset = null, text, markdown, junk }) => {
  test("is read with its title, author and language", () => {
    expect(read(name, "text", charset)).toMatchObject({ ...about, article_found: true, truncated: false });
  });

  test.each<["text" | "markdown", readonly string[]]>([
    ["text", text],
    ["markdown", markdown],
  ])("as %s has what a reader came for, and not what surrounds it", (format, parts) => {
    const content = contentOf(name, format, charset);
    for (const part of parts) expect(content).toContain(part);
    for (const part of junk) expect(content).not.toContain(part);
  });

  test("has as many fences of code as it closes, and is the same bytes again", () => {
    const content = contentOf(name, "markdown", charset);
    expect(count(content, "```") % 2).toBe(0);
    expect(contentOf(name, "markdown", charset)).toBe(content);
  });
});

test("a table of four columns has four in every row, cells with a bar in them too", () => {
  const blocks = contentOf("rust-book-operators", "markdown").split("\n\n");
  const table = blocks.find((block) => block.startsWith("| Operator |")) ?? "";
  const rows = table.split("\n");
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(count(row.replaceAll("\\|", ""), "|")).toBe(5);
});

test("the links of a page are those of its navigation too", () => {
  const links = read("libxslt-faq", "links").content as Link[];
  expect(links).toContainEqual({ url: "https://site.example/dir/bugs.html", text: "Reporting bugs and getting help" });
  expect(links).toContainEqual({ url: "http://pmade.org/pjones/software/xmlwrapp/", text: "xmlwrapp" });
  expect(new Set(links.map(({ url }) => url)).size).toBe(links.length);
});

describe("where no article stands out", () => {
  // As a directory of translators' teams is written, whose list calls itself "foot".
  const item = (i: number) =>
    `<li><a href="/teams/${i}">Team ${i}</a> &mdash; <a href="http://t${i}.example.org/">http://t${i}.example.org/</a><br>` +
    `<span>Coordinated by <a href="/users/${i}/">User ${i}</a></span></li>`;
  const list = Array.from({ length: 120 }, (_, index) => item(index)).join("\n");
  const footer =
    '<div id="footer">Copyright 2009 <a href="/">The Teams</a>.<br>Maintained in the <a href="/m">teams</a> module, on ' +
    '<a href="/git">git</a><br>Hosted by <a href="/h">those who keep the list</a>.</div>';
  const extract = (html: string) => extractPage({ html, url: URL_OF_PAGE, format: "text", article: true });

  test("a list is read whole, and the scrap of prose under it is not taken for the page", () => {
    const page = extract(`<title>Teams</title><body><div id="content"><ul class="foot">${list}</ul></div>${footer}`);
    expect(page.article_found).toBe(false);
    expect(page.content).toContain("- Team 119 — http://t119.example.org/\nCoordinated by User 119");
  });

  test("a short page is an article all the same", () => {
    const page = extract(
      `<title>Note</title><body><div><p>We are closed on Monday, and open again on Tuesday.</p></div>`,
    );
    expect(page).toMatchObject({ article_found: true, content: "We are closed on Monday, and open again on Tuesday." });
  });

  test("a main part that scripts would have filled does not hide the rest", () => {
    const prose = `<p>${"The harbour is open again, after a long winter of repairs. ".repeat(12)}</p>`;
    const page = extract(`<main id="app">Loading</main><div><article>${prose}</article></div>`);
    expect(page.content).toContain("The harbour is open again");
  });
});
