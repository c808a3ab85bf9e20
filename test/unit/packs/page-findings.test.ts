import { describe, expect, test } from "vitest";
import { sniffType } from "../../../backend/worker/packs/page/content-types.ts";
import { decodeText } from "../../../backend/worker/packs/page/decode-text.ts";
import { extractPage } from "../../../backend/worker/packs/page/extract-page.ts";
import type { Link } from "../../../backend/worker/packs/page/page-content.ts";
import { refreshTarget } from "../../../backend/worker/packs/page/meta-refresh.ts";

const URL_OF_PAGE = "https://site.example/dir/page.html";
const PROSE = "The pump moves water from the lower basin to the upper one, day and night, all year. ";
const prose = (times = 8) => `<p>${PROSE.repeat(times)}</p>`;

const page = (format: "text" | "markdown" | "links", html: string, article = true) =>
  extractPage({ html, url: URL_OF_PAGE, format, article });
const written = ({ content }: ReturnType<typeof page>) => {
  if (typeof content !== "string") throw new Error("links are no text");
  return content;
};
const text = (html: string) => written(page("text", html));
const markdown = (html: string) => written(page("markdown", html));
/** Inside an article that is long enough to be found. */
const within = (html: string) => `<title>Pumps</title><article>${prose()}${html}${prose()}</article>`;
const both = (html: string) => [text(within(html)), markdown(within(html))] as const;

describe("a table", () => {
  const SPANNED =
    "<table><tr><th>Team<th>Day<th>Hours</tr><tr><td rowspan=2>North<td>Mon<td>7</tr><tr><td>Tue<td>5</tr></table>";

  test("has a cell that spans rows in each of them", () => {
    const [plain, marked] = both(SPANNED);
    expect(marked).toContain("| Team | Day | Hours |\n| --- | --- | --- |\n| North | Mon | 7 |\n| North | Tue | 5 |");
    expect(plain).toContain("Team\tDay\tHours\nNorth\tMon\t7\nNorth\tTue\t5");
  });

  test("of single data without a header is one all the same, with an empty header", () => {
    const html = "<table><tr><td>Pump<td>40 W<td>2 kg</tr><tr><td>Fan<td>15 W<td>1 kg</tr></table>";
    const table = "|  |  |  |\n| --- | --- | --- |\n| Pump | 40 W | 2 kg |\n| Fan | 15 W | 1 kg |";
    expect(markdown(html)).toBe(table);
    expect(markdown(within(html))).toContain(table);
    expect(text(html)).toBe("Pump\t40 W\t2 kg\nFan\t15 W\t1 kg");
  });

  test("keeps its caption above it, and a span's empty cell behind its name", () => {
    const html =
      "<table><caption>Prices in euro</caption><tr><th colspan=2>Name<th>Price</tr><tr><td>A<td>b<td>8 300 000 778</tr></table>";
    const [plain, marked] = both(html);
    expect(marked).toContain("Prices in euro\n\n| Name |  | Price |\n| --- | --- | --- |\n| A | b | 8 300 000 778 |");
    expect(plain).toContain("Prices in euro\nName\t\tPrice\nA\tb\t8 300 000 778");
  });

  test("whose first column has the names has no header that is none", () => {
    const html = "<table><tr><th>Born<td>1815</tr><tr><th>Died<td>1852</tr></table>";
    expect(both(html)[1]).toContain("|  |  |\n| --- | --- |\n| Born | 1815 |\n| Died | 1852 |");
  });

  test("with a span of 60,000 rows and columns adds no more than it has", () => {
    const html = `<table>${"<tr><td rowspan=60000 colspan=1000>a<th>b</tr>".repeat(300)}</table>`;
    expect(text(html).length).toBeLessThan(100_000);
  });
});

describe("a heading stays", () => {
  test.each([
    ['<h2 class="media-title">Three rules</h2><p>Rule one.</p>', "## Three rules\n\nRule one."],
    ['<h2 class="related-work">Three rules</h2><p>Rule one.</p>', "## Three rules\n\nRule one."],
    [
      '<div class="mw-heading"><h2>Origin</h2><span class="mw-editsection">[<a href="/e">edit</a>]</span></div><p>Rule one.</p>',
      "## Origin\n\nRule one.",
    ],
  ])("in %s", (html, expected) => {
    const [plain, marked] = both(html);
    expect(marked).toContain(expected);
    expect(plain).toContain(expected.replace("## ", ""));
    expect(plain).not.toContain("edit");
  });
});

describe("code", () => {
  test.each([
    ["<pre><code>cd app<br>make all</code></pre>", "```\ncd app\nmake all\n```"],
    ["<pre><div>cd app</div><div>  make all</div></pre>", "```\ncd app\n  make all\n```"],
    ['<pre><code class="language-python">print(1)</code></pre>', "```python\nprint(1)\n```"],
    ['<div class="highlight highlight-source-ruby"><pre>puts 1</pre></div>', "```ruby\nputs 1\n```"],
    ['<pre><span class="lineno">1</span>a = 1\n<span class="lineno">2</span>b = 2</pre>', "```\na = 1\nb = 2\n```"],
    [
      '<table><tr><td class="gutter"><pre>11\n12</pre></td><td class="code"><pre class="lang-c">a;\nb;</pre></td></tr></table>',
      "```c\na;\nb;\n```",
    ],
    [
      "<table><tr><td data-line-number=1></td><td>if x:</td></tr><tr><td data-line-number=2></td><td>  y()</td></tr></table>",
      "```\nif x:\n  y()\n```",
    ],
  ])("of %s has its lines and its language", (html, expected) => {
    const [plain, marked] = both(html);
    expect(marked).toContain(`\n\n${expected}\n\n`);
    expect(plain).toContain(expected.split("\n").slice(1, -1).join("\n"));
  });
});

describe("what stands above or below a line", () => {
  test("keeps its value", () => {
    const [plain, marked] = both("<p>4 × 10<sup>6</sup> per m<sup>3</sup>, H<sub>2</sub>O, 2<sup>n+1</sup></p>");
    expect(plain).toContain("4 × 10^6 per m^3, H_2O, 2^(n+1)");
    expect(marked).toContain("4 × 10<sup>6</sup> per m<sup>3</sup>, H<sub>2</sub>O");
  });

  test("is no power after an ordinal, in a reference or a mark", () => {
    const [plain] = both('<p>the 1<sup>st</sup> pump<sup><a href="#n">[1]</a></sup> of Acme<sup>TM</sup></p>');
    expect(plain).toContain("the 1st pump[1] of AcmeTM");
  });

  const TEX = '<annotation encoding="application/x-tex">E = mc^2</annotation>';
  test.each([
    ["<math><mi>A</mi><mo>=</mo><mi>b</mi><mi>h</mi></math>", "A=bh", "A=bh"],
    ["<math><mi>A</mi><mo>=</mo><mi>π</mi><msup><mi>r</mi><mn>2</mn></msup></math>", "A=πr^2", "A=πr^2"],
    ["<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2", "(a+b)/2"],
    [
      `<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>E</mi></mrow>${TEX}</semantics></math></span>` +
        '<span class="katex-html" aria-hidden="true">E=mc2</span></span>',
      "E = mc^2",
      "$E = mc^2$",
    ],
    [
      '<span class="mwe-math-element"><span style="display: none;"><math alttext="{\\displaystyle x_1}"><mi>x</mi></math></span>' +
        '<img alt="{\\displaystyle x_1}" src="/m.svg"></span>',
      "x_1",
      "$x_1$",
    ],
    ['<span class="MathJax_Preview">E</span><script type="math/tex">E = mc^2</script>', "E = mc^2", "$E = mc^2$"],
    ['<span data-math="a^2"></span>', "a^2", "$a^2$"],
  ])("is a formula, once: %s", (html, plainForm, markedForm) => {
    const [plain, marked] = both(`<p>Its area is ${html} at most.</p>`);
    expect(plain).toContain(`Its area is ${plainForm} at most.`);
    expect(marked).toMatch(/^Its area is .* at most\.$/m);
    expect(marked.replaceAll("\\", "")).toContain(`Its area is ${markedForm} at most.`);
  });

  test("of formulas in formulas takes no longer for each of them", () => {
    const deep = `${"<mrow>".repeat(200)}<mi>x</mi>${"</mrow>".repeat(200)}`;
    expect(text(`<p>a <math>${deep}</math> b`)).toBe("a x b");
  });
});

describe("what is hidden or belongs to the site", () => {
  test("is never read, on a page of any size", () => {
    const rows = "<tr><td>1<td>2<td>3<td>4</tr>".repeat(4_200);
    const html =
      '<div style="display:none">HIDDEN</div><nav>Menu</nav><p hidden>HIDDEN</p><div aria-hidden=true>HIDDEN</div>' +
      `<main>${prose()}<span style="font-size:0">HIDDEN</span><table>${rows}</table></main><footer>Imprint</footer>`;
    for (const content of [markdown(html), written(page("text", html, false))]) {
      expect(content).toContain("The pump moves water");
      expect(content).not.toMatch(/HIDDEN|Menu|Imprint/);
    }
  });

  test("is read where a dialog hides the whole page from screen readers", () => {
    expect(text(`<div aria-hidden="true">${prose()}</div><div role=dialog>Hello</div>`)).toContain(
      "The pump moves water",
    );
  });

  test.each([
    '<p class="read-also">Read also: <a href="/x">Ten tips for dry soil</a></p>',
    '<div class="newsletter"><p>Get our best stories in your inbox, every Friday, free of charge, for as long as you like.</p></div>',
    '<div class="social-share"><a href="/t">Post this</a></div>',
    '<aside class="author-box">Ada writes about pumps and the people who keep them running.</aside>',
    '<p>Read also: <a href="/x">Ten tips for dry soil</a></p>',
    '<div><strong>Lesen Sie auch:</strong> <a href="/x">Ten tips for dry soil</a></div>',
    '<figure><img src="/a.png"><figcaption>A pump.<span class="Image__credit">Post this</span></figcaption></figure>',
    "<p>Share this article</p>",
  ])("is left out of an article: %s", (html) => {
    const words = /Ten tips|inbox|Post this|Ada writes|Share this/;
    for (const content of both(html)) expect(content).not.toMatch(words);
  });

  test("makes an article doubtful of which there is much more", () => {
    const cards = Array.from(
      { length: 60 },
      (_, i) => `<div><a href="/${i}">Pump number ${i}</a> sold since ${i}, in blue or in green.</div>`,
    );
    const small = page("text", `<article>${prose()}</article><div>${cards.join("")}</div>`);
    expect(small).toMatchObject({ article_found: true, doubtful: true });
    expect(page("text", within("")).doubtful).toBe(false);
  });
});

describe("a list", () => {
  test("has its numbers, its depth and its boxes", () => {
    const html =
      "<ol start=3><li>Open<li>Press<ul><li><p>Hard</p><li>Soft</ul><li value=9>Wait</ol>" +
      "<ol reversed><li>b<li>a</ol><ul><li><input type=checkbox checked> paid<li><input type=checkbox> sent</ul>";
    const [plain, marked] = both(html);
    expect(plain).toContain("3. Open\n4. Press\n  - Hard\n  - Soft\n9. Wait");
    expect(plain).toContain("2. b\n1. a");
    expect(plain).toContain("- [x] paid\n- [ ] sent");
    expect(marked).toMatch(/3\. Open\n4\. Press\n {3}- Hard\n {3}- Soft\n9\. Wait/);
    expect(marked).toContain("2. b\n1. a");
    expect(marked).toContain("- [x] paid\n- [ ] sent");
  });

  test("says what was struck out", () => {
    for (const content of both("<p>Now <del>90</del> 60 euro</p>")) expect(content).toContain("Now ~~90~~ 60 euro");
  });
});

describe("a link", () => {
  test("around a card is one line", () => {
    const [plain, marked] = both('<a href="/p"><h3>Chair</h3><p>Made of oak, and of nothing else at all.</p></a>');
    expect(marked).toContain("### [Chair](https://site.example/p)\n\nMade of oak, and of nothing else at all.");
    expect(plain).toContain("Chair\n\nMade of oak");
  });

  test("without words says what its picture or its label does", () => {
    const html = '<a href="/x"><img alt="Pic"></a><a href="/y" aria-label="Search"></a>';
    expect((page("links", html).content as Link[]).map((link) => link.text)).toEqual(["Pic", "Search"]);
  });
});

describe("what a page says of itself", () => {
  test("is found beside its main part", () => {
    const html = `<title>Docs</title><div><h1>Install Foo</h1><p class="byline">Ada Mole</p><p>Foo needs Bar 3.</p></div><main>${prose()}${prose()}</main>`;
    const { facts, content } = page("text", html);
    expect(facts).toMatchObject({ title: "Install Foo", byline: "Ada Mole" });
    expect(content).toContain("Foo needs Bar 3.");
    expect(content).toContain("The pump moves water");
  });

  test("comes with it", () => {
    const head =
      '<meta property="og:description" content="All about pumps"><meta property="article:published_time" content="2026-01-02T03:04:05Z">' +
      '<meta property="og:image" content="/a.png"><link rel=canonical href="/pumps"><meta property="og:site_name" content="Site">';
    expect(page("text", `${head}${within("")}`).facts).toMatchObject({
      description: "All about pumps",
      published_at: "2026-01-02T03:04:05Z",
      image_url: "https://site.example/a.png",
      canonical_url: "https://site.example/pumps",
      site_name: "Site",
    });
  });

  test.each([
    [
      '<body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div><script src="/a.js"></script>',
      true,
    ],
    ['<body><div id="app">Loading…</div><script src="/a.js"></script>', true],
    [`<body><div id="root">${prose()}</div><script src="/a.js"></script>`, false],
    ["<body><p>Closed on Mondays.</p>", false],
  ])("is that it shows nothing without scripts: %s", (html, needed) => {
    expect(page("text", html).needs_scripts).toBe(needed);
  });
});

describe("bytes of an encoding that nobody names", () => {
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
  // "The sum of all invoices of the month" in Japanese, Russian and French.
  const SHIFT_JIS = Uint8Array.from(
    Buffer.from(
      "8db38c8e82cc90bf8b818f9182cc8d878c768bc08a7a82cd82b182bf82e782c582b7814292698d8782b582c482a282dc82b78142",
      "hex",
    ),
  );

  test("are windows-1252 where they are no UTF-8, as in browsers", () => {
    expect(decodeText(bytes("Caf\xe9"), null, "markup")).toBe("Café");
    expect(decodeText(bytes("\x80 5, na\xefve"), null, "plain")).toBe("€ 5, naïve");
  });

  test("are known by their letters", () => {
    expect(decodeText(SHIFT_JIS, null, "plain")).toBe(new TextDecoder("shift_jis").decode(SHIFT_JIS));
    const russian = "Сумма всех счетов за месяц указана в таблице ниже, включая налог.";
    const table = new Map(
      Array.from({ length: 256 }, (_, byte) => [new TextDecoder("windows-1251").decode(Uint8Array.of(byte)), byte]),
    );
    const encoded = Uint8Array.from(russian.split("").map((letter) => table.get(letter) ?? 63));
    expect(decodeText(encoded, null, "plain")).toBe(russian);
  });

  test("are declared late, and JSON is UTF-8 whatever it looks like", () => {
    const late = bytes(`${" ".repeat(3_000)}<meta charset="koi8-r">\xc1`);
    expect(decodeText(late, null, "markup").trimStart()).toBe('<meta charset="koi8-r">а');
    expect(decodeText(bytes('"\xe9"'), null, "json")).toBe('"\uFFFD"');
  });
});

describe("a body whose type nobody names", () => {
  test.each([
    ["\uFEFF<!DOCTYPE html><p>x", "text/html"],
    ["  <html><p>x", "text/html"],
    ['<?xml version="1.0"?><rss/>', "application/xml"],
    ['{"a":1}', "application/json"],
    ["a,b\n1,2", "text/plain"],
    ["PK\u0003\u0004\u0000\u0000", undefined],
  ])("%j is %s", (body, type) => {
    expect(sniffType(Buffer.from(body))).toBe(type);
  });
});

describe("a page that leads on by itself", () => {
  const target = (html: string) => refreshTarget(Buffer.from(html), URL_OF_PAGE);

  test.each([
    ['<meta http-equiv="refresh" content="0; url=/new">', "https://site.example/new"],
    [
      "<META CONTENT='1;URL=\"next.html?a=1&amp;b=2\"' HTTP-EQUIV=Refresh>",
      "https://site.example/dir/next.html?a=1&b=2",
    ],
    ['<meta http-equiv="refresh" content="0; url=#top">', undefined],
    ['<meta http-equiv="refresh" content="300; url=/new">', undefined],
    ['<meta http-equiv="refresh" content="0; url=javascript:alert(1)">', undefined],
    ['<meta name="refresh" content="0; url=/new">', undefined],
    ['<!-- <meta http-equiv="refresh" content="0; url=/new"> -->', undefined],
    ['<noscript><meta http-equiv="refresh" content="0; url=/new"></noscript>', undefined],
    ['<meta data-http-equiv="refresh" content="0; url=/new">', undefined],
    ['<meta http-equiv="refresh" content="0; url=/größe">', "https://site.example/gr%C3%B6%C3%9Fe"],
  ])("%s", (html, expected) => {
    expect(target(html)).toBe(expected);
  });
});

describe("a page that means harm", () => {
  test.each([
    '<p hidden data-tex="INJECT">x</p>',
    '<p style="display:none" data-latex="INJECT"></p>',
    '<p data-math="INJECT">The real text.</p>',
    `<pre data-language="x\n\`\`\`\nINJECT">a</pre>`,
    "<noembed>INJECT</noembed><noframes>INJECT</noframes><canvas>INJECT</canvas><dialog>INJECT</dialog>",
    "<svg><title>INJECT</title><desc>INJECT</desc></svg><video>INJECT</video><textarea>INJECT</textarea>",
    '<p style="opacity:.0">INJECT</p><p style="opacity: 0%">INJECT</p><p style="font-size:0px">INJECT</p>',
    '<span hidden class="author">INJECT</span>',
  ])("says nothing that is not seen: %s", (html) => {
    for (const format of ["text", "markdown"] as const)
      for (const article of [true, false]) {
        const { content, facts } = page(format, within(html), article);
        expect(content).not.toContain("INJECT");
        expect(facts.byline).toBeNull();
      }
  });

  test.each([
    "<div data-table=x>a</div>",
    "<div data-formula=block>a</div>",
    '<body data-tex="a"><p>b',
    '<body class="katex"><math><mi>a</mi></math>',
  ])("and speaks as a preparation does is read as any other: %s", (html) => {
    expect(page("markdown", html, false).content).toMatch(/[ab]/);
  });

  test("is no empty frame where it gives a text or links after all", () => {
    const frame = '<script></script><div id="root"></div>';
    expect(page("text", `${frame}<span data-tex="${"x".repeat(1_500)}"></span>`).needs_scripts).toBe(false);
    const anchors = Array.from({ length: 30 }, (_, index) => `<a href="/${index}" aria-label="n"></a>`).join("");
    expect(page("links", `${frame}${anchors}`).needs_scripts).toBe(false);
  });

  test("with tables of many columns or of long cells in many rows gives no more than it has", () => {
    const wide = `<table><tr>${"<th>a".repeat(2_000)}</tr>${"<tr><td>b</tr>".repeat(2_000)}</table>`;
    expect(markdown(wide).length).toBeLessThan(100_000);
    const long = `<table><tr><td rowspan=0>${"x".repeat(100_000)}<th>b</tr>${"<tr><td>c</tr>".repeat(500)}</table>`;
    expect(text(long).length).toBeLessThan(500_000);
  });
});

test.each([
  '<ul style="font-size:0"><li style="font-size:16px">Shown</ul>',
  '<p style="font-size:0.9em">Shown</p>',
  '<p style="opacity:0.5">Shown</p>',
  '<ul><li class="market-share">Shown</ul>',
  '<div class="subscription-price">Shown</div>',
  '<p>Related: the pump that was <a href="/x">Shown</a> in spring, which moves as much water as this one does.</p>',
  "<p>Read more: Shown to the council were two pumps, a new one and an old one.</p>",
])("what is seen stays: %s", (html) => {
  for (const content of both(html)) expect(content).toContain("Shown");
});

test("a page that a script fades in is read", () => {
  expect(text(`<div id="app" style="opacity:0">${prose()}</div>`)).toContain("The pump moves water");
});
