import TurndownService from "turndown";

const MIN_RULE = "---";

function cellText(service: TurndownService, cell: Element): string {
  return service
    .turndown(cell as HTMLElement)
    .replace(/\s*\n+\s*/g, " ")
    .replaceAll("|", "\\|")
    .trim();
}

function pipeTable(service: TurndownService, table: HTMLTableElement): string {
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cellText(service, cell)));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? "").join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(Array.from({ length: width }, () => MIN_RULE)), ...body.map(line)].join("\n");
}

// A table without any header cell, or with tables inside, is layout and reads better as plain blocks.
function isDataTable(node: HTMLElement): boolean {
  return node.nodeName === "TABLE" && node.querySelector("th") !== null && node.querySelector("table") === null;
}

// Turndown pads every marker to four columns; one space is as valid and costs a reader of tokens less.
function listItem(content: string, node: Node): string {
  const parent = node.parentElement;
  const items = [...(parent?.children ?? [])].filter(({ nodeName }) => nodeName === "LI");
  const first = Number(parent?.getAttribute("start") ?? 1) || 1;
  const marker = parent?.nodeName === "OL" ? `${first + items.indexOf(node as Element)}. ` : "- ";
  const body = content.replace(/^\n+|\n+$/g, "").replace(/\n(?!\n|$)/g, `\n${" ".repeat(marker.length)}`);
  return `${marker}${body}${node.nextSibling === null ? "" : "\n"}`;
}

// Turndown knows code by a CODE inside PRE; older pages have the PRE alone, or other elements in it.
function fenced(node: Node): string {
  const text = (node.textContent ?? "").replace(/^\n|\s+$/g, "");
  let mark = "```";
  while (text.includes(mark)) mark += "`";
  return text === "" ? "" : `\n\n${mark}\n${text}\n${mark}\n\n`;
}

// A link of nothing but a drawing: nobody reads it, and in markdown it would be an empty pair of brackets.
function isEmptyLink(node: HTMLElement): boolean {
  return node.nodeName === "A" && node.textContent?.trim() === "" && node.querySelector("img") === null;
}

/** Markdown (CommonMark, with pipe tables) of an element, which is changed on the way. */
export function toMarkdown(root: Element): string {
  // Turndown would work on a copy: of a long page, hundreds of megabytes that nobody needs.
  Object.defineProperty(root, "cloneNode", { value: () => root });
  const service = new TurndownService({
    headingStyle: "atx",
    codeBlockStyle: "fenced",
    bulletListMarker: "-",
    hr: "---",
  });
  service.remove(["script", "style", "noscript", "template", "iframe", "object"] as (keyof HTMLElementTagNameMap)[]);
  service.addRule("table", {
    filter: isDataTable,
    replacement: (_content, node) => `\n\n${pipeTable(service, node as HTMLTableElement)}\n\n`,
  });
  service.addRule("code", {
    filter: (node) => node.nodeName === "PRE" && node.firstChild?.nodeName !== "CODE",
    replacement: (_content, node) => fenced(node),
  });
  service.addRule("emptyLink", { filter: isEmptyLink, replacement: () => "" });
  service.addRule("listItem", { filter: "li", replacement: listItem });
  return service.turndown(root as HTMLElement).trim();
}
