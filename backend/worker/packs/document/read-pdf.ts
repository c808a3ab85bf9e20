import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  getDocument,
  PasswordException,
  type PDFDocumentProxy,
  type PDFPageProxy,
  Util,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { factsOf, type ReadDocument, UnreadableDocument } from "./document.ts";
import { blocksHtml } from "./pdf-blocks.ts";
import { type Line, LineBuilder, type PdfItem } from "./pdf-lines.ts";

const PACKAGE = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));

/** Runs of characters that are read of a document: some programs write each character as one. */
const MAX_ITEMS = 1_000_000;
/** Smaller characters are not seen. */
const LEAST_SIZE = 1.5;
/** Of a quarter turn: what stands more aslant is a watermark. */
const ASLANT = 0.1;
const MAX_LINKS_OF_PAGE = 1_000;

type Matrix = [number, number, number, number, number, number];

interface Link {
  readonly url: string;
  /** Left, top, right, bottom, as the page is seen. */
  readonly box: readonly [number, number, number, number];
}

/** What `getTextContent` gives, as far as it is used. */
interface TextItem {
  readonly str: string;
  readonly transform: Matrix;
  readonly width: number;
  readonly height: number;
  readonly fontName: string;
}
interface Style {
  readonly fontFamily: string;
  readonly vertical: boolean;
}
interface Chunk {
  readonly items: readonly (TextItem | { readonly type: string })[];
  readonly styles: Readonly<Record<string, Style>>;
}
interface Viewport {
  readonly width: number;
  readonly height: number;
  readonly transform: Matrix;
}

const isInside = (x: number, y: number, [left, top, right, bottom]: Link["box"]) =>
  x >= left && x <= right && y >= top && y <= bottom;

/** Where a run stands on the page as it is seen; undefined for one that is not. */
function placed(
  item: TextItem,
  style: Style | undefined,
  viewport: Viewport,
  links: readonly Link[],
): PdfItem | undefined {
  const [a, b, c, d, x, y] = Util.transform(viewport.transform, item.transform) as Matrix;
  const size = Math.hypot(c, d);
  const isSeen = size >= LEAST_SIZE && isInside(x, y, [-1, -1, viewport.width + 1, viewport.height + 1]);
  const vertical = style?.vertical === true;
  const angle = (Math.atan2(b, a) / (Math.PI / 2) + (vertical ? 1 : 0) + 4) % 4;
  const turns = Math.round(angle) % 4;
  if (!isSeen || Math.abs(angle - Math.round(angle)) > ASLANT || ![a, b, c, d, x, y].every(Number.isFinite))
    return undefined;
  const [cos, sin] = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ][turns] as [number, number];
  const start = x * cos + y * sin;
  const length = vertical ? item.height : item.width;
  const [middleX, middleY] = [x + (cos * length) / 2 + (sin * size) / 4, y + (sin * length) / 2 - (cos * size) / 4];
  return {
    text: item.str,
    start,
    end: start + length,
    baseline: y * cos - x * sin,
    size,
    turns,
    monospaced: style?.fontFamily === "monospace",
    href: links.find(({ box }) => isInside(middleX, middleY, box))?.url,
  };
}

async function linksOf(page: PDFPageProxy, viewport: Viewport): Promise<Link[]> {
  const annotations = (await page.getAnnotations()) as readonly { subtype?: string; url?: string; rect?: number[] }[];
  return annotations.slice(0, MAX_LINKS_OF_PAGE).flatMap(({ subtype, url, rect }) => {
    const target = subtype === "Link" && typeof url === "string" ? URL.parse(url) : null;
    if (target === null || !/^(?:https?|mailto):$/.test(target.protocol) || rect?.length !== 4) return [];
    const [left = 0, bottom = 0, right = 0, top = 0] = rect;
    const corners = [
      [left, bottom],
      [right, top],
    ].map(([x = 0, y = 0]) => {
      const [a, b, c, d, e, f] = viewport.transform;
      return [a * x + c * y + e, b * x + d * y + f] as const;
    });
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    return [{ url: target.href, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const }];
  });
}

/** What is left of the bounds of a document. */
interface Budget {
  chars: number;
  items: number;
}

async function linesOf(page: PDFPageProxy, number: number, budget: Budget): Promise<Line[]> {
  const viewport = page.getViewport({ scale: 1 }) as unknown as Viewport;
  const links = await linksOf(page, viewport);
  const builder = new LineBuilder(number);
  const reader = (page.streamTextContent({ includeMarkedContent: false }) as ReadableStream<Chunk>).getReader();
  const styles: Record<string, Style> = {};
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    Object.assign(styles, read.value.styles);
    for (const item of read.value.items) {
      if (!("str" in item)) continue;
      budget.items -= 1;
      budget.chars -= item.str.length;
      const run = placed(item, styles[item.fontName], viewport, links);
      if (run !== undefined) builder.add(run);
    }
    if (budget.chars <= 0 || budget.items <= 0) {
      await reader.cancel(new Error("enough"));
      break;
    }
  }
  return builder.lines;
}

const text = (value: unknown): string | null => {
  const one: unknown = Array.isArray(value) ? value.join(", ") : value;
  return typeof one === "string" && one.trim() !== ""
    ? one.replace(/\s+/g, " ").trim().slice(0, URL_LIMITS.max_label_chars)
    : null;
};

/** Programs name documents after their files. */
const isFileName = (title: string) =>
  /^(?:untitled|microsoft \w+ - )|\.(?:docx?|pdf|indd|tex|dvi|odt|rtf|xlsx?|pptx?|qxd)$/i.test(title);

async function factsIn(document: PDFDocumentProxy) {
  const { info, metadata } = await document.getMetadata().catch(() => ({ info: {}, metadata: null }));
  const named = info as Readonly<Record<string, unknown>>;
  const xmp = (name: string): unknown => (metadata as { get(name: string): unknown } | null)?.get(name);
  const title = text(named["Title"]) ?? text(xmp("dc:title"));
  const language = text(named["Language"]) ?? "";
  return factsOf({
    title: title !== null && isFileName(title) ? null : title,
    byline: text(named["Author"]) ?? text(xmp("dc:creator")),
    description: text(named["Subject"]) ?? text(xmp("dc:description")),
    language: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/.test(language) ? language : null,
  });
}

async function open(body: Uint8Array): Promise<PDFDocumentProxy> {
  try {
    return await getDocument({
      // It may keep what it is given.
      data: Uint8Array.from(body),
      verbosity: 0,
      cMapUrl: join(PACKAGE, "cmaps/"),
      standardFontDataUrl: join(PACKAGE, "standard_fonts/"),
      disableFontFace: true,
      useSystemFonts: false,
      useWorkerFetch: false,
      useWasm: false,
      enableXfa: false,
      isOffscreenCanvasSupported: false,
      isImageDecoderSupported: false,
    }).promise;
  } catch (error) {
    if (error instanceof PasswordException)
      throw new UnreadableDocument("DOCUMENT_ENCRYPTED", "The PDF cannot be opened without a password.");
    throw new UnreadableDocument("DOCUMENT_BROKEN", "The body is no PDF that can be read.");
  }
}

/** Reads the text of a PDF, page by page up to the bounds. Nothing that it refers to is fetched, and no script of it runs. */
export async function readPdf(body: Uint8Array): Promise<ReadDocument> {
  const document = await open(body);
  const pages: Line[][] = [];
  const budget: Budget = { chars: URL_LIMITS.max_text_chars, items: MAX_ITEMS };
  const most = Math.min(document.numPages, URL_LIMITS.max_pages);
  let unread = 0;
  let read = 0;
  for (; read < most && budget.chars > 0 && budget.items > 0; read++) {
    try {
      const page = await document.getPage(read + 1);
      pages.push(await linesOf(page, read, budget));
      page.cleanup();
    } catch {
      // A page that is broken: the others can be read.
      unread += 1;
      pages.push([]);
    }
  }
  const facts = await factsIn(document);
  const pageCount = document.numPages;
  if (unread === read) throw new UnreadableDocument("DOCUMENT_BROKEN", "No page of the PDF can be read.");
  const { html, heading } = blocksHtml(pages);
  return {
    html,
    facts: { ...facts, title: facts.title ?? text(heading) },
    pages: pageCount,
    pages_read: read - unread,
    pages_without_text: pages.filter((lines) => lines.length === 0).length - unread,
    truncated: read < pageCount || unread > 0 || budget.chars <= 0 || budget.items <= 0,
  };
}
