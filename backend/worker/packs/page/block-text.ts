import { isRaised, raisedText } from "./formulas.ts";

const BLOCKS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION DD DETAILS DIALOG DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 " +
    "H4 H5 H6 HEADER HGROUP HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TR UL"
  ).split(" "),
);
const LINES = new Set(["LI", "TR", "DT", "DD", "CAPTION"]);
const LISTS = new Set(["UL", "OL"]);
const STRUCK = new Set(["DEL", "S", "STRIKE"]);
const SILENT = new Set(
  "SCRIPT STYLE NOSCRIPT TEMPLATE IFRAME OBJECT SVG MATH HEAD SELECT TEXTAREA AUDIO VIDEO".split(" "),
);

const ELEMENT = 1;
const TEXT = 3;

class Lines {
  #text = "";
  #gap = 0;
  #space = false;
  /** Whether nothing but the marker of an item is on the line. */
  #marked = false;
  /** Whether nothing follows a tab yet. */
  #tabbed = false;

  /** Asks for at least `newlines` before whatever comes next, unless that belongs to an item's marker. */
  breakLine(newlines: number): void {
    if (this.#marked) return;
    this.#gap = Math.max(this.#gap, newlines);
    this.#space = false;
  }

  /** Parts words, on the same line. */
  space(): void {
    this.#space = !this.#tabbed;
  }

  /** Parts cells of a row. */
  tab(): void {
    this.add("\t", true);
    this.#tabbed = true;
  }

  add(text: string, verbatim = false): void {
    const shown = verbatim ? text : text.replace(/[ \t\n\r\f]+/g, " ");
    const words = verbatim ? shown : shown.replace(/^ | $/g, "");
    if (words === "") {
      this.#space ||= shown !== "";
      return;
    }
    if (this.#gap > 0 && this.#text !== "") this.#text += "\n".repeat(this.#gap);
    else if (this.#text !== "" && !verbatim && !this.#marked && (this.#space || shown.startsWith(" ")))
      this.#text += " ";
    this.#text += words;
    this.#tabbed = false;
    this.#gap = 0;
    this.#marked = false;
    this.#space = !verbatim && shown.endsWith(" ");
  }

  /** Begins an item on a line of its own, right below the one before it if there is one. */
  item(marker: string, isFirst: boolean): void {
    this.#marked = false;
    this.#gap = isFirst ? Math.max(1, this.#gap) : 1;
    this.add(marker, true);
    this.#marked = true;
  }

  /** What follows begins right behind it. */
  mark(text: string): void {
    this.add(this.#space && this.#gap === 0 ? ` ${text}` : text, true);
  }

  toString(): string {
    return this.#text.trim();
  }
}

/** Where the reading of an element is. */
interface Place {
  /** Lists that it is in. */
  lists: number;
  /** Cells of tables of data that it is in: their rows are lines. */
  cells: number;
  verbatim: number;
}

const breaks = (name: string, { lists }: Place) => (LINES.has(name) || (LISTS.has(name) && lists > 1) ? 1 : 2);

function begin(element: Element, name: string, lines: Lines, place: Place): void {
  if (LISTS.has(name)) place.lists += 1;
  const isCell = name === "TD" || name === "TH";
  if (isCell && element.closest("table")?.hasAttribute("data-table")) {
    if (element.previousElementSibling !== null) lines.tab();
    place.cells += 1;
  } else if (isCell || (place.cells > 0 && (name === "BR" || BLOCKS.has(name)))) lines.space();
  else if (name === "BR") lines.breakLine(1);
  else if (BLOCKS.has(name)) lines.breakLine(breaks(name, place));
  if (name === "LI") {
    const number = element.parentElement?.nodeName === "OL" ? element.getAttribute("value") : null;
    const indent = "  ".repeat(Math.min(Math.max(0, place.lists - 1), MOST_INDENTED));
    lines.item(`${indent}${number === null ? "-" : `${number}.`} `, element.previousElementSibling === null);
  } else if (STRUCK.has(name)) lines.mark("~~");
  else if (name === "PRE") place.verbatim += 1;
}

function end(element: Element, name: string, lines: Lines, place: Place): void {
  if (BLOCKS.has(name) && place.cells === 0) lines.breakLine(breaks(name, place));
  if (LISTS.has(name)) place.lists -= 1;
  else if (STRUCK.has(name)) lines.add("~~", true);
  else if (name === "PRE") place.verbatim -= 1;
  else if ((name === "TD" || name === "TH") && place.cells > 0 && element.closest("table")?.hasAttribute("data-table"))
    place.cells -= 1;
}

/** Deeper lists are indented no further: what is added for each item stays small. */
const MOST_INDENTED = 10;

/**
 * What a reader sees of a page that was prepared: paragraphs apart by a blank line, list items and table rows on lines of their
 * own, the cells of data apart by tabs.
 */
export function blockText(root: Element): string {
  const lines = new Lines();
  const place: Place = { lists: 0, cells: 0, verbatim: 0 };
  const enter = (node: Node): boolean => {
    if (node.nodeType === TEXT) lines.add(node.nodeValue ?? "", place.verbatim > 0);
    if (node.nodeType !== ELEMENT) return false;
    const name = (node as Element).tagName.toUpperCase();
    if (SILENT.has(name)) return false;
    if ((name === "SUP" || name === "SUB") && isRaised(node as Element)) {
      lines.add(raisedText(node as Element));
      return false;
    }
    begin(node as Element, name, lines, place);
    return true;
  };
  // Without recursion: pages nest as deeply as their authors like.
  for (let node: Node | null = root; node !== null;) {
    const entered = enter(node);
    if (entered && node.firstChild !== null) {
      node = node.firstChild;
      continue;
    }
    if (entered) end(node as Element, (node as Element).tagName.toUpperCase(), lines, place);
    while (node !== null && node !== root && node.nextSibling === null) {
      node = node.parentNode;
      if (node !== null && node !== root) end(node as Element, (node as Element).tagName.toUpperCase(), lines, place);
    }
    if (node === null || node === root) break;
    node = node.nextSibling;
  }
  return lines.toString();
}
