import { elementsBelow, listed, named } from "./elements.ts";

const TEX = 'annotation[encoding="application/x-tex" i]';
/** What shows a formula a second time beside its source. */
const RENDERED = ".MathJax_Preview, .MathJax, .MathJax_Display, .MathJax_SVG, .MathJax_CHTML";
const HOSTS = ".katex, .mwe-math-element, mjx-container";
/** What formulas are in; never a part of the page. */
const HOST_NAMES = new Set(["span", "div", "img", "mjx-container"]);
/** Longer ones are none. */
const MAX_CHARS = 2_000;
const ATTRIBUTES = ["data-math", "data-latex", "data-tex"];

const grouped = (text: string) => (text.length > 1 ? `(${text})` : text);

/** How what has two dimensions is written on a line, from its parts. */
const FLAT: Readonly<Record<string, (first: string, second: string, third: string) => string>> = {
  msup: (base, above) => `${base}^${grouped(above)}`,
  mover: (base, above) => `${base}^${grouped(above)}`,
  msub: (base, below) => `${base}_${grouped(below)}`,
  munder: (base, below) => `${base}_${grouped(below)}`,
  msubsup: (base, below, above) => `${base}_${grouped(below)}^${grouped(above)}`,
  munderover: (base, below, above) => `${base}_${grouped(below)}^${grouped(above)}`,
  mfrac: (above, below) => `${grouped(above)}/${grouped(below)}`,
  mroot: (base, index) => `root(${base}, ${index})`,
  msqrt: (...inside) => `sqrt(${inside.join("")})`,
};

/** Presentation MathML on one line. */
function mathText(node: Node): string {
  if (node.nodeType !== 1) return (node.nodeValue ?? "").replace(/\s+/g, " ").trim();
  const { localName, children, childNodes } = node as Element;
  if (localName.startsWith("annotation")) return "";
  const flat = FLAT[localName];
  if (flat === undefined) return [...childNodes].map(mathText).join("");
  const [first = "", second = "", third = ""] = listed(children).map(mathText);
  return flat(first, second, third);
}

function replace(element: Element, formula: string, kind: "tex" | "text", display: boolean): void {
  const span = element.ownerDocument.createElement("span");
  if (kind === "tex") span.setAttribute("data-formula", display ? "block" : "inline");
  span.textContent = formula.trim();
  element.replaceWith(span);
}

/** Without the frame that MediaWiki puts around its formulas. */
const unframed = (tex: string) => /^\s*\{\\displaystyle\s+(.*)\}\s*$/s.exec(tex)?.[1] ?? tex;

function replaceMath(math: Element): void {
  const around = math.closest(HOSTS);
  const isHost = around !== null && HOST_NAMES.has(around.localName) && (around.textContent?.length ?? 0) <= MAX_CHARS;
  const host = isHost ? around : math;
  const source = math.querySelector(TEX)?.textContent ?? math.getAttribute("alttext");
  const tex = (source?.length ?? 0) <= MAX_CHARS ? source : null;
  const display = math.getAttribute("display") === "block" || host.closest(".katex-display") !== null;
  if (tex) replace(host, unframed(tex), "tex", display);
  else replace(host, mathText(math), "text", display);
}

/** Every formula once: its TeX where the page has that, marked `data-formula`, else its MathML as a line. */
export function showFormulas(document: Document): void {
  const elements = elementsBelow(document.documentElement);
  const scripts = named(elements, "script").filter((script) => /^math\/tex/i.test(script.getAttribute("type") ?? ""));
  if (scripts.length > 0) for (const element of document.querySelectorAll(RENDERED)) element.remove();
  for (const script of scripts)
    replace(script, script.textContent ?? "", "tex", /mode\s*=\s*display/i.test(script.getAttribute("type") ?? ""));
  for (const math of named(elements, "math")) if (math.isConnected) replaceMath(math);
  for (const element of elements) {
    // What has a text shows that.
    if (!HOST_NAMES.has(element.localName) || element.textContent?.trim() !== "") continue;
    const tex = ATTRIBUTES.map((name) => element.getAttribute(name)).find(Boolean);
    if (tex && tex.length <= MAX_CHARS && element.isConnected) replace(element, tex, "tex", false);
  }
}

const ORDINAL = /^(?:st|nd|rd|th|er|re|e|è|ème)$/i;
const MARK = /^(?:TM|SM|[®™©*†‡])$/i;
const MAX_RAISED_CHARS = 40;
const MAX_RAISED_NODES = 10;

const isPlain = (node: Node) => node.nodeType !== 1 || (node as Element).firstElementChild === null;
const PICTURES = /^(?:A|IMG|BR)$/i;

/** Whether `<sup>` or `<sub>` says another value than its text beside what stands before: `10<sup>6</sup>` is not 106. */
export function isRaised(element: Element): boolean {
  const nodes = [...element.childNodes];
  if (nodes.length > MAX_RAISED_NODES || nodes.some((node) => !isPlain(node) || PICTURES.test(node.nodeName)))
    return false;
  const text = element.textContent?.trim() ?? "";
  const before = /\S$/.exec(element.previousSibling?.textContent?.slice(-1) ?? "")?.[0] ?? "";
  if (text === "" || text.length > MAX_RAISED_CHARS || !/[\p{L}\p{N})\]]/u.test(before)) return false;
  return !MARK.test(text) && !(/\d/.test(before) && ORDINAL.test(text));
}

/** As plain text has it: `^6`, `_i`, `^(n+1)`. */
export function raisedText(element: Element): string {
  const text = (element.textContent ?? "").replace(/\s+/g, " ").trim();
  const mark = element.tagName.toUpperCase() === "SUP" ? "^" : "_";
  return /^[-+−–]?[\p{L}\p{N}.,]+$/u.test(text) ? `${mark}${text}` : `${mark}(${text})`;
}
