import { type PageFacts, NO_FACTS } from "../page/page-facts.ts";

/** What was read of a document that is no page, as HTML of its own making: escaped, without attributes of the document's choice. */
export interface ReadDocument {
  readonly html: string;
  readonly facts: PageFacts;
  /** How many the document has; undefined where it does not say. */
  readonly pages: number | undefined;
  /** Of them, how many were read and how many of these have no text. Undefined where pages are not apart. */
  readonly pages_read: number | undefined;
  readonly pages_without_text: number;
  readonly truncated: boolean;
}

/** A page or document of which nothing can be read, for a reason that its sender can act on. */
export class UnreadableDocument extends Error {
  readonly reason_code: "NOTHING_SELECTED" | "DOCUMENT_BROKEN" | "DOCUMENT_ENCRYPTED" | "DOCUMENT_TOO_LARGE";
  readonly detail: string;

  constructor(reason_code: UnreadableDocument["reason_code"], detail: string) {
    super(reason_code);
    this.reason_code = reason_code;
    this.detail = detail;
  }
}

export const factsOf = (known: Partial<PageFacts>): PageFacts => ({ ...NO_FACTS, ...known });

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
