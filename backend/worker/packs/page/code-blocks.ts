import { elementsBelow, listed, named } from "./elements.ts";

const NUMBERS =
  ".lineno, .linenos, .linenumber, .line-number, .line-numbers, .line-numbers-rows, .gutter, .hljs-ln-numbers, " +
  ".rouge-gutter, .blob-num, .CodeMirror-linenumber, [data-line-number]:empty";
const LINES = new Set("DIV P LI TR UL OL TABLE TBODY SECTION".split(" "));
/** By class: `language-python`, `lang-py`, `highlight-source-python`, `brush: python`, `sourceCode python`. */
const LANGUAGE =
  /(?:^|\s)(?:language-|lang-|highlight-(?:source-)?|brush:\s*|(?:sourceCode|src|prettyprint)\s+(?:lang-|src-)?)([\w+#.-]{1,40})/i;
const NO_LANGUAGE = /^(?:none|default|text|plain|plaintext|no-?highlight|linenums|code|wrapper)$/i;

/** Lines that count on from each other. */
function countsOn(text: string | null): boolean {
  const lines = (text ?? "").trim().split(/\s+/);
  return (
    lines.length > 1 &&
    lines.every((line, index) => /^\d{1,6}$/.test(line) && Number(line) === Number(lines[0]) + index)
  );
}

function languageOf(pre: Element): string | undefined {
  const places = [pre.querySelector("code"), pre, pre.parentElement, pre.parentElement?.parentElement];
  for (const place of places) {
    const given = place?.getAttribute("data-lang") ?? place?.getAttribute("data-language");
    const named = given ?? LANGUAGE.exec(place?.getAttribute("class") ?? "")?.[1];
    if (named && /^[\w+#.-]{1,40}$/.test(named) && !NO_LANGUAGE.test(named)) return named.toLowerCase();
  }
  return undefined;
}

/** The text of code, in which line breaks and blocks begin lines. */
function codeText(root: Element): string {
  let text = "";
  const breakLine = () => {
    if (text !== "" && !text.endsWith("\n")) text += "\n";
  };
  for (let node: Node | null = root; node !== null;) {
    const name = node.nodeName.toUpperCase();
    if (node.nodeType === 3) text += node.nodeValue ?? "";
    else if (name === "BR") text += "\n";
    else if (node !== root && LINES.has(name)) breakLine();
    if (node.firstChild !== null) {
      node = node.firstChild;
      continue;
    }
    while (node !== null && node !== root && node.nextSibling === null) {
      node = node.parentNode;
      if (node !== root && node !== null && LINES.has(node.nodeName.toUpperCase())) breakLine();
    }
    node = node === null || node === root ? null : node.nextSibling;
  }
  return text.replace(/^\n/, "").trimEnd();
}

function write(pre: Element, text: string, language: string | undefined): void {
  const code = pre.ownerDocument.createElement("code");
  code.textContent = text;
  pre.replaceChildren(code);
  pre.removeAttribute("class");
  pre.removeAttribute("data-language");
  if (language !== undefined) pre.setAttribute("data-language", language);
}

/** A table that has lines of code in one column and their numbers in another becomes the code. */
function replaceNumbered(table: HTMLTableElement): void {
  const rows = listed(table.rows);
  if (rows.length === 0 || rows.some(({ cells }) => cells.length !== 2)) return;
  const [first, second] = listed(rows[0]?.cells ?? []);
  const block = rows.length === 1 ? second?.querySelector("pre") : undefined;
  const isNumbered = rows.every(
    ({ cells: [cell] }) => cell?.matches(NUMBERS) || cell?.hasAttribute("data-line-number"),
  );
  const pre = table.ownerDocument.createElement("pre");
  if (block && first && countsOn(first.textContent)) {
    const language = languageOf(block) ?? languageOf(table);
    write(pre, codeText(block), language);
  } else if (isNumbered) {
    const lines = rows.map(({ cells: [, cell] }) => (cell === undefined ? "" : codeText(cell)));
    write(pre, lines.join("\n"), languageOf(table));
  } else return;
  table.replaceWith(pre);
}

/** Every block of code as one text: its lines, without their numbers, and its language as `data-language`. */
export function plainCode(document: Document): void {
  const elements = elementsBelow(document.body);
  const pres = named(elements, "pre");
  const isNumbered = (element: Element) => element.hasAttribute("data-line-number") || element.hasAttribute("class");
  const numbered = named(elements, "td", "th").filter((cell) => isNumbered(cell));
  const tables = new Set([...pres, ...numbered].map((element) => element.closest("table")));
  for (const table of tables) if (table !== null) replaceNumbered(table);
  for (const pre of named(elementsBelow(document.body), "pre")) {
    // One inside another was written with it.
    if (!pre.isConnected) continue;
    const numbers = [...pre.querySelectorAll(NUMBERS)];
    for (const each of numbers) if (/^[\s\d]*$/.test(each.textContent ?? "")) each.remove();
    const language = languageOf(pre);
    write(pre, codeText(pre), language);
  }
}
