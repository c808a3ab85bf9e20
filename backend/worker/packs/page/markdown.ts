import TurndownService from "turndown";
import { listed } from "./elements.ts";
import { isRaised } from "./formulas.ts";

const MIN_RULE = "---";
const MOST_FILLED = 200_000;

function cellText(service: TurndownService, cell: Element): string {
  return service
    .turndown(cell as HTMLElement)
    .replace(/\s*\n+\s*/g, " ")
    .replaceAll("|", "\\|")
    .trim();
}

/** The cells as the preparation left them: each row has one for every column. */
function pipeTable(service: TurndownService, table: HTMLTableElement): string {
  const rows = listed(table.rows).map((row) => listed(row.cells).map((cell) => cellText(service, cell)));
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (width === 0) return "";
  // What rows lack is not added where that would be more than there is.
  const isFilled = width * rows.length <= MOST_FILLED;
  const line = (cells: readonly string[]) =>
    `| ${isFilled ? Array.from({ length: width }, (_, index) => cells[index] ?? "").join(" | ") : cells.join(" | ")} |`;
  const [head = [], ...body] = table.getAttribute("data-table") === "head" ? rows : [[], ...rows];
  const caption = table.caption === null ? "" : `${cellText(service, table.caption)}\n\n`;
  const rule = line(Array.from({ length: width }, () => MIN_RULE));
  return `${caption}${[line(head), rule, ...body.map(line)].join("\n")}`;
}

// Turndown pads every marker to four columns; one space is as valid and costs a reader of tokens less.
function listItem(content: string, node: Node): string {
  const number = node.parentElement?.nodeName === "OL" ? (node as Element).getAttribute("value") : null;
  const marker = number === null ? "- " : `${number}. `;
  const body = content.replace(/^\n+|\n+$/g, "").replace(/\n(?!\n|$)/g, `\n${" ".repeat(marker.length)}`);
  return `${marker}${body}${node.nextSibling === null ? "" : "\n"}`;
}

function fenced(node: HTMLElement): string {
  const text = node.textContent ?? "";
  let mark = "```";
  while (text.includes(mark)) mark += "`";
  const language = node.getAttribute("data-language") ?? "";
  return text === "" ? "" : `\n\n${mark}${language}\n${text}\n${mark}\n\n`;
}

function formula(node: HTMLElement): string {
  const tex = node.textContent ?? "";
  if (node.getAttribute("data-formula") === "block") return `\n\n$$\n${tex}\n$$\n\n`;
  return `$${tex.replace(/\s+/g, " ")}$`;
}

const isRaisedElement = (node: HTMLElement) => /^SU[PB]$/.test(node.nodeName) && isRaised(node);

// A link of nothing but a drawing: nobody reads it, and in markdown it would be an empty pair of brackets.
function isEmptyLink(node: HTMLElement): boolean {
  return node.nodeName === "A" && node.textContent?.trim() === "" && node.querySelector("img") === null;
}

/** Markdown (CommonMark, with pipe tables, `~~`, `[x]` and TeX between `$`) of a page that was prepared, which is changed on the way. */
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
    filter: (node) => node.nodeName === "TABLE" && node.hasAttribute("data-table"),
    replacement: (_content, node) => `\n\n${pipeTable(service, node as HTMLTableElement)}\n\n`,
  });
  service.addRule("code", { filter: "pre", replacement: (_content, node) => fenced(node) });
  service.addRule("formula", {
    filter: (node) => node.hasAttribute("data-formula"),
    replacement: (_content, node) => formula(node),
  });
  service.addRule("raised", {
    filter: isRaisedElement,
    replacement: (content, { nodeName }) => `<${nodeName.toLowerCase()}>${content}</${nodeName.toLowerCase()}>`,
  });
  service.addRule("struck", {
    filter: ["del", "s", "strike"] as (keyof HTMLElementTagNameMap)[],
    replacement: (content) => (content.trim() === "" ? content : `~~${content}~~`),
  });
  service.addRule("checkbox", {
    filter: (node) => node.hasAttribute("data-checkbox"),
    replacement: (_content, node) => node.textContent ?? "",
  });
  service.addRule("emptyLink", { filter: isEmptyLink, replacement: () => "" });
  service.addRule("listItem", { filter: "li", replacement: listItem });
  return service.turndown(root as HTMLElement).trim();
}
