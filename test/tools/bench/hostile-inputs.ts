import { evalOffer } from "#core/domain/packs/eval.ts";
import { encodePng } from "../../support/scan/png.ts";
import { scan } from "../../support/scan/scan.ts";

export interface HostileRun {
  readonly name: string;
  readonly pack_type: string;
  readonly inputs: unknown;
}

const TEXT_CHARS = 200_000;
const filled = (unit: string, chars: number) => unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars);
/** Matches each character, and reads the rest of the line for each. */
const AGAIN = "(?:.*(?:a.{0,500}){2}b|a)";
const LINES = Array.from({ length: 12 }, (_, index) => `Line ${index} of a page which is read while others work.`);

/** The issue's own: each case under each metric measures a class that is searched again from each of its brackets. */
function classes(): unknown {
  const pattern = `[${"[:".repeat(499)}`;
  return {
    cases: Array.from({ length: 200 }, (_, index) => ({ id: `${index}`, output: "a" })),
    metrics: Array.from({ length: 10 }, (_, index) => ({ metric: "regex", label: `m${index}`, pattern })),
  };
}

/** A schema as deep and as large as the limits of the pack let it be, for each of many cases. */
function schemas(): unknown {
  const branch = (depth: number): unknown =>
    depth === 0 ? { type: "number" } : { type: "object", properties: { a: branch(depth - 1) } };
  const expected = { type: "object", properties: Object.fromEntries(["a", "b", "c"].map((name) => [name, branch(7)])) };
  const cases = Array.from({ length: 130 }, (_, index) => ({ id: `${index}`, output: '{"a":{"a":1}}', expected }));
  return { cases, metrics: ["json_schema"], threshold: evalOffer.examples[0].inputs.threshold };
}

/** Branches that double at each level, up to the steps that a run may take. */
function branches(): unknown {
  const both = { anyOf: [{ $ref: "#" }, { $ref: "#" }] };
  const output = `${"[".repeat(13)}1${"]".repeat(13)}`;
  const cases = Array.from({ length: 37 }, (_, index) => ({ id: `${index}`, output }));
  return { cases, metrics: [{ metric: "json_schema", schema: { type: "array", items: both } }] };
}

/** As many rows in the report as there may be. */
function manyCases(): unknown {
  const cases = Array.from({ length: 1_000 }, (_, index) => ({ id: `case ${index}`, output: "a b", expected: "a c" }));
  return { cases, metrics: ["exact", "contains", "levenshtein", "token_f1", "rouge_l", "bleu"] };
}

const INPUT_CHARS = 240_000;
const labelled = (metric: Readonly<Record<string, unknown>>, count = 10) =>
  Array.from({ length: count }, (_, index) => ({ ...metric, label: `m${index}` }));

/** One case under ten metrics alike, each of which reads all of it. */
const oneCase = (metric: Readonly<Record<string, unknown>>, output: string, expected?: unknown): unknown => ({
  cases: [{ id: "a", output, ...(expected === undefined ? {} : { expected }) }],
  metrics: labelled(metric),
});

/** Twenty references of one long output, under as many metrics alike as a run may have. */
const references = (metric: string, count: number): unknown => ({
  cases: [
    {
      id: "a",
      output: filled("a word of many ", TEXT_CHARS),
      expected: Array.from({ length: 20 }, (_, index) => filled(`${index} other words `, 1_500)),
    },
  ],
  metrics: labelled({ metric }, count),
});

/** What an output is, by a schema that looks at it again and again. */
const looks = (schema: unknown, output: unknown): unknown =>
  oneCase({ metric: "json_schema", assert_formats: true, schema }, JSON.stringify(output));

/** What evaluations may be made to read over and over. */
function evaluations(): readonly (readonly [name: string, inputs: unknown])[] {
  const marks = `a${filled("\u0301", INPUT_CHARS / 6)}${filled("\u0323", INPUT_CHARS / 6)}`;
  const ligatures = filled("\uFDFA", 600);
  const seek = `${"a".repeat(300)}b${"a".repeat(INPUT_CHARS / 3)}`;
  return [
    ["backticks", oneCase({ metric: "json_schema", schema: true }, filled("`", TEXT_CHARS))],
    ["ligatures", oneCase({ metric: "levenshtein", normalize: "NFKC" }, ligatures, filled("\uFDFA", 100))],
    ["marks", oneCase({ metric: "exact", normalize: "NFC" }, marks, "a")],
    ["repetition", oneCase({ metric: "contains" }, filled("a", INPUT_CHARS / 2), seek)],
    ["chrf of twenty", references("chrf", 3)],
    ["bleu of twenty", references("bleu", 2)],
    ["token_f1 of twenty", references("token_f1", 10)],
    ["rouge_2 of twenty", references("rouge_2", 10)],
    [
      "expressions",
      looks(
        { items: { format: "regex" } },
        Array.from({ length: 30 }, () => "a{1000}"),
      ),
    ],
    [
      "a long constant",
      oneCase({ metric: "json_schema" }, JSON.stringify(Array.from({ length: 30_000 }, () => 1)), {
        items: { not: { const: filled("x", 100_000) } },
      }),
    ],
    [
      "multiples",
      looks(
        { items: { multipleOf: 5e-324 } },
        Array.from({ length: 2_000 }, () => 1e308),
      ),
    ],
  ];
}

/** The largest table, whole or without its last row, which must then be told cell by cell. */
function table(rows: number): unknown {
  const name = (kind: string, index: number) => `${kind} ${index} `.padEnd(40, "x");
  const options = Array.from({ length: 50 }, (_, index) => name("option", index));
  const criteria = Array.from({ length: 50 }, (_, index) => ({
    name: name("criterion", index),
    weight: index + 1,
    direction: index % 2 === 0 ? "max" : "min",
  }));
  const row = (at: number) =>
    Object.fromEntries(criteria.map((each, index) => [each.name, (at * 37 + index * 11) % 97]));
  const scores = Object.fromEntries(options.slice(0, rows).map((option, at) => [option, row(at)]));
  return { question: "Which?", mode: "detailed", method: "topsis", options, criteria, scores };
}

/** What may be hostile of every pack; `pages` serves those that the url pack fetches. */
export function hostileRuns(pages: string): readonly HostileRun[] {
  const image = encodePng(scan(LINES, { px: 28 })).toString("base64");
  const run = (name: string, pack_type: string, inputs: unknown): HostileRun => ({ name, pack_type, inputs });
  return [
    run("classes", "eval", classes()),
    run("schemas", "eval", schemas()),
    run("branches", "eval", branches()),
    run("cases", "eval", manyCases()),
    ...evaluations().map(([name, inputs]) => run(name, "eval", inputs)),
    run("table", "decision", table(50)),
    run("half a table", "decision", table(1)),
    run("phones", "compliance", { text: filled("+44 20 7946 0958; ", TEXT_CHARS) }),
    run("national phones", "compliance", { text: filled("020 7946 0958; ", TEXT_CHARS) }),
    run("assignments", "compliance", { text: filled("api_key: ", TEXT_CHARS) }),
    run("first lines of keys", "compliance", { text: filled("Hash----BEGIN PRIVATE KEY----\n", TEXT_CHARS) }),
    run("patterns", "compliance", { text: filled("a", 120), patterns: [{ name: "own", pattern: AGAIN }] }),
    run("allowances", "compliance", {
      text: filled(`${filled("z", 99)}\n`, TEXT_CHARS),
      patterns: Array.from({ length: 16 }, (_, index) => ({ name: `p${index}`, pattern: "z+" })),
      allow: Array.from({ length: 200 }, (_, index) => `*zq${index}*`),
    }),
    run("addresses", "compliance", { text: filled("::1 ", TEXT_CHARS) }),
    run("image", "ocr", { image }),
    run("long text", "url", { url: `${pages}/text`, format: "text" }),
    run("deep page", "url", { url: `${pages}/deep`, format: "markdown" }),
    run("links", "url", { url: `${pages}/links`, format: "links" }),
    run("portrait", "char", { name: "Ada", style: "notionists", seed: "s".repeat(200), size: 1_024 }),
  ];
}

/** The body of a hostile page, and its content type. */
export function hostilePage(path: string): readonly [type: string, body: string] {
  // Each of its characters is three bytes of the result: near the most that one may have.
  if (path === "/text") return ["text/plain", filled("\u0001", 2_400_000)];
  if (path === "/deep") return ["text/html", filled("<div><p>a ", 3_000_000)];
  return ["text/html", Array.from({ length: 20_000 }, (_, index) => `<a href="/${index}">${index}</a>`).join("")];
}
