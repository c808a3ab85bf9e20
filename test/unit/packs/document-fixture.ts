import { strToU8, zipSync } from "fflate";

/** Operators that show a text, from the lower left corner of the page. */
export const shown = (x: number, y: number, size: number, text: string, font = "F1"): string =>
  `BT /${font} ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text.replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj ET`;

/** Lines of one paragraph from `y` down, of characters of 11 points. */
export const paragraph = (x: number, y: number, lines: readonly string[]): string =>
  lines.map((line, at) => shown(x, y - 13 * at, 11, line)).join("\n");

/** A content stream that is packed, by the names of its filters. */
export const packedStream = (packed: Uint8Array, filter: string) => ({ filter, packed });
type Content = string | ReturnType<typeof packedStream>;

function stream(content: Content): string {
  const [text, filter] =
    typeof content === "string"
      ? [content, ""]
      : [Buffer.from(content.packed).toString("latin1"), `/Filter ${content.filter}`];
  return `<< /Length ${text.length} ${filter} >>\nstream\n${text}\nendstream`;
}

interface PdfParts {
  /** Content streams, one a page. */
  readonly pages: readonly Content[];
  readonly info?: string;
  readonly catalog?: string;
  readonly trailer?: string;
  /** Annotations of the first page. */
  readonly annotations?: string;
  /** In place of the root of the tree of pages. */
  readonly tree?: string;
}

/** A PDF as its standard writes one: objects, their table, a trailer. */
export function makePdf({ pages, info = "", catalog = "", trailer = "", annotations = "", tree }: PdfParts) {
  const first = 6;
  const kids = pages.map((_, at) => `${first + 2 * at} 0 R`).join(" ");
  const bodies = [
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    tree ?? `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>`,
    `<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>`,
    `<< ${info} >>`,
    ...pages.flatMap((content, at) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${first + 2 * at + 1} 0 R ` +
        `/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> ${at === 0 ? annotations : ""} >>`,
      stream(content),
    ]),
  ];
  let file = "%PDF-1.7\n";
  const offsets = bodies.map((body, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const xref = file.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  file += `xref\n0 ${bodies.length + 1}\n0000000000 65535 f \n${rows}`;
  file += `trailer\n<< /Size ${bodies.length + 1} /Root 1 0 R /Info 5 0 R ${trailer} >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const RELATIONS = "http://schemas.openxmlformats.org";

interface DocxParts {
  /** What is in the body of the document. */
  readonly body: string;
  readonly core?: string;
  readonly app?: string;
  readonly styles?: string;
  readonly links?: string;
  /** Other files by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Before the root of the document. */
  readonly prolog?: string;
}

/** A DOCX with the least that Office Open XML asks for. */
export function makeDocx({ body, core, app, styles = "", links = "", files = {}, prolog = "" }: DocxParts): Buffer {
  const xml = (text: string) => strToU8(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  const relations = (inside: string) =>
    xml(`<Relationships xmlns="${RELATIONS}/package/2006/relationships">${inside}</Relationships>`);
  const main = `<Relationship Id="r1" Type="${RELATIONS}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>`;
  return Buffer.from(
    zipSync(
      {
        "[Content_Types].xml": xml('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
        "_rels/.rels": relations(main),
        "word/document.xml": xml(
          `${prolog}<w:document ${W} xmlns:r="${RELATIONS}/officeDocument/2006/relationships"><w:body>${body}</w:body></w:document>`,
        ),
        "word/_rels/document.xml.rels": relations(links),
        "word/styles.xml": xml(`<w:styles ${W}>${styles}</w:styles>`),
        ...(core === undefined
          ? {}
          : {
              "docProps/core.xml": xml(
                `<c:coreProperties xmlns:c="${RELATIONS}/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">${core}</c:coreProperties>`,
              ),
            }),
        ...(app === undefined ? {} : { "docProps/app.xml": xml(`<Properties>${app}</Properties>`) }),
        ...files,
      },
      { level: 1 },
    ),
  );
}

/** A run of a document, and a paragraph of runs. */
export const run = (text: string, properties = ""): string =>
  `<w:r>${properties === "" ? "" : `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${text}</w:t></w:r>`;
export const para = (runs: string, style = ""): string =>
  `<w:p>${style === "" ? "" : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}${runs}</w:p>`;
