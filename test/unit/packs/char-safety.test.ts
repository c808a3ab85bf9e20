import { Style, type StyleDefinition } from "@dicebear/core";
import fc from "fast-check";
import { JSDOM } from "jsdom";
import { describe, expect, test } from "vitest";
import { CHAR_STYLES, charOffer } from "#core/domain/packs/char.ts";
import type { Log } from "#core/ports/log.ts";
import { charPack } from "../../../backend/worker/packs/char.ts";
import { checkSvg } from "../../../backend/worker/packs/char/check-svg.ts";
import { draw } from "../../../backend/worker/packs/char/draw.ts";
import { loadStyle } from "../../../backend/worker/packs/char/style.ts";
import { portray } from "./char-fixture.ts";
import { silentLog } from "../../support/silent-log.ts";
import { context } from "./decision-fixture.ts";

const { DOMParser } = new JSDOM("").window;
const DANGEROUS = /^(script|foreignobject|style|iframe|image|a|animate.*|set|handler|feimage)$/i;

/** A browser's view of the text, by a parser that shares nothing with the pack's own check. */
function parsed(svg: string): Element {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  expect(root.localName, root.textContent).toBe("svg");
  return root;
}

function expectSafe(svg: string): Element {
  const root = parsed(svg);
  for (const element of [root, ...root.querySelectorAll("*")]) {
    expect(element.localName).not.toMatch(DANGEROUS);
    for (const { name, value } of element.attributes) {
      if (name === "aria-label") continue;
      if (name === "href") expect([element.localName, value]).toEqual(["use", expect.stringMatching(/^#[\w-]+$/)]);
      else expect(name).not.toMatch(/^on|href|src/i);
      if (!name.startsWith("xmlns")) expect(value).not.toMatch(/[a-z]+:\/\/|javascript:|data:|@import/i);
      if (name === "style") expect(value).not.toMatch(/url|expression|\\/i);
      else for (const [reference] of value.matchAll(/url\([^)]*\)/g)) expect(reference).toMatch(/^url\(#[\w-]+\)$/);
    }
  }
  return root;
}

const fragment = fc.constantFrom(
  "<script>alert(1)</script>",
  "</title><script>alert(1)</script>",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  '"><svg onload="alert(1)',
  "' onload='x",
  "&lt;",
  "&#0;",
  "&xxe;",
  "&",
  "<?xml ?>",
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  "$&$1$`$'",
  "url(https://evil.example/)",
  "url(#clip)",
  ' id="x" href="#x"',
  "javascript:alert(1)",
  "\u202E\u2066\u200F",
  "\u0000",
  "\u0085",
  "\u2028",
  "\uFFFE",
  "\uD800",
  "😀",
  "👩‍🚀",
  "__proto__",
);
const hostile = fc
  .array(fc.oneof(fragment, fc.string({ unit: "binary", maxLength: 8 })), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""));
// What XML 1.0, section 2.2, calls a character.
const XML_ONLY = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

describe("whatever the name and the seed", () => {
  test("a portrait is safe, and its title is the name, letter by letter", async () => {
    const inputs = fc.record({ name: hostile, seed: hostile, style: fc.constantFrom(...CHAR_STYLES) });
    let portraits = 0;
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        if (!charOffer.inputs.safeParse(given).success) return;
        portraits += 1;
        expect(given.name).toMatch(XML_ONLY);
        const root = expectSafe((await portray(given)).svg);
        const titles = [...root.children].filter(({ localName }) => localName === "title");
        expect(titles.map(({ textContent }) => textContent)).toEqual([given.name]);
        expect(root.getAttribute("aria-label")).toBe(given.name);
      }),
      { numRuns: 300, seed: 20_251_120 },
    );
    expect(portraits).toBeGreaterThan(50);
  });

  test("a seed leaves no trace in the text", async () => {
    expect((await portray({ name: "Ada", seed: "<script>secret</script>" })).svg).not.toMatch(/secret|<script/);
  });
});

describe.each(CHAR_STYLES)("the style %s", (style) => {
  /** The style with one variant of each component, always shown. */
  const only = (definition: StyleDefinition, index: number): Style =>
    new Style<unknown>({
      ...definition,
      components: Object.fromEntries(
        Object.entries(definition.components ?? {}).map(([name, component]) => {
          if ("extends" in component) return [name, component];
          const all = Object.entries(component.variants);
          const one = all[index % all.length] ?? ["", { elements: [] }];
          return [name, { ...component, probability: 100, variants: Object.fromEntries([one]) }];
        }),
      ),
    });

  test("is safe in every variant of every component", async () => {
    const loaded = await loadStyle(style);
    const definition = loaded.definition();
    const most = Math.max(...[...loaded.components().values()].map((component) => component.variants().size));
    for (let index = 0; index < most; index++) {
      const { svg } = draw(only(definition, index), { name: "Ada", style, seed: `${index}`, size: 64 });
      expect(checkSvg(svg)).toBeUndefined();
      expectSafe(svg);
    }
  });
});

describe("the check", () => {
  const shape = '<path d="M0 0h1v1z" fill="#000000"/>';
  const wrap = (inside: string, root = 'xmlns="http://www.w3.org/2000/svg"') => `<svg ${root}>${inside}</svg>`;

  const doubling = (times: number) =>
    Array.from({ length: times }, (_, n) => `<g id="a${n + 1}">${`<use href="#a${n}"/>`.repeat(2)}</g>`).reduce(
      (before, group) => before + group,
      `<g id="a0">${shape}</g>`,
    );

  test("passes what the pack draws", () => {
    expect(checkSvg(wrap(shape))).toBeUndefined();
    expect(checkSvg(wrap(doubling(3)))).toBeUndefined();
    expect(checkSvg(wrap(shape, 'xmlns="http://www.w3.org/2000/svg" aria-label="url(#a) &quot;"'))).toBeUndefined();
    expect(checkSvg(wrap(`<title>a &lt;b&gt; &amp; c</title>${shape}`))).toBeUndefined();
  });

  test.each<[string, string]>([
    ["a script", wrap("<script>alert(1)</script>")],
    ["a script in capitals", wrap("<SCRIPT>alert(1)</SCRIPT>")],
    ["a script in another namespace", wrap('<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>')],
    ["an event handler", wrap('<path d="M0 0" onclick="alert(1)"/>')],
    ["an event handler on the root", wrap(shape, 'xmlns="http://www.w3.org/2000/svg" onload="alert(1)"')],
    ["foreign objects", wrap("<foreignObject></foreignObject>")],
    ["an image", wrap('<image href="https://evil.example/x.png"/>')],
    ["a reference to a file", wrap('<use href="https://evil.example/x.svg#a"/>')],
    ["a link", wrap('<a href="javascript:alert(1)"></a>')],
    ["a style sheet", wrap("<style>@import url(https://evil.example)</style>")],
    ["a url in a style", wrap('<g style="fill:url(https://evil.example)"></g>')],
    ["a local url in a style", wrap('<g id="a" style="fill:url(#a)"></g>')],
    ["a second declaration in a style", wrap('<g style="mask-type:alpha;background:red"></g>')],
    ["paint from elsewhere", wrap('<path d="M0 0" fill="url(https://evil.example#a)"/>')],
    ["a mask from elsewhere", wrap('<g mask="url(//evil.example#a)"></g>')],
    ["a mask that is not there", wrap('<g mask="url(#gone)"></g>')],
    ["a clip from elsewhere", wrap('<g clip-path="url(https://evil.example#a)"></g>')],
    ["a use from elsewhere", wrap('<use href="https://evil.example/x.svg#a"/>')],
    ["a use by another namespace", wrap(`<g id="a">${shape}</g><use xlink:href="#a"/>`)],
    ["a use of what is not there", wrap('<use href="#gone"/>')],
    ["a use of what it stands in", wrap('<g id="a"><use href="#a"/></g>')],
    ["uses in a circle", wrap('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>')],
    ["uses that double and double", wrap(doubling(12))],
    ["a reference from what is no use", wrap(`<g id="a">${shape}</g><g href="#a"></g>`)],
    ["a label on what is no root", wrap('<g aria-label="a"></g>')],
    ["an animation", wrap('<animate attributeName="href" to="javascript:alert(1)"/>')],
    ["a doctype", `<!DOCTYPE svg>${wrap(shape)}`],
    ["a style sheet's instruction", `<?xml-stylesheet href="https://evil.example"?>${wrap(shape)}`],
    ["a comment", wrap("<!-- x -->")],
    ["a CDATA section", wrap("<title><![CDATA[x]]></title>")],
    ["an unknown entity", wrap("<title>&xxe;</title>")],
    ["an entity by number", wrap("<title>&#60;</title>")],
    ["a bare ampersand", wrap("<title>a & b</title>")],
    ["single quotes", wrap("<path d='M0 0'/>")],
    ["an attribute without quotes", wrap("<path d=M0/>")],
    ["an attribute given twice", wrap('<path d="M0 0" d="M1 1"/>')],
    ["an id given twice", wrap('<g id="a"></g><g id="a"></g>')],
    ["text among shapes", wrap("<g>text</g>")],
    ["space among shapes", wrap(`${shape} `)],
    ["an element in a title", wrap("<title><g></g></title>")],
    ["a nested root", wrap(wrap(shape))],
    ["a second root", wrap(shape) + wrap(shape)],
    ["text after the root", `${wrap(shape)}x`],
    ["another namespace", wrap(shape, 'xmlns="http://www.w3.org/1999/xhtml"')],
    ["no namespace", wrap(shape, 'role="img"')],
    ["an element that is not closed", '<svg xmlns="http://www.w3.org/2000/svg"><g></svg>'],
    ["a root that is not closed", '<svg xmlns="http://www.w3.org/2000/svg">'],
    ["a control character", wrap("<title>a\u0001</title>")],
    ["a lone surrogate", wrap("<title>a\uD800</title>")],
    ["a path that is none", wrap('<path d="M0 0 url(x)"/>')],
    ["nothing", ""],
  ])("refuses %s", (_, svg) => {
    expect(checkSvg(svg)).toBeTypeOf("string");
  });

  test("passes nothing that an XML parser would not read as it does", () => {
    const bits = fc.constantFrom("<g>", "</g>", "<title>", "</title>", shape, "&lt;", "&", "<", ">", "]]>", " ", "a");
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 8 }), (parts) => {
        const svg = wrap(parts.join(""));
        if (checkSvg(svg) === undefined) expectSafe(svg);
      }),
      { numRuns: 500, seed: 20_251_120 },
    );
  });

  test.each<[string, string, Record<string, string>]>([
    ["a script", "script", {}],
    ["an event handler", "g", { onload: "secret()" }],
    ["a foreign reference", "g", { mask: "url(https://secret.example/)" }],
    ["a use of a foreign file", "use", { href: "https://secret.example/a.svg#a" }],
    ["markup in an attribute", "g", { fill: '"><script>secret' }],
  ])("stops a library that draws %s: the pack's fault, and nothing of it is told", async (_, name, attributes) => {
    const lines: unknown[] = [];
    const log: Log = { ...silentLog, error: (...line) => void lines.push(line) };
    // The library refuses a definition that says so; this style says it after that.
    const element = { type: () => "element", name: () => name, attributes: () => attributes, children: () => [] };
    const canvas = () => ({ width: () => 64, height: () => 64, elements: () => [element] });
    const pack = charPack(async (style) => Object.assign(await loadStyle(style), { canvas }));
    const outcome = await pack.run(charOffer.inputs.parse({ name: "secret" }), { ...context(), log });
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "PORTRAIT_UNSAFE" });
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([outcome, lines])).not.toContain("secret");
  });
});
