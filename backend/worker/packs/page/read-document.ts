import { createHash } from "node:crypto";
import type { UrlInputs } from "#core/domain/packs/url.ts";
import { documentKind, isJson, isMarkup, isPage } from "./content-types.ts";
import { UnreadableDocument } from "../document/document.ts";
import { cut, decodeText, type TextKind } from "./decode-text.ts";
import type { PageContent } from "./page-content.ts";
import { plainContent } from "./plain-content.ts";

/** What of a longer page is not parsed. */
const MAX_PARSED_CHARS = 2_000_000;

export interface DocumentRequest {
  readonly body: Uint8Array;
  readonly content_type: string;
  /** The header's label, or null. */
  readonly charset: string | null;
  /** Where the document came from: relative links count from there. */
  readonly url: string;
  readonly format: UrlInputs["format"];
  readonly selectors?: UrlInputs["selectors"];
  /** Whether to look for an article at all. */
  readonly article: boolean;
}

export interface Reading {
  readonly page: PageContent;
  /** Of the body, in hexadecimal. */
  readonly sha256: string;
}

function kindOf(content_type: string): TextKind {
  if (isMarkup(content_type)) return "markup";
  return isJson(content_type) ? "json" : "plain";
}

async function readOffice(kind: "pdf" | "docx", { body, url, format }: DocumentRequest): Promise<PageContent> {
  const read =
    kind === "pdf"
      ? await (await import("../document/read-pdf.ts")).readPdf(body)
      : await (await import("../document/read-docx.ts")).readDocx(body);
  const { writeDocument } = await import("./extract-page.ts");
  const { heading, content, truncated } = writeDocument(read.html, { url, format });
  const { facts, pages, pages_read, pages_without_text } = read;
  return {
    facts: { ...facts, title: facts.title ?? heading },
    content,
    article_found: false,
    needs_scripts: false,
    doubtful: false,
    truncated: truncated || read.truncated,
    paging: { pages, pages_read, pages_without_text },
  };
}

/**
 * Reads a document of any readable type. All that grows with the size of a body is done here, in a process that can be
 * ended. `onSearch` is called when the search for an article begins. Throws UnreadableDocument.
 */
export async function readDocument(request: DocumentRequest, onSearch: () => void): Promise<Reading> {
  const { body, content_type, charset, url, format, article, selectors } = request;
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (!isPage(content_type) && selectors?.include !== undefined)
    throw new UnreadableDocument("NOTHING_SELECTED", "selectors.include works on pages of HTML alone.");
  const kind = documentKind(content_type);
  if (kind !== undefined) return { page: await readOffice(kind, request), sha256 };
  const text = decodeText(body, charset, kindOf(content_type));
  if (!isPage(content_type)) return { page: plainContent(text, url, format), sha256 };
  // Loaded by now: see the process.
  const { extractPage } = await import("./extract-page.ts");
  const html = cut(text, MAX_PARSED_CHARS);
  const page = extractPage({ html, url, format, article, selectors }, onSearch);
  return { page: { ...page, truncated: page.truncated || html.length < text.length }, sha256 };
}
