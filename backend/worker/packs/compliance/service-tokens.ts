import { scanNamedService } from "./assigned.ts";
import { isPlaceholder, PLACEHOLDER_FOUND } from "./placeholder.ts";
import { PREFIXED, SHAPED } from "./services.ts";
import { type Scan, type Span, TOKEN_START } from "./span.ts";

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

interface Form {
  readonly service: string;
  readonly rest: RegExp;
}

const forms = new Map<string, Form[]>();
for (const [service, prefix, rest] of PREFIXED) {
  forms.set(prefix, [...(forms.get(prefix) ?? []), { service, rest: new RegExp(rest, "y") }]);
}
/** Longer ones first: `sk-ant-` before `sk-`. */
const prefixes = [...forms.keys()].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
/** One pass finds every place where some token may begin; behind an underscore a prefix is part of a longer one. */
const BEGIN = new RegExp(`${TOKEN_START}(?<!_)(?:${prefixes.map(escaped).join("|")})`, "g");
const shaped = SHAPED.map(([service, holds, pattern]) => ({
  service,
  holds,
  pattern: new RegExp(TOKEN_START + pattern, "g"),
}));
const PUNCTUATION_AT_END = /[.%-]{1,3}$/;
/** In which even a long run of letters and digits has both, and many of them; words and repetitions have not. */
const DIGIT = /\d/;
const MIN_DISTINCT = 6;

/** What a token of this service is like where one was found. */
function spanOf(service: string, start: number, written: string, body: string): Span | undefined {
  const end = start + written.length;
  if (isPlaceholder(body)) return { start, end, severity: "low", kind: service, ...PLACEHOLDER_FOUND };
  const isRandom = (DIGIT.test(body) || /[a-z].*[A-Z]/.test(body.slice(0, 100))) && new Set(body).size >= MIN_DISTINCT;
  return isRandom ? { start, end, severity: "critical", kind: service } : undefined;
}

/** The token that begins with this prefix; prefixes that begin another's are tried with their own rest. */
function tokenAt(text: string, start: number, found: string): Span | undefined {
  for (const prefix of prefixes) {
    if (!found.startsWith(prefix)) continue;
    for (const { service, rest } of forms.get(prefix) ?? []) {
      rest.lastIndex = start + prefix.length;
      const body = rest.exec(text)?.[0].replace(PUNCTUATION_AT_END, "");
      const span = body === undefined ? undefined : spanOf(service, start, prefix + body, body);
      if (span !== undefined) return span;
    }
  }
  return undefined;
}

/** Keys and tokens of services, by the forms that these have published. */
export const scanServiceToken: Scan = function* (text) {
  yield* scanNamedService(text);
  const begin = new RegExp(BEGIN);
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    const span = tokenAt(text, found.index, found[0]);
    if (span !== undefined) begin.lastIndex = span.end;
    yield span;
  }
  for (const { service, holds, pattern } of shaped) {
    if (!text.includes(holds)) continue;
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const written = match.replace(PUNCTUATION_AT_END, "");
      yield spanOf(service, index, written, written);
    }
  }
};
