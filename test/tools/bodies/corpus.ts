import fc from "fast-check";
import { type BodyRoute } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

export interface HostileBody {
  readonly what: string;
  readonly text: string;
}

/** Makes a value whose JSON takes about so many bytes. */
type Grow = (bytes: number) => unknown;

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: Math.max(1, Math.floor(count)) }, (_, index) => make(index));
const repeat = (piece: string) => (bytes: number) =>
  piece.repeat(Math.max(1, Math.floor(bytes / (JSON.stringify(piece).length - 2))));
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

/** What may stand in the place of any value, at any size. */
const VALUES: Readonly<Record<string, Grow>> = {
  "a long text": repeat("a"),
  "a text of spaces": repeat(" "),
  "a text of words": repeat("a "),
  digits: repeat("1"),
  "distinct characters": (bytes) => numbered(bytes / 3, (i) => String.fromCharCode(0x4e00 + (i % 20_000))).join(""),
  emoji: repeat("😀"),
  "line feeds": repeat("\n"),
  quotes: repeat('"'),
  "names of classes that nothing ends": repeat("[:"),
  "at signs and slashes": (bytes) => `https://${"a@/".repeat(bytes / 3)}`,
  "an address": (bytes) => `https://example.com/${"%61".repeat(bytes / 3)}`,
  base64: repeat("AAAA"),
  numbers: (bytes) => numbered(bytes / 2, () => 1),
  "empty objects": (bytes) => numbered(bytes / 3, () => ({})),
  "short names": (bytes) => Object.fromEntries(numbered(bytes / 10, (i) => [`k${i}`, 1])),
  "one long name": (bytes) => ({ ["a".repeat(bytes)]: 1 }),
  "arrays in arrays": (bytes) => numbered(bytes / 60, () => nested(28)),
};

/** A copy with this value at this place. */
function placed(value: unknown, path: readonly string[], put: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return put;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === name ? placed(item, rest, put) : item));
  return { ...(value as Json), [name]: placed((value as Json)[name], rest, put) };
}

/** The places of a route's example in which hostile values are put. */
function probed({ example, probed: from }: BodyRoute): readonly (readonly string[])[] {
  return from === undefined ? [] : [...places(example)].filter((path) => from.every((name, at) => path[at] === name));
}

/** Every place in a value, itself and its members' members included. */
function* places(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* places(member, [...path, name]);
}

/** A list in the example, repeated with one member up to so many bytes: valid members, and members that are not. */
function* longLists(example: unknown, bytes: number): Generator<readonly [what: string, value: unknown]> {
  for (const path of places(example)) {
    const list = path.reduce<unknown>((at, name) => (at as Json)[name], example);
    if (!Array.isArray(list)) continue;
    for (const member of new Set<unknown>([...list, {}, "a"])) {
      const count = bytes / (JSON.stringify(member).length + 8);
      const many = numbered(Math.min(count, 1_000), (index) =>
        typeof member === "object" && member !== null && "id" in member ? { ...member, id: `${index}` } : member,
      );
      yield [`/${path.join("/")}: many of its members`, placed(example, path, many)];
    }
  }
}

/** What the issue of each pack was, and what its limits let through at their most. */
const ESPECIALLY: Readonly<Record<string, Readonly<Record<string, Grow>>>> = {
  eval: {
    "brackets that nothing closes, where JSON is looked for": (bytes) => ({
      cases: [{ id: "a", output: "[{".repeat(Math.min(90_000, bytes / 2)), expected: {} }],
      metrics: [{ metric: "json_schema", extract: "json" }],
    }),
    "patterns of classes that nothing ends, under ten metrics": (bytes) => evalOf(bytes, `[${"[:".repeat(499)}`, 200),
    "patterns of escapes, under ten metrics": (bytes) => evalOf(bytes, "\\Q\\E{".repeat(166), 200),
    "patterns of flags, under ten metrics": (bytes) => evalOf(bytes, "(?".repeat(500), 200),
    "a pattern of each case's own, under ten metrics": (bytes) => ({
      cases: numbered(bytes / 1_050, (i) => ({ id: `${i}`, output: "", expected: `[${"ab".repeat(499)}` })),
      metrics: tenOf({ metric: "regex" }),
    }),
    "words, under ten metrics": (bytes) => ({
      cases: [{ id: "a", output: "a ".repeat(bytes / 2.4), expected: "a ".repeat(bytes / 12) }],
      metrics: tenOf({ metric: "rouge_l" }),
    }),
    "numbers, under ten metrics": (bytes) => ({
      cases: [{ id: "a", output: "", expected: `${" ".repeat(bytes / 2)}${"1".repeat(bytes / 2)}x` }],
      metrics: tenOf({ metric: "numeric" }),
    }),
    "schemas, under ten metrics": (bytes) => ({
      cases: numbered(bytes / 4_000, (i) => ({ id: `${i}`, output: "", expected: { enum: numbered(1_900, () => 1) } })),
      metrics: tenOf({ metric: "json_schema" }),
    }),
    "cases without end, under every metric": (bytes) => ({
      cases: numbered(Math.min(1_000, bytes / 20), (i) => ({ id: `${i}`, output: "", expected: "a" })),
      metrics: tenOf({ metric: "exact" }),
    }),
    "a thousand cases with all wrong": (bytes) => ({
      cases: numbered(Math.min(1_000, bytes / 3), () => ({})),
      metrics: [],
    }),
    "the same id again and again": (bytes) => ({
      cases: numbered(Math.min(1_000, bytes / 20), () => ({ id: "a", output: "" })),
      metrics: tenOf({ metric: "exact" }),
    }),
  },
  decision: {
    "a full table": () => tableOf((option, criterion) => option * criterion),
    "a table of texts": () => tableOf(() => "x"),
    "rows of options that are not there": (bytes) => ({
      question: "q",
      scores: Object.fromEntries(numbered(Math.min(50, bytes / 600), (i) => [`o${i}`, rowOf(50, () => 1)])),
    }),
  },
  compliance: {
    "the longest text": (bytes) => ({ text: "a@b.example ".repeat(Math.min(16_000, bytes / 12)) }),
    "patterns of classes that nothing ends": (bytes) => ({
      text: "a",
      patterns: numbered(Math.min(20, bytes / 600), (i) => ({ name: `p${i}`, pattern: `[${"[:".repeat(249)}` })),
    }),
    "allowances of asterisks": (bytes) => ({
      text: "a",
      allow: numbered(Math.min(200, bytes / 210), () => "*".repeat(200)),
    }),
  },
  extract: {
    "the longest schema": (bytes) => ({
      text: "a",
      schema: { enum: numbered(Math.min(1_900, bytes / 12), (i) => `value ${i}`) },
    }),
    "a schema of values without end": (bytes) => ({ text: "a", schema: { enum: numbered(bytes / 2, () => 1) } }),
  },
  ocr: {
    "an image without an end": (bytes) => ({ image: `/9j/${"4QAA".repeat(Math.min(59_000, bytes / 4))}` }),
    "an image of stuffing": (bytes) => ({ image: `/9j/${"////".repeat(Math.min(59_000, bytes / 4))}` }),
  },
  char: { "a long name": (bytes) => ({ name: "é".repeat(bytes / 2), seed: "é".repeat(bytes / 2) }) },
};

const tenOf = (metric: Json) => numbered(10, (i) => ({ ...metric, label: `m${i}` }));

const evalOf = (bytes: number, pattern: string, cases: number) => ({
  cases: numbered(Math.min(cases, bytes / 60), (i) => ({ id: `${i}`, output: "", expected: "a" })),
  metrics: numbered(10, (i) => ({ metric: "regex", label: `m${i}`, pattern })),
});

const rowOf = (count: number, cell: (criterion: number) => unknown) =>
  Object.fromEntries(numbered(count, (criterion) => [`c${criterion}`, cell(criterion)]));

const tableOf = (cell: (option: number, criterion: number) => unknown) => ({
  question: "q",
  options: numbered(50, (option) => `o${option}`),
  criteria: numbered(50, (criterion) => ({ name: `c${criterion}`, weight: 1, direction: "max" })),
  scores: Object.fromEntries(
    numbered(50, (option) => [`o${option}`, rowOf(50, (criterion) => cell(option, criterion))]),
  ),
});

/** JSON that no value makes: what the reader itself must take in its stride. */
const TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  "white space": (bytes) => `${" ".repeat(bytes)}{}`,
  levels: (bytes) => "[".repeat(bytes / 2) + "]".repeat(bytes / 2),
  "one name again and again": (bytes) => `{${numbered(bytes / 6, () => '"a":1').join(",")}}`,
  "escaped names": (bytes) => `{${numbered(bytes / 16, (i) => `"\\u0061${i}":1`).join(",")}}`,
  "escapes in a text": (bytes) => `{"a":"${"\\u0061".repeat(bytes / 6)}"}`,
  "one long number": (bytes) => `{"a":${"1".repeat(bytes)}}`,
  exponents: (bytes) => `[${numbered(bytes / 6, () => "1e-5").join(",")}]`,
  commas: (bytes) => ",".repeat(bytes),
  "a text that nothing ends": (bytes) => `{"a":"${"\\n".repeat(bytes / 2)}`,
};

/** The arguments of MCP's tools hold a run; so do the bodies of runs themselves. */
function withInputs({ example }: BodyRoute, inputs: unknown): unknown {
  const path = "inputs" in example ? ["inputs"] : ["params", "arguments", "inputs"];
  return placed(example, path, inputs);
}

function packOf({ example }: BodyRoute): string {
  const given = (example["params"] as Json | undefined)?.["arguments"] as Json | undefined;
  const type = (given ?? example)["pack_type"];
  return typeof type === "string" ? type : "";
}

/** Hostile bodies of about so many bytes for a route: in the place of every field of its example, and of its own kind. */
export function* hostileBodies(route: BodyRoute, bytes: number): Generator<HostileBody> {
  for (const [what, make] of Object.entries(TEXTS)) yield { what, text: make(bytes) };
  for (const path of probed(route)) {
    for (const [what, grow] of Object.entries(VALUES)) {
      yield { what: `/${path.join("/")}: ${what}`, text: JSON.stringify(placed(route.example, path, grow(bytes))) };
    }
  }
  for (const [what, value] of longLists(route.example, bytes)) yield { what, text: JSON.stringify(value) };
  for (const [what, grow] of Object.entries(ESPECIALLY[packOf(route)] ?? {})) {
    yield { what, text: JSON.stringify(withInputs(route, grow(bytes))) };
  }
  yield* generatedBodies(route, bytes);
}

const GENERATED = 10;

/** Values of no plan in random places, from a fixed seed. */
function* generatedBodies(route: BodyRoute, bytes: number): Generator<HostileBody> {
  const paths = [...places(route.example)];
  const value = fc.array(fc.jsonValue({ maxDepth: 6, stringUnit: "binary" }), {
    minLength: 20,
    maxLength: 200,
    size: "max",
  });
  const drawn = fc.sample(fc.tuple(fc.constantFrom(...paths), value), { numRuns: GENERATED, seed: 10 });
  for (const [index, [path, piece]] of drawn.entries()) {
    const times = Math.max(1, Math.floor(bytes / JSON.stringify(piece).length));
    const grown = numbered(times, () => piece).flat();
    yield { what: `generated ${index}`, text: JSON.stringify(placed(route.example, path, grown)) };
  }
}
