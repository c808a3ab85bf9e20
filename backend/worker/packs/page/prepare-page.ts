import { elementsBelow, hasWord, listed, named } from "./elements.ts";
import { plainCode } from "./code-blocks.ts";
import { showFormulas } from "./formulas.ts";
import { fullTables } from "./full-tables.ts";
import { removeBoxes } from "./hidden.ts";

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"];
const BLOCKS = [...HEADINGS, ..."p div ul ol li table section article figure blockquote".split(" ")];

/** By which the parts of a preparation speak to what writes the page. */
const OWN_ATTRIBUTES = ["data-table", "data-formula", "data-checkbox"];

const isBlank = (node: Node | null) => node === null || (node.nodeType === 3 && node.nodeValue?.trim() === "");
const isAlone = ({ parentNode, previousSibling, nextSibling }: Element) =>
  (parentNode?.childNodes.length ?? 0) <= 3 && isBlank(previousSibling) && isBlank(nextSibling);

/** The search for an article takes headings out by words in their class names, and blocks of nothing but a heading. */
function plainHeadings(document: Document): void {
  const elements = elementsBelow(document.body);
  for (const element of elements) if (hasWord(element, "class", "mw-editsection")) element.remove();
  for (const heading of named(elements, ...HEADINGS)) {
    heading.removeAttribute("class");
    heading.removeAttribute("id");
    let frame: Element | null = heading.parentElement;
    while (frame?.nodeName === "DIV" && isAlone(heading)) {
      const outer: Element | null = frame.parentElement;
      frame.replaceWith(heading);
      frame = outer;
    }
  }
}

/** Each item of a numbered list has its number as `value`. */
function numberItems(document: Document): void {
  for (const list of named(elementsBelow(document.body), "ol")) {
    const items = listed(list.children).filter(({ nodeName }) => nodeName === "LI");
    const reversed = list.hasAttribute("reversed");
    const start = Number.parseInt(list.getAttribute("start") ?? "", 10);
    let number = Number.isNaN(start) ? (reversed ? items.length : 1) : start;
    for (const item of items) {
      const own = Number.parseInt(item.getAttribute("value") ?? "", 10);
      if (!Number.isNaN(own)) number = own;
      item.setAttribute("value", String(number));
      number += reversed ? -1 : 1;
    }
  }
}

/** The search for an article takes inputs out. */
function showCheckboxes(document: Document): void {
  for (const box of named(elementsBelow(document.body), "input")) {
    if (!hasWord(box, "type", "checkbox") || box.closest("li") === null) continue;
    const shown = document.createElement("span");
    shown.setAttribute("data-checkbox", "");
    shown.textContent = box.hasAttribute("checked") ? "[x]" : "[ ]";
    box.replaceWith(shown, ...(/^\s/.test(box.nextSibling?.textContent?.slice(0, 1) ?? "") ? [] : [" "]));
  }
}

/** A link around whole blocks, as around a card, becomes one around the first of them that has text. */
function narrowLinks(document: Document): void {
  for (const link of named(elementsBelow(document.body), "a")) {
    const inside = link.hasAttribute("href") ? elementsBelow(link) : [];
    const blocks = [...named(inside, ...HEADINGS), ...named(inside, ...BLOCKS)];
    const hasBlocks = (element: Element) => named(elementsBelow(element), ...BLOCKS).length > 0;
    const target = blocks.find((each) => each.textContent?.trim() !== "" && !hasBlocks(each));
    if (target === undefined) continue;
    const narrow = link.cloneNode(false) as Element;
    narrow.append(...target.childNodes);
    target.append(narrow);
    link.replaceWith(...link.childNodes);
  }
}

/** After what is hidden was removed: puts into a page's elements what its readers see, before anything is searched in it or written from it. */
export function preparePage(document: Document): void {
  for (const element of elementsBelow(document.documentElement))
    for (const name of OWN_ATTRIBUTES) element.removeAttribute(name);
  showFormulas(document);
  removeBoxes(document);
  // The search takes items out by words in their class names, such as `market-share`.
  for (const item of named(elementsBelow(document.body), "li")) item.removeAttribute("class");
  plainCode(document);
  fullTables(document);
  plainHeadings(document);
  numberItems(document);
  showCheckboxes(document);
  narrowLinks(document);
}
