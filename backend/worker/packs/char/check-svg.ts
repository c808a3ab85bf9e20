import { ATTRIBUTES, ELEMENTS, LITERAL_ATTRIBUTES, REFERENCES, TEXT_ELEMENTS } from "./allowed.ts";

/**
 * A strict subset of XML 1.0: elements with double-quoted attributes, text, and the five named entities. There is no
 * prolog, doctype, comment, CDATA section, processing instruction or other entity, so that no two parsers can differ.
 */
const START = /<([A-Za-z][\w:-]*)((?: [A-Za-z][\w:-]*="[^"<>]*")*) ?(\/?)>/y;
const END = /<\/([A-Za-z][\w:-]*)>/y;
const TEXT = /[^<>]+/y;
const ATTRIBUTE = / ([A-Za-z][\w:-]*)="([^"]*)"/g;
const BARE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos);)/;
/** XML 1.0, section 2.2, less the controls that it allows. */
const NOT_A_CHARACTER = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;
/** Elements that a portrait may come to when each reference is counted as what it refers to. */
const MAX_DRAWN = 1_000;

interface Open {
  readonly name: string;
  readonly id: string | undefined;
  drawn: number;
}

interface Scan {
  readonly open: Open[];
  readonly ids: Set<string>;
  /** How many elements each id stands for; only of elements that are closed, so that no reference can be a circle. */
  readonly drawn: Map<string, number>;
}

/** The first rule that an SVG text breaks, or undefined if it is safe to embed. Never says any of the text itself. */
export function checkSvg(svg: string): string | undefined {
  if (NOT_A_CHARACTER.test(svg)) return "a character that XML cannot hold";
  if (BARE_AMPERSAND.test(svg)) return "an unknown entity";
  const scan: Scan = { open: [], ids: new Set(), drawn: new Map() };
  let at = 0;
  while (at < svg.length) {
    if (at > 0 && scan.open.length === 0) return "something after the root";
    const token = take(START, svg, at) ?? take(END, svg, at) ?? take(TEXT, svg, at);
    if (token === undefined) return "a token outside the allowed subset of XML";
    const fault = token.kind === START ? onStart(scan, token.match) : onOther(scan, token);
    if (fault !== undefined) return fault;
    at += token.match[0].length;
  }
  if (at === 0 || scan.open.length > 0) return "an element that is not closed";
  return undefined;
}

interface Token {
  readonly kind: RegExp;
  readonly match: RegExpExecArray;
}

function take(kind: RegExp, svg: string, at: number): Token | undefined {
  kind.lastIndex = at;
  const match = kind.exec(svg);
  return match === null ? undefined : { kind, match };
}

function onStart(scan: Scan, [, name = "", attributes = "", closed]: RegExpExecArray): string | undefined {
  if (!ELEMENTS.get(name)?.has(scan.open.at(-1)?.name ?? "")) return "an element where it is not allowed";
  const seen = new Map<string, string>();
  let drawn = 1;
  for (const [, key = "", value = ""] of attributes.matchAll(ATTRIBUTE)) {
    if (seen.has(key)) return "an attribute given twice";
    seen.set(key, value);
    if (!isAllowed(name, key, value)) return "an attribute that is not allowed, or a value that is not";
    const reference = REFERENCES.get(key)?.exec(value)?.[1];
    if (reference !== undefined) drawn += scan.drawn.get(reference) ?? Number.NaN;
  }
  if (Number.isNaN(drawn)) return "a reference to what is not there before it";
  if (name === "svg" && !seen.has("xmlns")) return "a root outside the namespace of SVG";
  const id = seen.get("id");
  if (id !== undefined && scan.ids.has(id)) return "an id given twice";
  if (id !== undefined) scan.ids.add(id);
  scan.open.push({ name, id, drawn });
  return closed === "" ? undefined : close(scan, name);
}

function isAllowed(element: string, key: string, value: string): boolean {
  const literal = LITERAL_ATTRIBUTES.get(`${element} ${key}`);
  if (literal !== undefined) return literal.includes(value);
  return (ATTRIBUTES.get(`${element} ${key}`) ?? ATTRIBUTES.get(key))?.test(value) ?? false;
}

function close(scan: Scan, name = ""): string | undefined {
  const closed = scan.open.pop();
  if (closed === undefined || closed.name !== name) return "an end without its start";
  if (closed.drawn > MAX_DRAWN) return "more to draw than any portrait has";
  if (closed.id !== undefined) scan.drawn.set(closed.id, closed.drawn);
  const parent = scan.open.at(-1);
  if (parent !== undefined) parent.drawn += closed.drawn;
  return undefined;
}

function onOther(scan: Scan, { kind, match }: Token): string | undefined {
  if (kind === END) return close(scan, match[1]);
  return TEXT_ELEMENTS.has(scan.open.at(-1)?.name ?? "") ? undefined : "text where it is not allowed";
}
