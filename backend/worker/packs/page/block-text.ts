const BLOCKS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY DD DETAILS DIALOG DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 " +
    "H4 H5 H6 HEADER HGROUP HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TR UL"
  ).split(" "),
);
const LINES = new Set(["LI", "TR", "DT", "DD"]);
const SILENT = new Set(
  "SCRIPT STYLE NOSCRIPT TEMPLATE IFRAME OBJECT SVG MATH HEAD SELECT TEXTAREA AUDIO VIDEO".split(" "),
);

const ELEMENT = 1;
const TEXT = 3;

class Lines {
  #text = "";
  #gap = 0;
  #space = false;

  /** Asks for at least `newlines` before whatever comes next. */
  breakLine(newlines: number): void {
    this.#gap = Math.max(this.#gap, newlines);
    this.#space = false;
  }

  add(text: string, verbatim: boolean): void {
    const shown = verbatim ? text : text.replace(/[ \t\n\r\f]+/g, " ");
    const words = verbatim ? shown : shown.replace(/^ | $/g, "");
    if (words === "") {
      this.#space ||= shown !== "";
      return;
    }
    if (this.#gap > 0 && this.#text !== "") this.#text += "\n".repeat(this.#gap);
    else if (this.#text !== "" && !verbatim && (this.#space || shown.startsWith(" "))) this.#text += " ";
    this.#text += words;
    this.#gap = 0;
    this.#space = !verbatim && shown.endsWith(" ");
  }

  toString(): string {
    return this.#text.trim();
  }
}

function enter(element: Element, lines: Lines): void {
  const name = element.tagName.toUpperCase();
  if (name === "BR") lines.breakLine(1);
  if (name === "TD" || name === "TH") lines.add(" ", false);
  if (BLOCKS.has(name)) lines.breakLine(LINES.has(name) ? 1 : 2);
  if (name === "LI") lines.add("- ", false);
}

function leave(node: Node, lines: Lines): void {
  if (node.nodeType !== ELEMENT) return;
  const name = (node as Element).tagName.toUpperCase();
  if (BLOCKS.has(name)) lines.breakLine(LINES.has(name) ? 1 : 2);
}

/** What a reader sees of an element: paragraphs apart by a blank line, list items and table rows on lines of their own. */
export function blockText(root: Element): string {
  const lines = new Lines();
  let verbatim = 0;
  // Without recursion: pages nest as deeply as their authors like.
  for (let node: Node | null = root; node !== null;) {
    const silent = node.nodeType === ELEMENT && SILENT.has((node as Element).tagName.toUpperCase());
    if (node.nodeType === TEXT) lines.add(node.nodeValue ?? "", verbatim > 0);
    if (node.nodeType === ELEMENT && !silent) enter(node as Element, lines);
    if (!silent && node.firstChild !== null) {
      if (node.nodeName === "PRE") verbatim += 1;
      node = node.firstChild;
      continue;
    }
    while (node !== null && node !== root && node.nextSibling === null) {
      leave(node, lines);
      node = node.parentNode;
      if (node?.nodeName === "PRE") verbatim -= 1;
    }
    if (node === null || node === root) break;
    leave(node, lines);
    node = node.nextSibling;
  }
  return lines.toString();
}
