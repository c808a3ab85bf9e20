import { deflateSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { URL_LIMITS, urlOffer } from "#core/domain/packs/url.ts";
import { jsonWork } from "../../../backend/worker/off-thread/json-work.ts";
import { documentKind, sniffType } from "../../../backend/worker/packs/page/content-types.ts";
import { pageOutcome } from "../../../backend/worker/packs/page/page-outcome.ts";
import { makeDocx, makePdf, packedStream, para, paragraph, run, shown } from "./document-fixture.ts";

type Format = "text" | "markdown" | "links";
const PDF = "application/pdf";
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const URL_OF_DOCUMENT = "https://site.example/a";

async function outcomeOf(body: Uint8Array, content_type: string, format: Format) {
  const fetched = {
    kind: "ok" as const,
    final_url: URL_OF_DOCUMENT,
    status: 200,
    content_type,
    charset: null,
    redirects: [],
  };
  const inputs = { url: URL_OF_DOCUMENT, format };
  return pageOutcome({ inputs, fetched: { ...fetched, body }, article: true }, () => undefined);
}

/** What is delivered, held against the offer. */
async function read(body: Uint8Array, format: Format = "markdown", type = PDF) {
  const outcome = await outcomeOf(body, type, format);
  if (outcome.kind !== "done") throw new Error(`${outcome.kind} ${outcome.reason_code}`);
  const written = jsonWork.write(outcome.data, urlOffer.data);
  if (!(written instanceof Uint8Array)) throw new Error(JSON.stringify(written));
  const data = JSON.parse(Buffer.from(written).toString()) as Record<string, unknown>;
  return { ...data, units: outcome.units, reliability: outcome.reliability };
}
const markdown = async (body: Uint8Array, type = PDF) =>
  ((await read(body, "markdown", type)) as { markdown?: string }).markdown ?? "";
const text = async (body: Uint8Array, type = PDF) => ((await read(body, "text", type)) as { text?: string }).text ?? "";

const PROSE = [
  "The pump moves water from the lower basin to the upper one,",
  "day and night, all year, and nobody has to look after it.",
];

describe("a PDF", () => {
  test("is read with its title, author, language and pages", async () => {
    const body = makePdf({
      pages: [paragraph(60, 700, PROSE), paragraph(60, 700, ["Page two."])],
      info: "/Title (Pumps of the north) /Author (Ada Mole) /Subject (All about pumps)",
      catalog: "/Lang (en-GB)",
    });
    expect(await read(body, "text")).toMatchObject({
      title: "Pumps of the north",
      byline: "Ada Mole",
      language: "en-GB",
      description: "All about pumps",
      pages: 2,
      pages_read: 2,
      needs_ocr: false,
      truncated: false,
      text: `${PROSE.join(" ")}\n\nPage two.`,
      content_type: PDF,
      reliability: 1,
    });
  });

  test("has headings by their size, and the largest for a title where its name is that of a file", async () => {
    const content = [shown(60, 760, 22, "Pumps"), shown(60, 720, 15, "In the north"), paragraph(60, 690, PROSE)].join(
      "\n",
    );
    const page = await read(makePdf({ pages: [content], info: "/Title (Microsoft Word - pumps.docx)" }));
    expect(page).toMatchObject({ title: "Pumps", markdown: `# Pumps\n\n## In the north\n\n${PROSE.join(" ")}` });
  });

  test("has paragraphs whole: cut words, columns and pages are put together", async () => {
    const left = [
      "The pump moves water from the main-",
      "land to the island, and the well-known",
      "pump of the north moves",
    ];
    const right = ["more than that. It is a well-", "known fact."];
    const body = makePdf({
      pages: [`${paragraph(60, 700, left)}\n${paragraph(320, 700, right)}`, paragraph(60, 700, ["A page more."])],
    });
    expect(await text(body)).toBe(
      "The pump moves water from the mainland to the island, and the well-known pump of the north moves more than that. " +
        "It is a well-known fact.\n\nA page more.",
    );
  });

  test("has tables as rows and columns, also where a cell has several lines", async () => {
    const row = (y: number, cells: readonly string[]) => cells.map((cell, at) => shown(60 + 120 * at, y, 11, cell));
    const content = [
      ...row(700, ["Team", "Hours", "Place"]),
      ...row(680, ["North", "7", "By the"]),
      shown(300, 667, 11, "river"),
      ...row(650, ["South", "5.5", "Town"]),
    ].join("\n");
    const body = makePdf({ pages: [content] });
    expect(await markdown(body)).toBe(
      "| Team | Hours | Place |\n| --- | --- | --- |\n| North | 7 | By the river |\n| South | 5.5 | Town |",
    );
    expect(await text(body)).toBe("Team\tHours\tPlace\nNorth\t7\tBy the river\nSouth\t5.5\tTown");
  });

  test("has two columns one after the other where its lines stand side by side", async () => {
    const left = [
      "The pump of the north moves water from",
      "the lower basin to the upper one, day",
      "and night, all the year, and nobody",
      "looks after it.",
    ];
    const right = [
      "The pump of the south does not move",
      "at all, for nobody has looked after it",
      "since the day on which it was built",
      "by the town.",
    ];
    const content = left.flatMap((line, at) => [
      shown(60, 700 - 13 * at, 11, line),
      shown(330, 700 - 13 * at, 11, right[at] ?? ""),
    ]);
    expect(await text(makePdf({ pages: [content.join("\n")] }))).toBe(`${left.join(" ")}\n\n${right.join(" ")}`);
  });

  test("has lists, code, exponents and links", async () => {
    const content = [
      paragraph(60, 760, ["\x95 First", "\x95 Second"]),
      paragraph(60, 700, ["1. Open", "2. Press"]),
      shown(60, 640, 10, "if x:", "F2"),
      shown(72, 628, 10, "y()", "F2"),
      shown(60, 590, 11, "A flow of 10"),
      shown(117.5, 594, 7, "6"),
      shown(122, 590, 11, " m a day, "),
      shown(180, 590, 11, "more"),
    ].join("\n");
    const annotations =
      "/Annots [<< /Subtype /Link /Rect [178 585 210 602] /A << /S /URI /URI (https://site.example/more) >> >> " +
      "<< /Subtype /Link /Rect [60 585 120 602] /A << /S /URI /URI (javascript:alert\\(1\\)) >> >>]";
    const body = makePdf({ pages: [content], annotations });
    expect(await markdown(body)).toBe(
      "- First\n- Second\n\n1. Open\n2. Press\n\n```\nif x:\n  y()\n```\n\nA flow of 10<sup>6</sup> m a day, [more](https://site.example/more)",
    );
    expect(await text(body)).toContain("10^6 m a day");
    expect(await read(body, "links")).toMatchObject({ links: [{ url: "https://site.example/more", text: "more" }] });
  });

  test("comes without its running heads, its page numbers and what no reader sees", async () => {
    const page = (at: number) =>
      [
        shown(60, 810, 9, "Annual report"),
        paragraph(60, 700, [`The text of part ${"abcd".charAt(at)} of it.`]),
        shown(60, 600, 0.5, "HIDDEN"),
        shown(900, 600, 11, "HIDDEN"),
        shown(280, 30, 9, `Page ${at + 3} of 9`),
      ].join("\n");
    const content = await text(makePdf({ pages: [0, 1, 2, 3].map(page) }));
    expect(content.split("\n\n")).toEqual(["a", "b", "c", "d"].map((part) => `The text of part ${part} of it.`));
  });

  test("is the same bytes each time", async () => {
    const body = makePdf({ pages: [paragraph(60, 700, PROSE)] });
    expect(await markdown(body)).toBe(await markdown(body));
  });

  test("of pictures alone says so, and costs no more than the smallest page", async () => {
    const pages = Array.from({ length: 20 }, () => `0 0 m 100 100 l S %${"x".repeat(20_000)}`);
    expect(await read(makePdf({ pages }))).toMatchObject({
      needs_ocr: true,
      markdown: "",
      pages: 20,
      units: { base: 1, hundred_kb: 1 },
      reliability: 0,
    });
  });

  test("that cannot be opened without a password fails", async () => {
    const trailer =
      "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" +
      "00".repeat(32) +
      "> /U <" +
      "11".repeat(32) +
      "> >> /ID [<00> <00>]";
    expect(await outcomeOf(makePdf({ pages: ["BT ET"], trailer }), PDF, "text")).toMatchObject({
      kind: "pack_failed",
      reason_code: "DOCUMENT_ENCRYPTED",
    });
  });
});

describe("a PDF that means harm", () => {
  const ONE = paragraph(60, 700, ["Still here."]);
  const broken = { kind: "pack_failed", reason_code: "DOCUMENT_BROKEN" };

  test("or is none, or is cut, is read as far as it can be, or fails", async () => {
    for (const body of [Buffer.from("%PDF-1.7\nnothing else"), Buffer.alloc(2_000), Buffer.from("<html><p>x")])
      expect(await outcomeOf(body, PDF, "text")).toMatchObject(broken);
    const whole = makePdf({ pages: [ONE] });
    expect(await outcomeOf(whole.subarray(0, whole.indexOf("xref")), PDF, "text")).toMatchObject(broken);
    const wrong = Buffer.from(whole.toString("latin1").replaceAll(/startxref\n\d+/g, "startxref\n7"), "latin1");
    expect(await text(wrong)).toBe("Still here.");
  });

  test("with a tree of pages that leads to itself, or claims a million of them, comes to an end", async () => {
    const loop = makePdf({ pages: [ONE], tree: "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 4 >>" });
    expect(["done", "pack_failed"]).toContain((await outcomeOf(loop, PDF, "text")).kind);
    const many = makePdf({ pages: [ONE], tree: "<< /Type /Pages /Kids [6 0 R] /Count 1000000 >>" });
    const outcome = await outcomeOf(many, PDF, "text");
    expect(outcome.kind === "done" ? outcome.data : outcome).toMatchObject({ pages_read: 1, text: "Still here." });
  });

  test("with more pages than are read is cut, which the result tells", async () => {
    const pages = Array.from({ length: URL_LIMITS.max_pages + 1 }, () => "BT ET");
    expect(await read(makePdf({ pages: [ONE, ...pages] }), "text")).toMatchObject({
      truncated: true,
      pages: URL_LIMITS.max_pages + 2,
      pages_read: URL_LIMITS.max_pages,
      reliability: 0.5,
    });
  });

  test("runs no script, fetches nothing, and its markup is text", async () => {
    const body = makePdf({
      pages: [paragraph(60, 700, ['<img src=x onerror="alert(1)"> & more'])],
      catalog:
        "/OpenAction << /S /JavaScript /JS (globalThis.documentScriptRan = true) >> /AcroForm << /XFA 5 0 R >> " +
        "/Names << /EmbeddedFiles << /Names [(a) << /F (http://127.0.0.1:1/a) >>] >> >>",
    });
    expect(await text(body)).toBe('<img src=x onerror="alert(1)"> & more');
    expect(globalThis).not.toHaveProperty("documentScriptRan");
  });

  test("with a stream that unpacks to much more keeps to the bound of a text", async () => {
    const packed = deflateSync(
      Buffer.from(`BT /F1 2 Tf 1 0 0 1 0 800 Tm ${"(AAAAAAAAAAAAAAAAAAAA) Tj 0 -1.2 Td ".repeat(600)} ET`),
    );
    expect(packed.byteLength).toBeLessThan(500);
    const body = makePdf({ pages: [packedStream(packed, "/FlateDecode")] });
    expect((await text(body)).length).toBeGreaterThan(20 * 590);
  });
});

describe("a DOCX", () => {
  const HEADING = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>';
  const table = (rows: readonly (readonly string[])[]) =>
    `<w:tbl>${rows.map((cells) => `<w:tr>${cells.map((cell) => `<w:tc>${para(run(cell))}</w:tc>`).join("")}</w:tr>`).join("")}</w:tbl>`;

  test("is read with its title, author, pages, headings, tables and links", async () => {
    const links =
      '<Relationship Id="r9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://site.example/more" TargetMode="External"/>';
    const body = makeDocx({
      body:
        para(run("Safety"), "Heading1") +
        para(
          `${run("A flow of 10")}${run("6", '<w:vertAlign w:val="superscript"/>')}${run(" m, see ")}<w:hyperlink r:id="r9">${run("more")}</w:hyperlink>`,
        ) +
        table([
          ["Team", "Hours"],
          ["North", "7"],
        ]),
      core: "<dc:title>Pump &amp; manual</dc:title><dc:creator>Ada Mole</dc:creator><dc:language>en-GB</dc:language>",
      app: "<Pages>3</Pages>",
      styles: HEADING,
      links,
    });
    const page = await read(body, "markdown", DOCX);
    expect(page).toMatchObject({
      title: "Pump & manual",
      byline: "Ada Mole",
      language: "en-GB",
      pages: 3,
      reliability: 1,
      markdown:
        "# Safety\n\nA flow of 10<sup>6</sup> m, see [more](https://site.example/more)\n\n|  |  |\n| --- | --- |\n| Team | Hours |\n| North | 7 |",
    });
    expect(page).not.toHaveProperty("needs_ocr");
    expect(await text(body, DOCX)).toBe("Safety\n\nA flow of 10^6 m, see more\n\nTeam\tHours\nNorth\t7");
    expect(await read(body, "links", DOCX)).toMatchObject({
      links: [{ url: "https://site.example/more", text: "more" }],
    });
  });

  test("says nothing that its readers do not see", async () => {
    const body = makeDocx({
      body:
        para(
          `${run("Seen.")}${run("HIDDEN", "<w:vanish/>")}${run("HIDDEN", '<w:sz w:val="2"/>')}${run(" Too.", '<w:vanish w:val="0"/>')}`,
        ) +
        para(run("HIDDEN", '<w:rStyle w:val="Secret"/>')) +
        para(`<w:del>${run("HIDDEN").replaceAll("w:t", "w:delText")}</w:del>${run("Left.")}`),
      styles:
        '<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>' +
        '<w:style w:type="character" w:styleId="Open"><w:name w:val="Open"/></w:style>',
    });
    expect(await text(body, DOCX)).toBe("Seen. Too.\n\nLeft.");
  });

  const failing: readonly (readonly [string, () => Uint8Array, string])[] = [
    [
      "declares entities",
      () => makeDocx({ body: para(run("&a;")), prolog: '<!DOCTYPE a [<!ENTITY a "aaaa">]>' }),
      "DOCUMENT_BROKEN",
    ],
    ["has broken XML", () => makeDocx({ body: "<w:p>" }), "DOCUMENT_BROKEN"],
    ["is another archive", () => zipSync({ "a.txt": Buffer.from("a") }), "DOCUMENT_BROKEN"],
    ["is cut", () => makeDocx({ body: para(run("a")) }).subarray(0, 300), "DOCUMENT_BROKEN"],
    ["is no archive", () => Buffer.from("<html>"), "DOCUMENT_BROKEN"],
    [
      "is encrypted",
      () =>
        Buffer.concat([
          Buffer.from("d0cf11e0a1b11ae1", "hex"),
          Buffer.alloc(600),
          Buffer.from("EncryptedPackage", "utf16le"),
        ]),
      "DOCUMENT_ENCRYPTED",
    ],
    [
      "unpacks to more than is read",
      () => makeDocx({ body: "", files: { "word/footnotes.xml": Buffer.alloc(URL_LIMITS.max_unpacked_bytes) } }),
      "DOCUMENT_TOO_LARGE",
    ],
    [
      "has very many files",
      () =>
        zipSync(Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`${at}`, new Uint8Array()])), {
          level: 0,
        }),
      "DOCUMENT_TOO_LARGE",
    ],
  ];
  test.each(failing)("that %s fails", async (_, body, reason_code) => {
    expect(await outcomeOf(body(), DOCX, "text")).toMatchObject({ kind: "pack_failed", reason_code });
  });

  test("that claims less than it unpacks to is unpacked no further than it claims", async () => {
    const body = makeDocx({ body: para(run("a".repeat(3_000_000))) });
    const size = Buffer.alloc(4);
    size.writeUInt32LE(3_000_000);
    // In the archive's directory, which its readers go by.
    const found = body.indexOf("PK\u0001\u0002");
    const claimed = Buffer.from(body);
    for (let at = found; at >= 0; at = claimed.indexOf("PK\u0001\u0002", at + 4))
      if (claimed.readUInt32LE(at + 24) > 3_000_000) claimed.writeUInt32LE(50_000, at + 24);
    expect(await outcomeOf(claimed, DOCX, "text")).toMatchObject({ reason_code: "DOCUMENT_BROKEN" });
  });

  test("leaves packed what has no text", async () => {
    const files = { "word/media/a.xml": Buffer.alloc(URL_LIMITS.max_unpacked_bytes) };
    expect(await text(makeDocx({ body: para(run("Seen.")), files }), DOCX)).toBe("Seen.");
  });
});

describe("a body whose server does not say what it is", () => {
  test("is known as a PDF or DOCX by its first bytes", () => {
    expect(sniffType(makePdf({ pages: ["BT ET"] }))).toBe(PDF);
    expect(sniffType(makeDocx({ body: "" }))).toBe(DOCX);
    expect(sniffType(zipSync({ "a.txt": Buffer.from("a") }))).toBeUndefined();
    expect([documentKind(PDF), documentKind(DOCX), documentKind("text/html")]).toEqual(["pdf", "docx", undefined]);
  });
});
