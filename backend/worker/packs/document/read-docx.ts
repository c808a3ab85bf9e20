import { JSDOM } from "jsdom";
import mammoth from "mammoth";
import { factsOf, type ReadDocument, UnreadableDocument } from "./document.ts";
import { docxParts, packed } from "./docx-parts.ts";
import { label } from "../page/page-facts.ts";

/** Marks runs that no reader sees. */
const HIDDEN_STYLE = "HiddenText";
/** In half points. */
const LEAST_SIZE = 2;
const MAX_PAGES = 100_000;

const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  "p[style-name='Quote'] => blockquote > p:fresh",
  "p[style-name='Intense Quote'] => blockquote > p:fresh",
  "p[style-name='HTML Preformatted'] => pre:separator('\n')",
  "p[style-name='Preformatted Text'] => pre:separator('\n')",
  "p[style-name='Source Code'] => pre:separator('\n')",
  "p[style-name='Code'] => pre:separator('\n')",
];

const isOn = (properties: string, name: string) => {
  const [found = "", attributes = ""] = new RegExp(`<[\\w.-]*:?${name}(\\s[^<>]*)?/?>`).exec(properties) ?? [];
  return found !== "" && !/val="(?:0|false|off)"/.test(attributes);
};

function isHidden(properties: string): boolean {
  const size = /<[\w.-]*:?sz\s[^<>]*val="(\d{1,4})"/.exec(properties)?.[1];
  return isOn(properties, "vanish") || (size !== undefined && Number(size) <= LEAST_SIZE);
}

/** Each place where properties of runs begin, with what they are now; what they were before a tracked change aside. */
function* runProperties(
  xml: string,
): Generator<{ readonly at: number; readonly prefix: string; readonly properties: string }> {
  for (const open of xml.matchAll(/<([\w.-]{0,20}:)?rPr(?:\s[^<>]{0,200})?>/g)) {
    const prefix = open[1] ?? "";
    const at = open.index + open[0].length;
    const end = xml.indexOf(`</${prefix}rPr>`, at);
    if (end < 0) return;
    yield { at, prefix, properties: xml.slice(at, end).split("rPrChange", 1)[0] ?? "" };
  }
}

/** Gives hidden runs a style of their own, for the reader knows nothing else of them. */
function markHidden(xml: string): string {
  let marked = "";
  let from = 0;
  for (const { at, prefix, properties } of runProperties(xml)) {
    if (!isHidden(properties)) continue;
    marked += `${xml.slice(from, at)}<${prefix}rStyle ${prefix}val="${HIDDEN_STYLE}"/>`;
    from = at;
  }
  return marked + xml.slice(from);
}

/** Rules that leave out what styles hide. */
function hiddenStyles(styles: string): string[] {
  const hidden: string[] = [];
  for (const style of styles.split(/(?=<[\w.-]{0,20}:?style\s)/)) {
    const [, id = ""] = /styleId="([\w-]{1,100})"/.exec(style.slice(0, 500)) ?? [];
    const isHiding = [...runProperties(style)].some(({ properties }) => isOn(properties, "vanish"));
    if (isHiding && /^[A-Za-z][\w-]*$/.test(id)) hidden.push(`r.${id} => !`, `p.${id} => !`);
  }
  return hidden;
}

/** Of a part that says something of the whole document, by the local names of its elements. */
function valuesOf(xml: string | undefined, names: readonly string[]): (string | null)[] {
  if (xml === undefined) return names.map(() => null);
  const { window } = new JSDOM("");
  try {
    const document = new window.DOMParser().parseFromString(xml, "application/xml");
    return names.map((name) => label(document.getElementsByTagNameNS("*", name)[0]?.textContent));
  } finally {
    window.close();
  }
}

async function htmlOf(parts: Map<string, string>): Promise<string> {
  const styles = parts.get("word/styles.xml") ?? "";
  for (const [name, xml] of parts) if (/^word\/[^/]+\.xml$/.test(name)) parts.set(name, markHidden(xml));
  try {
    const read = await mammoth.convertToHtml(
      { buffer: Buffer.from(packed(parts)) },
      {
        styleMap: [`r.${HIDDEN_STYLE} => !`, ...hiddenStyles(styles), ...STYLES],
        includeEmbeddedStyleMap: false,
        externalFileAccess: false,
        // A picture has no address that could be given.
        convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: "" })),
      },
    );
    return read.value;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new UnreadableDocument("DOCUMENT_BROKEN", "The DOCX has no text that can be read.");
  }
}

/** Reads the text of a DOCX. Nothing that it refers to is fetched. */
export async function readDocx(body: Uint8Array): Promise<ReadDocument> {
  const parts = docxParts(body);
  // Office writes none, and reads none: they would name entities.
  if ([...parts.values()].some((xml) => xml.includes("<!DOCTYPE") || xml.includes("<!ENTITY")))
    throw new UnreadableDocument("DOCUMENT_BROKEN", "The DOCX declares entities, which none may.");
  const core = ["title", "creator", "subject", "description", "language"];
  const [title = null, byline = null, subject = null, description = null, language = null] = valuesOf(
    parts.get("docProps/core.xml"),
    core,
  );
  const [counted = null] = valuesOf(parts.get("docProps/app.xml"), ["Pages"]);
  const pages = Number(counted ?? 0);
  const html = await htmlOf(parts);
  return {
    html,
    facts: factsOf({
      title,
      byline,
      description: description ?? subject,
      language: language !== null && /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/.test(language) ? language : null,
    }),
    pages: Number.isInteger(pages) && pages > 0 && pages <= MAX_PAGES ? pages : undefined,
    pages_read: undefined,
    pages_without_text: 0,
    truncated: false,
  };
}
