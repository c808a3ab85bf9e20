import { z } from "zod";
import { type Micros, micros } from "../money.ts";
import { type PackOffer, unitsWithin } from "../pack.ts";
import { textUpTo } from "../bounded.ts";
import { WEB_PORTS } from "../public-target.ts";
import { readSelector } from "./url-selectors.ts";
import { MAX_ADDRESS_CHARS, MAX_REDIRECTS, webAddress } from "../web-address.ts";

/** Ceilings of the `url` pack; sizes are decimal (1 MB = 1,000,000 bytes), measured after decompression. */
export const URL_LIMITS = {
  max_url_chars: 2_048,
  max_body_bytes: 10_000_000,
  max_links: 2_000,
  max_link_text_chars: 200,
  max_text_chars: 2_000_000,
  /** Of a title or byline. */
  max_label_chars: 500,
  /** Of a time as a page writes it. */
  max_time_chars: 64,
  /** Of a PDF that are read. */
  max_pages: 500,
  /** What the parts of a DOCX that are read may unpack to. */
  max_unpacked_bytes: 20_000_000,
  /** To include, and as many to exclude. */
  max_selectors: 20,
  max_selector_chars: 200,
} as const;

/** How many bytes of the fetched body one `hundred_kb` covers, once started. */
const BYTES_PER_UNIT = 100_000;

const selector = textUpTo(URL_LIMITS.max_selector_chars).superRefine((text, context) => {
  const read = readSelector(text);
  if (typeof read === "string")
    context.addIssue({ code: "custom", message: `must be a CSS selector of the supported kind: ${read}` });
});
const selectors = z.array(selector).min(1).max(URL_LIMITS.max_selectors);

const inputs = z.strictObject({
  url: webAddress.describe(`Any public http or https address on one of the ports ${WEB_PORTS.join(", ")}.`),
  format: z
    .enum(["text", "markdown", "links"])
    .default("text")
    .describe("text or markdown of the article, or the page's links."),
  selectors: z
    .strictObject({
      include: selectors
        .optional()
        .describe(
          "Only what these match is read, in the order of the page, in place of the article. A page in which they match nothing fails.",
        ),
      exclude: selectors.optional().describe("What these match is left out, before anything else is looked for."),
    })
    .optional()
    .describe(
      "CSS selectors over what a page of HTML shows: tags, classes, ids, attributes, `:not()`, `:first-child`, `:last-child`, " +
        "`:nth-child()`, `:first-of-type`, `:nth-of-type()` and combinators; no `:has()`. By the page's source, not by what its scripts make of it.",
    ),
});

export type UrlInputs = z.output<typeof inputs>;

const address = z.string().max(MAX_ADDRESS_CHARS);
const label = (description: string) => z.string().max(URL_LIMITS.max_label_chars).nullable().describe(description);
const ownAddress = (description: string) => z.string().max(URL_LIMITS.max_url_chars).nullable().describe(description);

const page = {
  url: address.describe("As in the inputs."),
  final_url: address.describe("Where the page was in the end, after redirects."),
  status: z.int().min(100).max(599).describe("The HTTP status of the page."),
  title: label("The page's title, or null."),
  byline: label("Who wrote it, or null."),
  language: label("The language that the page names (BCP 47), or null."),
  description: label("How the page describes itself, or null."),
  site_name: label("The site that the page names, or null."),
  published_at: z
    .string()
    .max(URL_LIMITS.max_time_chars)
    .nullable()
    .describe("When the page was published, as it says itself, or null."),
  image_url: ownAddress("The image that the page names for itself, or null."),
  canonical_url: ownAddress("The address that the page names as its own, or null."),
  needs_scripts: z
    .boolean()
    .describe(
      "Whether the page shows nothing before its scripts run, which this does not do; charged as the smallest page.",
    ),
  pages: z
    .int()
    .min(1)
    .optional()
    .describe("How many pages a PDF has, or a DOCX by its own word. Absent where there are none."),
  pages_read: z
    .int()
    .min(1)
    .max(URL_LIMITS.max_pages)
    .optional()
    .describe(`How many pages of a PDF were read, of the first ${URL_LIMITS.max_pages}. Absent otherwise.`),
  needs_ocr: z
    .boolean()
    .optional()
    .describe(
      "Whether no page of a PDF that was read has text, as when it was scanned; charged as the smallest page. Absent where it is no PDF.",
    ),
  truncated: z.boolean().describe("Whether the answer was cut short."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("SHA-256 of the decompressed body, in hex."),
  bytes: z.int().min(0).max(URL_LIMITS.max_body_bytes).describe("Size of the decompressed body."),
  content_type: z.string().max(255).describe("Media type of the body, without parameters."),
  redirects: z.array(address).max(MAX_REDIRECTS).describe("Every address that was redirected to, in order."),
};
const article_found = z
  .boolean()
  .optional()
  .describe(
    "Whether an article stood out; otherwise the whole body's text is given. Absent for plain text, data, documents, and where `selectors` include.",
  );
const readable = z.string().max(URL_LIMITS.max_text_chars);

const data = z.discriminatedUnion("format", [
  z
    .strictObject({
      ...page,
      format: z.literal("text").describe("As in the inputs."),
      article_found,
      text: readable.describe("What a reader would see."),
    })
    .meta({ title: "UrlText" }),
  z
    .strictObject({
      ...page,
      format: z.literal("markdown").describe("As in the inputs."),
      article_found,
      markdown: readable.describe("What a reader would see, as Markdown."),
    })
    .meta({ title: "UrlMarkdown" }),
  z
    .strictObject({
      ...page,
      format: z.literal("links").describe("As in the inputs."),
      links: z
        .array(
          z.strictObject({
            url: z.string().max(URL_LIMITS.max_url_chars).describe("Where the link leads, without a fragment."),
            text: z.string().max(URL_LIMITS.max_link_text_chars).describe("What the link says; may be empty."),
          }),
        )
        .max(URL_LIMITS.max_links)
        .describe("The page's links to other pages, each once, in order."),
    })
    .meta({ title: "UrlLinks" }),
]);

/** Units of a fetch: the base and every started 100 KB of body, at least one. */
export function urlUnits(bytes: number): { base: number; hundred_kb: number } {
  return { base: 1, hundred_kb: Math.max(1, Math.ceil(bytes / BYTES_PER_UNIT)) };
}

/** How many bytes of a body the cap covers, at most those that are read at all; 0 where it covers no fetch. */
export function urlBytesWithin(cap: Micros): number {
  const covered = unitsWithin(urlOffer.prices, cap, { base: 1 }, "hundred_kb") * BYTES_PER_UNIT;
  return Math.min(covered, URL_LIMITS.max_body_bytes);
}

export const urlOffer: PackOffer<UrlInputs> = {
  type: "url",
  version: "1.3.0",
  title: "URL",
  summary:
    "Fetches a public web page, PDF or DOCX and returns what a reader would see: title, byline, language, published time, text, markdown or links, " +
    "with the SHA-256 and size of the body and the redirects that were followed.",
  inputs,
  data,
  prices: {
    base: { unit_micros: micros(2_000), per: "run" },
    hundred_kb: { unit_micros: micros(1_000), per: "started 100 KB (100,000 bytes) of the decompressed body" },
  },
  reliability:
    "1 when an article was found in the page, for links, and for plain text, data, a PDF or DOCX; 0.5 when the whole body's text was " +
    "returned because no article stood out, when the article is less than a quarter of the page's text, when the answer " +
    "was cut short (`truncated`), or when most pages of a PDF have no text; 0 when the page shows nothing without its scripts (`needs_scripts`) " +
    "or the PDF nothing but pictures (`needs_ocr`).",
  examples: [
    { title: "The text of an article, as Markdown", inputs: { url: "https://example.com/", format: "markdown" } },
    { title: "Its plain text", inputs: { url: "https://example.com/", format: "text" } },
    { title: "The links of a page", inputs: { url: "https://example.com/", format: "links" } },
  ],
  // The size is known only after the fetch.
  estimate: () => ({ units: urlUnits(0), most_units: urlUnits(URL_LIMITS.max_body_bytes), exact: false }),
};
