import { VARY } from "./headers.ts";
import type { Json } from "./json.ts";

/** A response's content: text or a page, of this media type. */
export const textContent = (type: string, example: string): Json => ({
  [type]: { schema: { type: "string" }, example },
});

const WORDS = "The same, to be read by people.";

/** Beside JSON, a page, and text of other media types, as the caller asks. */
export const negotiated = (...types: string[]): { readonly content: Json; readonly headers: Json } => ({
  content: Object.fromEntries(
    ["text/html", ...types].map((type) => [type, { schema: { type: "string" }, example: WORDS }]),
  ),
  headers: VARY,
});
