/** Digits and signs of other scripts that have a twin in ASCII, each one code unit: full width, Arabic-Indic, Devanagari. */
const TWINS = /[\uFF01-\uFF5E\u0660-\u0669\u06F0-\u06F9\u0966-\u096F]/g;
const ZEROS = [0x0660, 0x06f0, 0x0966];
const FULL_WIDTH = 0xfee0;

function twinOf(char: string): string {
  const unit = char.charCodeAt(0);
  if (unit >= 0xff01) return String.fromCharCode(unit - FULL_WIDTH);
  const zero = ZEROS.findLast((first) => first <= unit) ?? unit;
  return String(unit - zero);
}

/** The text with those twins in the place of such characters; no offset moves. */
export const asciiTwins = (text: string): string => text.replace(TWINS, twinOf);

/** A text without its escapes: `at[i]` is where character i was written, `at[text.length]` the end. */
export interface Decoded {
  readonly text: string;
  readonly at: Uint32Array;
}

/** Character references of HTML, octets of addresses, and escapes of JSON. */
const ESCAPE =
  /&(?:nbsp|amp|lt|gt|quot|apos|ndash|mdash|commat|period|hyphen|colon|equals|#\d{1,6}|#[xX][0-9A-Fa-f]{1,5});|%[2-7][0-9A-Fa-f]|\\u[0-9A-Fa-f]{4}|\\[nrt"/]/g;
const NAMED: Readonly<Record<string, string>> = {
  nbsp: "\u00A0",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  ndash: "\u2013",
  mdash: "\u2014",
  commat: "@",
  period: ".",
  hyphen: "-",
  colon: ":",
  equals: "=",
};
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The character of one code unit that an escape stands for; undefined for any other. */
function decodedOf(escape: string): string | undefined {
  if (escape.startsWith("%")) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  if (escape.startsWith("\\u")) return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  if (escape.startsWith("\\")) return CONTROLS[escape.slice(1)] ?? escape.slice(1);
  const name = escape.slice(1, -1);
  if (!name.startsWith("#")) return NAMED[name];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0xffff ? String.fromCharCode(code) : undefined;
}

/** The text as its reader would see it, where it has escapes; undefined where it has none. */
export function decoded(text: string): Decoded | undefined {
  const parts: string[] = [];
  const at = new Uint32Array(text.length + 1);
  let length = 0;
  let from = 0;
  const keep = (until: number) => {
    parts.push(text.slice(from, until));
    for (let i = from; i < until; i++) at[length++] = i;
  };
  for (const { 0: escape, index } of text.matchAll(ESCAPE)) {
    const char = decodedOf(escape);
    if (char === undefined) continue;
    keep(index);
    parts.push(char);
    at[length++] = index;
    from = index + escape.length;
  }
  if (from === 0) return undefined;
  keep(text.length);
  at[length] = text.length;
  return { text: parts.join(""), at };
}
