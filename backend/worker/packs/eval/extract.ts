import type { EvalMetric } from "#core/domain/packs/eval-metrics.ts";
import { inFence } from "./fence.ts";
import { compilePattern } from "./regex.ts";

type Extract = NonNullable<EvalMetric["extract"]>;

/** Takes out of an output what is judged of it; undefined where there is nothing of the kind. */
export type Extractor = (output: string) => string | undefined;

/** A number as people and models write it: thousands parted, a fraction, an exponent. */
const NUMBER =
  /(?<![\p{L}\p{N}_.,])[+\u2212-]?(?:\p{Sc}\s?)?[+\u2212-]?(?:\d{1,3}(?:[,.'\u2019\u00A0\u202F ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,3}|\s?[×x*]\s?10\^?[+\u2212-]?\d{1,3})?/gu;
const POWER = /\s?[×x*]\s?10\^?([+\u2212-]?\d{1,3})$/u;
const SIGN = /[-\u2212]/u;

/** Whether a mark parts thousands or the fraction, by where it stands: the last of two kinds parts the fraction. */
function withPoint(digits: string): string {
  const bare = digits.replaceAll(/['\u2019\u00A0\u202F ]/gu, "");
  const marks = bare.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  if (last === undefined) return bare;
  const kinds = new Set(marks).size;
  const isThousands = kinds === 1 && (marks.length > 1 || (last === "," && /^\d{1,3},\d{3}$/.test(bare)));
  if (isThousands) return bare.replaceAll(/[.,]/g, "");
  const at = bare.lastIndexOf(last);
  return `${bare.slice(0, at).replaceAll(/[.,]/g, "")}.${bare.slice(at + 1)}`;
}

/** A number that was written like this as JSON writes it. */
function plainNumber(written: string): string | undefined {
  const power = POWER.exec(written)?.[1]?.replace("\u2212", "-");
  const [mantissa = "", exponent = power ?? "0"] = written.replace(POWER, "").split(/[eE]/);
  const value = Number(`${withPoint(mantissa.replaceAll(/[^\d.,'\u2019\u00A0\u202F ]/gu, "").trim())}e${exponent}`);
  if (!Number.isFinite(value)) return undefined;
  return String(SIGN.test(mantissa) ? -value : value);
}

function lastNumber(output: string): string | undefined {
  let last: string | undefined;
  for (const [written] of output.matchAll(NUMBER)) last = written;
  return last === undefined ? undefined : plainNumber(last);
}

/** Every number that stands in a text, as JSON writes it. */
export function* numbersIn(text: string): Generator<string> {
  for (const [written] of text.matchAll(NUMBER)) {
    const number = plainNumber(written);
    if (number !== undefined) yield number;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the object or array ends that begins here, by its brackets; undefined where it does not end. */
function jsonEnd(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === "\\") at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** So many brackets are tried: each may read the rest of the text. */
const MAX_TRIES = 50;

function firstJson(output: string): string | undefined {
  const whole = output.trim();
  if (isJson(whole)) return whole;
  const fenced = inFence(output)?.trim();
  if (fenced !== undefined && isJson(fenced)) return fenced;
  const opening = /[{[]/g;
  for (
    let tries = 0, found = opening.exec(output);
    found !== null && tries < MAX_TRIES;
    tries++, found = opening.exec(output)
  ) {
    const end = jsonEnd(output, found.index);
    const text = output.slice(found.index, end);
    if (end !== undefined && isJson(text)) return text;
    if (end !== undefined) opening.lastIndex = end;
  }
  return undefined;
}

const lastLine = (output: string): string | undefined =>
  output
    .split(/\r?\n/)
    .findLast((line) => line.trim() !== "")
    ?.trim();

function byPattern({ pattern, group }: Exclude<Extract, string>, at: number): Extractor {
  const { re } = compilePattern(pattern, 0, `/inputs/metrics/${at}/extract/pattern`);
  const number = group ?? Math.min(1, re.groupCount());
  return (output) => {
    const matcher = re.matcher(output);
    return matcher.find() && number <= re.groupCount() ? (matcher.group(number) ?? undefined) : undefined;
  };
}

const NAMED: Readonly<Record<Extract & string, Extractor>> = {
  number: lastNumber,
  json: firstJson,
  code: (output) => inFence(output) ?? output.trim(),
  last_line: lastLine,
};

/** What a metric takes out of outputs; `at` is its index. Throws `Rejected` for an invalid pattern. */
export const extractor = (extract: Extract, at: number): Extractor =>
  typeof extract === "string" ? NAMED[extract] : byPattern(extract, at);

/** What would have been read of an output that is not what a metric needs, for its note. */
export function wouldRead(output: string, kind: "number" | "json"): string {
  const read = NAMED[kind](output);
  if (read === undefined) return "";
  return kind === "number" ? `; extract: number would read ${read.slice(0, 40)}` : "; extract: json would find some";
}
