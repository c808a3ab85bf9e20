import { elementsBelow, hasWord, listed, named } from "./elements.ts";

/** Cells that spans may add to a page: a span may claim 65,534 rows. */
const MOST_ADDED = 20_000;
const MOST_COLUMNS = 200;
/** Characters of cells that are repeated in further rows. */
const MOST_COPIED = 200_000;
/** A cell with more text is no datum, unless the table says that it has data. */
const DATUM_CHARS = 200;
const BLOCKS = "div ul ol dl h1 h2 h3 h4 h5 h6 pre form blockquote article section hr".split(" ");

function widthOf(row: HTMLTableRowElement): number {
  return listed(row.cells).reduce((width, { colSpan }) => width + colSpan, 0);
}

/** With a header or a caption, or rows as wide as each other of single data; anything else arranges the page. */
function isData(table: HTMLTableElement): boolean {
  const elements = elementsBelow(table);
  if (named(elements, "table").length > 0 || hasWord(table, "role", "presentation", "none")) return false;
  if (named(elements, "th", "caption", "thead").length > 0) return true;
  const rows = listed(table.rows);
  const width = rows[0] === undefined ? 0 : widthOf(rows[0]);
  const hasSpans = elements.some((element) => element.hasAttribute("rowspan"));
  if (rows.length < 2 || width < 2 || (!hasSpans && rows.some((row) => widthOf(row) !== width))) return false;
  return named(elements, ...BLOCKS).length === 0 && rows.every(({ cells }) => listed(cells).every(isDatum));
}

const isDatum = ({ textContent }: Element) => (textContent?.trim().length ?? 0) <= DATUM_CHARS;

/** A cell that reaches into rows below it. */
interface Reach {
  left: number;
  readonly text: string;
  readonly name: string;
}

/** Gives every row a cell for each column; returns how many cells were added. */
function expand(table: HTMLTableElement, most: number): number {
  const { ownerDocument: document } = table;
  const isSpan = (element: Element) => element.hasAttribute("rowspan") || element.hasAttribute("colspan");
  if (!elementsBelow(table).some(isSpan)) return 0;
  const reaching = new Map<number, Reach>();
  let added = 0;
  let copied = 0;
  const cell = (name: string, text: string) => {
    const made = document.createElement(name);
    copied += text.length;
    made.textContent = copied <= MOST_COPIED ? text : "";
    added += 1;
    return made;
  };
  // The collections of a document change with it.
  for (const row of listed(table.rows)) {
    const cells: Element[] = [];
    const carry = () => {
      for (let above = reaching.get(cells.length); above !== undefined && above.left > 0 && added < most;) {
        above.left -= 1;
        cells.push(cell(above.name, above.text));
        above = reaching.get(cells.length);
      }
    };
    for (const own of listed(row.cells)) {
      carry();
      const { colSpan, rowSpan, localName } = own;
      // 0 stands for all the rest.
      const left = (rowSpan === 0 ? MOST_ADDED : rowSpan) - 1;
      const at = cells.length;
      cells.push(own);
      while (cells.length < Math.min(at + colSpan, MOST_COLUMNS) && added < most) cells.push(cell(localName, ""));
      for (let column = at; left > 0 && column < cells.length; column++)
        reaching.set(column, { left, name: localName, text: column === at ? (own.textContent ?? "") : "" });
      own.removeAttribute("colspan");
      own.removeAttribute("rowspan");
    }
    carry();
    if (cells.length > row.cells.length) row.replaceChildren(...cells);
  }
  return added;
}

/** `head`: its first row names the columns. */
function kindOf(table: HTMLTableElement): "head" | "plain" {
  const first = table.rows.item(0);
  if (first === null) return "plain";
  const names = listed(first.cells).every(
    ({ nodeName, textContent }) => nodeName === "TH" || textContent?.trim() === "",
  );
  return first.parentElement?.nodeName === "THEAD" || names ? "head" : "plain";
}

/** Marks tables of data by `data-table`, and gives each of their rows a cell for every column, whatever spans there are. */
export function fullTables(document: Document): void {
  let left = MOST_ADDED;
  for (const table of named(elementsBelow(document.body), "table") as HTMLTableElement[]) {
    if (!isData(table)) continue;
    left -= expand(table, left);
    table.setAttribute("data-table", kindOf(table));
    // By which the search for an article knows data.
    table.setAttribute("summary", "data");
  }
}
