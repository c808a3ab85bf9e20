import { JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";
import { URL_LIMITS, urlOffer } from "#core/domain/packs/url.ts";
import { readSelector } from "#core/domain/packs/url-selectors.ts";
import { pageOutcome } from "../../../backend/worker/packs/page/page-outcome.ts";
import { selectElements } from "../../../backend/worker/packs/page/select-elements.ts";

const URL_OF_PAGE = "https://site.example/a";
const PAGE = `<title>Pump</title><nav><a href="/menu">Menu</a></nav>
<div id="box" class="a b"><h1>Pump</h1><p class="price" data-unit="eur-cent">100</p><p lang="en-GB">New <b>and</b> good.</p>
<ul><li>One</li><li class="X">Two</li><li>Three<ul><li>Deep</li></ul></li><li>Four</li></ul><p hidden class="price">HIDDEN</p>
<section><p>Inner</p><div><p class="b">Innermost <a href="/in">in</a></p></div></section></div>
<div class="price"><p class="price">200</p></div><footer>Imprint</footer>`;

const chains = (...selectors: string[]) =>
  selectors.flatMap((selector) => {
    const read = readSelector(selector);
    if (typeof read === "string") throw new Error(read);
    return read;
  });

describe("a selector", () => {
  const { document } = new JSDOM(PAGE).window;

  test.each(
    (
      "p;*;.price;#box;div.a.b;p.price;#box p;#box > p;h1 + p;h1 ~ p;li:first-child;li:last-child;li:nth-child(2);li:nth-child(odd);" +
      "li:nth-child(2n+1);li:nth-child(-n+2);p:nth-of-type(2);p:first-of-type;p:not(.price);:not(div, p, b);[data-unit];[data-unit=eur-cent];" +
      "[data-unit^=eur];[data-unit$=cent];[data-unit*='r-c'];[lang|=en];[class~=b];[class=x i];p, h1;ul ul li;div div p;div section > div p;" +
      "ul > li ~ li > ul li;h1 + p + p;section p a;#box .b;.none;P.price;li:nth-child(n+3) li"
    ).split(";"),
  )("%s matches what browsers match", (selector) => {
    expect(selectElements(document.body, chains(selector))).toEqual([...document.body.querySelectorAll(selector)]);
  });

  test.each([
    ["p:has(a)", ":has is not supported"],
    ["p::before", "pseudo-element is not supported there"],
    ["a:hover", ":hover is not supported"],
    ["p:nth-child(x)", ":nth-child(x) is not understood"],
    ["p:not(div p)", "descendant is not supported there"],
    ["[a!=b]", "attribute is not supported there"],
    ["svg|a", "tag is not supported there"],
    ["p >", "begins or ends with a combinator"],
    ["a[", "this is not valid CSS"],
    ["", "this is not valid CSS"],
    [Array.from({ length: 9 }, () => "p").join(" "), "has more than 8 parts"],
    [Array.from({ length: 11 }, () => "p").join(), "has more than 10 alternatives"],
  ])("%j is refused: %s", (selector, reason) => {
    expect(readSelector(selector)).toBe(reason);
  });

  test("is a field error of a submit where it is not taken", () => {
    const errors = (selectors: unknown) =>
      urlOffer.inputs
        .safeParse({ url: URL_OF_PAGE, selectors })
        .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
    expect(errors({ include: ["article", ".price"], exclude: ["nav"] })).toEqual([]);
    expect(errors({ include: ["p", "p:has(a)"] })).toEqual([
      "selectors.include.1: must be a CSS selector of the supported kind: :has is not supported",
    ]);
    for (const selectors of [
      { include: [] },
      { exclude: Array.from({ length: URL_LIMITS.max_selectors + 1 }, () => "p") },
      { include: ["p".repeat(URL_LIMITS.max_selector_chars + 1)] },
      { only: ["p"] },
    ])
      expect(errors(selectors)).not.toEqual([]);
  });

  test("of many combinators takes one walk over a page that nests deeply", () => {
    const { document: deep } = new JSDOM(`${"<div>".repeat(400)}<p>x`).window;
    const chain = chains("div div div div div div div p", "div div div div div div div a", "div ~ div ~ div ~ div");
    expect(selectElements(deep.body, chain).map(({ localName }) => localName)).toEqual(["p"]);
  });
});

describe("a page that is asked for by selectors", () => {
  const read = (selectors: object | undefined, format = "text", html = PAGE, content_type = "text/html") => {
    const fetched = {
      kind: "ok" as const,
      final_url: URL_OF_PAGE,
      status: 200,
      content_type,
      charset: null,
      redirects: [],
    };
    const inputs = urlOffer.inputs.parse({ url: URL_OF_PAGE, format, selectors });
    return pageOutcome({ inputs, fetched: { ...fetched, body: Buffer.from(html) }, article: true }, () => undefined);
  };
  const data = async (...given: Parameters<typeof read>) => {
    const outcome = await read(...given);
    if (outcome.kind !== "done") throw new Error(outcome.reason_code);
    expect(urlOffer.data.parse(outcome.data)).toEqual(outcome.data);
    return { ...(outcome.data as object), reliability: outcome.reliability };
  };

  test("has what they include, each once and in the page's order, and nothing hidden", async () => {
    const page = await data({ include: [".price", "h1", "section", "section p"] });
    expect(page).toMatchObject({ title: "Pump", text: "Pump\n\n100\n\nInner\n\nInnermost in\n\n200", reliability: 1 });
    expect(page).not.toHaveProperty("article_found");
  });

  test("has not what they exclude, of what is included too", async () => {
    expect(await data({ include: ["section"], exclude: ["section div"] })).toMatchObject({ text: "Inner" });
    const { text } = (await data({ exclude: ["nav", "footer", ".price", "ul"] })) as unknown as { text: string };
    expect(text).toContain("New and good.");
    expect(text).not.toMatch(/Menu|Imprint|100|200|One|HIDDEN/);
  });

  test("has the links in it alone, and markdown of it alone", async () => {
    expect(await data({ include: ["section"] }, "links")).toMatchObject({
      links: [{ url: "https://site.example/in", text: "in" }],
    });
    expect(await data({ include: ["h1", "p.b"] }, "markdown")).toMatchObject({
      markdown: "# Pump\n\nInnermost [in](https://site.example/in)",
    });
  });

  test("fails where they match nothing, and where there are no elements", async () => {
    const failure = { kind: "pack_failed", reason_code: "NOTHING_SELECTED" };
    expect(await read({ include: [".none"] })).toMatchObject(failure);
    expect(await read({ include: ["p"] }, "text", "plain", "text/plain")).toMatchObject(failure);
    expect(await read({ exclude: ["p"] }, "text", "plain", "text/plain")).toMatchObject({ kind: "done" });
  });
});
