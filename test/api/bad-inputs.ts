import { CHAR_LIMITS } from "#core/domain/packs/char.ts";
import { COMPLIANCE_LIMITS, complianceRules } from "#core/domain/packs/compliance.ts";
import { DECISION_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { EXTRACT_LIMITS } from "#core/domain/packs/extract-limits.ts";
import { OCR_LIMITS } from "#core/domain/packs/ocr-limits.ts";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { blackPng } from "../support/scan/png.ts";
import { SAMPLES } from "../support/scan/samples.ts";

/** What is wrong, the inputs, and where below them it is. */
export type BadInputs = readonly (readonly [what: string, inputs: unknown, pointer: string])[];

const letters = (count: number) => "x".repeat(count);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);

const question = "Which one?";
const cost = { name: "cost", weight: 1, direction: "min" };
const decision: BadInputs = [
  ["no question", {}, "/question"],
  ["a question of spaces", { question: " \n" }, "/question"],
  ["a long question", { question: letters(DECISION_LIMITS.max_question_chars + 1) }, "/question"],
  ["an unknown mode", { question, mode: "verbose" }, "/mode"],
  ["an unknown method", { question, method: "ahp" }, "/method"],
  ["an empty option", { question, options: ["tea", ""] }, "/options/1"],
  ["too many options", { question, options: numbered(DECISION_LIMITS.max_options + 1) }, "/options"],
  ["an option twice", { question, options: ["a", "b", "a"] }, "/options/2"],
  ["an option of two lines", { question, options: ["a\nb"] }, "/options/0"],
  ["an option that is a number", { question, options: ["a", 2] }, "/options/1"],
  ["a criterion without a weight", { question, criteria: [{ name: "cost", direction: "min" }] }, "/criteria/0/weight"],
  ["a weight of zero", { question, criteria: [{ ...cost, weight: 0 }] }, "/criteria/0/weight"],
  ["a weight in quotes", { question, criteria: [{ ...cost, weight: "1" }] }, "/criteria/0/weight"],
  ["a direction of its own", { question, criteria: [{ ...cost, direction: "up" }] }, "/criteria/0/direction"],
  ["a field of a criterion", { question, criteria: [{ ...cost, unit: "EUR" }] }, "/criteria/0/unit"],
  ["a criterion twice", { question, criteria: [cost, cost] }, "/criteria/1/name"],
  ["a score of an unknown option", { question, options: ["a"], scores: { b: {} } }, "/scores/b"],
  [
    "a score of an unknown criterion",
    { question, options: ["a/b"], criteria: [cost], scores: { "a/b": { "c~d": 1 } } },
    "/scores/a~1b/c~0d",
  ],
  [
    "a score in words",
    { question, options: ["a"], criteria: [cost], scores: { a: { cost: "low" } } },
    "/scores/a/cost",
  ],
  ["a scale upside down", { question, criteria: [{ ...cost, scale: { min: 2, max: 1 } }] }, "/criteria/0/scale"],
  [
    "a score outside of its scale",
    { question, options: ["a"], criteria: [{ ...cost, scale: { min: 1, max: 10 } }], scores: { a: { cost: 11 } } },
    "/scores/a/cost",
  ],
  ["an unknown normalisation", { question, normalisation: "rank" }, "/normalisation"],
  [
    "a criterion compared with itself",
    {
      question,
      criteria: [{ name: "cost", direction: "min" }],
      pairwise: [{ criterion: "cost", over: "cost", times: 2 }],
    },
    "/pairwise/0/over",
  ],
  ["more than certain", { question, uncertainty: { weights: 2 } }, "/uncertainty/weights"],
  ["a row named __proto__", JSON.parse('{"question":"q","scores":{"__proto__":{"a":1}}}'), "/scores/__proto__"],
];

const url = "https://example.com/";
const urls: BadInputs = [
  ["no URL", {}, "/url"],
  ["an empty URL", { url: "" }, "/url"],
  ["a URL that is a number", { url: 7 }, "/url"],
  ["a URL without a scheme", { url: "example.com" }, "/url"],
  ["a URL without a host", { url: "http://" }, "/url"],
  ["a URL that is half an address", { url: "http://[::1/" }, "/url"],
  ["a host of five numbers", { url: "http://1.2.3.4.5/" }, "/url"],
  ["a host with a space", { url: "http://exa mple.com/" }, "/url"],
  ["a port beyond all ports", { url: "http://example.com:65536/" }, "/url"],
  ["a port in letters", { url: "http://example.com:http/" }, "/url"],
  ["a long URL", { url: url.padEnd(URL_LIMITS.max_url_chars + 1, "x") }, "/url"],
  ["a file", { url: "file:///etc/passwd" }, "/url"],
  ["ftp", { url: "ftp://example.com/" }, "/url"],
  ["gopher", { url: "gopher://127.0.0.1:70/_x" }, "/url"],
  ["a script", { url: "javascript:alert(1)" }, "/url"],
  ["data", { url: "data:text/html,x" }, "/url"],
  ["a blob of a page", { url: "blob:https://example.com/1" }, "/url"],
  ["a user name", { url: "http://user@example.com/" }, "/url"],
  ["a name and password", { url: "https://user:secret@example.com/" }, "/url"],
  ["a public name before a private address", { url: "http://example.com@127.0.0.1/" }, "/url"],
  ["the same behind backslashes", { url: "http://\\\\example.com@127.0.0.1/" }, "/url"],
  ["the same with a tab in it", { url: "http://example.com\t@127.0.0.1/" }, "/url"],
  ["an unknown format", { url, format: "pdf" }, "/format"],
  ["a header of the caller's", { url, headers: { cookie: "a=b" } }, "/headers"],
];

const name = "Ada";
const char: BadInputs = [
  ["no name", {}, "/name"],
  ["an empty name", { name: "" }, "/name"],
  ["a name of spaces", { name: "  " }, "/name"],
  ["space at the end of a name", { name: "Ada " }, "/name"],
  ["a name of two lines", { name: "Ada\nLovelace" }, "/name"],
  ["a control character", { name: "Ada\u0007" }, "/name"],
  ["what XML cannot hold", { name: "Ada\uFFFE" }, "/name"],
  ["a long name", { name: letters(CHAR_LIMITS.max_name_chars + 1) }, "/name"],
  ["a name that is a list", { name: ["Ada"] }, "/name"],
  ["an unknown style", { name, style: "photo" }, "/style"],
  ["a long seed", { name, seed: letters(CHAR_LIMITS.max_seed_chars + 1) }, "/seed"],
  ["a seed that is a number", { name, seed: 1 }, "/seed"],
  ["too small a size", { name, size: CHAR_LIMITS.min_size_px - 1 }, "/size"],
  ["too large a size", { name, size: CHAR_LIMITS.max_size_px + 1 }, "/size"],
  ["half a pixel", { name, size: 64.5 }, "/size"],
  ["a size in quotes", { name, size: "64" }, "/size"],
  ["a background", { name, background: "url(javascript:alert(1))" }, "/background"],
];

const text = "Write to ada@example.com.";
const compliance: BadInputs = [
  ["no text", {}, "/text"],
  ["an empty text", { text: "" }, "/text"],
  ["a text that is a list", { text: [text] }, "/text"],
  ["a text of null", { text: null }, "/text"],
  ["a text that is too long", { text: letters(COMPLIANCE_LIMITS.max_text_chars + 1) }, "/text"],
  ["a text with a NUL in it", { text: "a\0b" }, "/text"],
  ["a text with half a character", { text: "a\ud800b" }, "/text"],
  ["no rule", { text, rules: [] }, "/rules"],
  ["a rule that is no list", { text, rules: "email" }, "/rules"],
  ["an unknown rule", { text, rules: ["email", "passwords"] }, "/rules/1"],
  ["a rule in capitals", { text, rules: ["EMAIL"] }, "/rules/0"],
  ["a rule that is a number", { text, rules: [1] }, "/rules/0"],
  ["a rule twice", { text, rules: ["email", "phone", "email"] }, "/rules/2"],
  ["every rule and one again", { text, rules: [...complianceRules, "email"] }, "/rules"],
  ["an option of masking", { text, mask: false }, "/mask"],
  ["a key without pseudonyms", { text, pseudonym_key: letters(16) }, "/pseudonym_key"],
  ["a key that is too short", { text, mask: "pseudonym", pseudonym_key: "short" }, "/pseudonym_key"],
  ["a country in small letters", { text, regions: ["us"] }, "/regions/0"],
  ["no country", { text, regions: [] }, "/regions"],
  ["too many allowances", { text, allow: Array.from({ length: 201 }, (_, at) => `a${at}`) }, "/allow"],
  ["an allowance of nothing", { text, allow: [""] }, "/allow/0"],
  ["a confidence of more than 1", { text, min_confidence: 2 }, "/min_confidence"],
  ["a pattern without a name", { text, patterns: [{ pattern: "a" }] }, "/patterns/0/name"],
  ["a pattern that is too long", { text, patterns: [{ name: "a", pattern: letters(501) }] }, "/patterns/0/pattern"],
  [
    "patterns that are too much work",
    { text: letters(100_000), patterns: [{ name: "a", pattern: "(abcdefghij){50}" }] },
    "/patterns/0/pattern",
  ],
];

const item = (id: string, output: unknown = "a", expected: unknown = "a") => ({ id, output, expected });
const one = (metric: unknown, expected?: unknown) => ({
  cases: [{ id: "a", output: "a", expected }],
  metrics: [metric],
});
const deep = (levels: number): unknown => (levels === 0 ? {} : { not: deep(levels - 1) });
const metrics = ["exact"];
const evals: BadInputs = [
  ["no cases", { metrics }, "/cases"],
  ["an empty id of a case", { cases: [item("")], metrics }, "/cases/0/id"],
  ["an empty list of cases", { cases: [], metrics }, "/cases"],
  ["1,001 cases", { cases: numbered(EVAL_LIMITS.max_cases + 1).map((id) => item(id)), metrics }, "/cases"],
  ["an id twice", { cases: [item("a"), item("b"), item("a")], metrics }, "/cases/2/id"],
  ["a case without an id", { cases: [{ output: "a", expected: "a" }], metrics }, "/cases/0/id"],
  ["an output that is a number", { cases: [item("a", 1)], metrics }, "/cases/0/output"],
  ["a long output", { cases: [item("a", letters(EVAL_LIMITS.max_text_chars + 1))], metrics }, "/cases/0/output"],
  ["a field of a case", { cases: [{ ...item("a"), weight: 2 }], metrics }, "/cases/0/weight"],
  ["no metrics", { cases: [item("a")] }, "/metrics"],
  ["an unknown metric", one("vibes", "a"), "/metrics/0"],
  ["a metric twice", { cases: [item("a")], metrics: ["exact", "exact"] }, "/metrics/1"],
  ["an unknown flag of a pattern", one({ metric: "regex", flags: "g" }, "a"), "/metrics/0/flags"],
  ["an empty list of references", one("exact", []), "/cases/0/expected"],
  ["an unknown extraction", one({ metric: "exact", extract: "yaml" }, "a"), "/metrics/0/extract"],
  [
    "a baseline of one case alone",
    { cases: [{ ...item("a"), baseline: "b" }, item("b")], metrics },
    "/cases/1/baseline",
  ],
  ["a seed below 0", { cases: [item("a")], metrics, seed: -1 }, "/seed"],
  ["an order of five", one({ metric: "bleu", order: 5 }, "a"), "/metrics/0/order"],
  ["no rubric", one("model_graded"), "/cases/0/expected"],
  ["a rubric that is a number", one("model_graded", 1), "/cases/0/expected"],
  ["a rubric of white space", one({ metric: "model_graded", rubric: " " }), "/metrics/0/rubric"],
  [
    "too many outputs for a model",
    { cases: numbered(EVAL_LIMITS.max_run_graded + 1).map((id) => item(id)), metrics: ["model_graded"] },
    "/cases",
  ],
  ["a threshold above one", { cases: [item("a")], metrics, threshold: 1.5 }, "/threshold"],
  ["nothing expected", one("exact"), "/cases/0/expected"],
  ["a text that is no number", one("numeric", "1,000"), "/cases/0/expected"],
  ["a schema in quotes", one("json_schema", '{"type":"string"}'), "/cases/0/expected"],
  ["a schema that is too deep", one("json_schema", deep(EVAL_LIMITS.max_schema_depth)), "/cases/0/expected"],
  ["a long pattern", one("regex", letters(EVAL_LIMITS.max_pattern_chars + 1)), "/cases/0/expected"],
  ["a pattern that grows", one("regex", "((a{9}){9}){90}"), "/cases/0/expected"],
  [
    "texts too long to compare",
    { cases: [item("a", letters(15_000), letters(15_000))], metrics: ["levenshtein"] },
    "/cases/0/output",
  ],
];

/** For each pack what only its own schema can refuse. */
const image_url = "https://example.com/scan.png";
const ocr: BadInputs = [
  ["no image", {}, "/image"],
  ["two images", { image: SAMPLES.jpeg, image_url }, "/image_url"],
  ["an image that is no base64", { image: "%%%" }, "/image"],
  ["an image without padding", { image: "iVBORw0KGg" }, "/image"],
  ["an image of another kind", { image: base64(Buffer.from("<svg/>")) }, "/image"],
  ["an image that ends in its header", { image: base64(blackPng(20, 20).subarray(0, 20)) }, "/image"],
  ["a decompression bomb", { image: base64(blackPng(10_000, 10_000)) }, "/image"],
  ["an image too small to hold a letter", { image: base64(blackPng(9, 200)) }, "/image"],
  ["an image of too many bytes", { image: base64(new Uint8Array(OCR_LIMITS.max_inline_bytes + 1)) }, "/image"],
  ["an image in a file", { image_url: "file:///etc/passwd" }, "/image_url"],
  ["an image with a password", { image_url: "https://ada:secret@example.com/scan.png" }, "/image_url"],
  ["a long address", { image_url: `https://example.com/${letters(2_048)}` }, "/image_url"],
  ["a language that is not there", { image: SAMPLES.jpeg, language: "tlh" }, "/language"],
];

const schema = { type: "object" };
const extract: BadInputs = [
  ["no text", { schema }, "/text"],
  ["a text and an address", { text, url: image_url, schema }, "/url"],
  ["a text of white space", { text: " \n", schema }, "/text"],
  ["a text that is too long", { text: letters(EXTRACT_LIMITS.max_text_chars + 1), schema }, "/text"],
  ["an address in a file", { url: "file:///etc/passwd", schema }, "/url"],
  ["an address with a password", { url: "https://ada:secret@example.com/", schema }, "/url"],
  ["no schema", { text }, "/schema"],
  ["a schema in quotes", { text, schema: '{"type":"object"}' }, "/schema"],
  ["a schema that wants nothing", { text, schema: {} }, "/schema"],
  ["a schema that takes all", { text, schema: true }, "/schema"],
  ["a schema that is too deep", { text, schema: deep(EXTRACT_LIMITS.max_schema_depth) }, "/schema"],
  ["a schema of too many values", { text, schema: { enum: numbered(EXTRACT_LIMITS.max_schema_nodes) } }, "/schema"],
  ["a schema that is too long", { text, schema: { title: letters(EXTRACT_LIMITS.max_schema_chars) } }, "/schema"],
  [
    "long instructions",
    { text, schema, instructions: letters(EXTRACT_LIMITS.max_instructions_chars + 1) },
    "/instructions",
  ],
  ["a model", { text, schema, model: "gpt" }, "/model"],
];

export const BAD_INPUTS: Readonly<Record<string, BadInputs>> = {
  decision,
  url: urls,
  ocr,
  char,
  compliance,
  eval: evals,
  extract,
};
