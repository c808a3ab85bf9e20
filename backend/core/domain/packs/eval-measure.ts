/** How much work inputs of the `eval` pack stand for, known before any of it is done. Pure and linear in its input. */

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u;
const ASCII_WORD = new Set(
  Array.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", (c) => c.charCodeAt(0)),
);
const REPETITION = /\{\d+(?:,\d*)?\}/y;
const FLAGS = /\(\?[A-Za-z-]*\)/y;
const HEXADECIMAL = /^[0-9A-Fa-f]{1,8}$/;
const EMPTY_QUOTE = "\\Q\\E";
/** The largest repetition that RE2 takes, also of repetitions inside one another. */
const MAX_REPEAT = 1_000;
/** Building the table of a Unicode class such as \p{L} takes about as long as building so many instructions. */
const UNICODE_CLASS_TABLE = 50;
/** So many code points in ranges of a class take as long to build as one instruction, where cases are folded. */
const RANGE_PER_INSTRUCTION = 1_000;
/** So many members of a class in brackets take as long to build as one instruction. */
const MEMBERS_PER_INSTRUCTION = 4;

/** Lower-case runs of letters, marks and digits: the words of ROUGE. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** How many words {@link wordsOf} finds, at a fraction of its cost. */
export function countWords(text: string): number {
  let words = 0;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    let is_word = ASCII_WORD.has(unit);
    if (unit >= 0x80) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      is_word = WORD_CHARACTER.test(character);
      at += character.length - 1;
    }
    if (is_word && !inside) words += 1;
    inside = is_word;
  }
  return words;
}

/** What a pattern stands for before it is compiled. */
interface PatternSize {
  /** At least the number of instructions into which RE2 expands it: each repetition {n,m} is written out m times. */
  readonly instructions: number;
  /** The tables of its classes, which are built once, in instructions that take as long to build. */
  readonly tables: number;
}

interface Group {
  /** Instructions of what was closed before the last item. */
  before: number;
  /** Instructions of the last item, to which a quantifier applies. */
  last: number;
}

/** Its two ends, and what stands for nothing where it is empty. */
const emptyGroup = (): Group => ({ before: 3, last: 0 });

/** Linear in the pattern, each character of which is read a bounded number of times. One that RE2 refuses gets some size too. */
export function patternSize(pattern: string): PatternSize {
  const open: Group[] = [];
  let group = emptyGroup();
  let tables = 0;
  const item = (size: number) => {
    group.before += group.last;
    group.last = size;
  };
  const classes = classReader(pattern);
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    const read =
      char === "["
        ? classes(at)
        : { end: endOfItem(pattern, at), tables: isUnicodeClass(pattern, at) ? UNICODE_CLASS_TABLE : 0 };
    const { end } = read;
    tables += read.tables;
    if (char === "\\" && pattern[at + 1] === "Q") {
      if (end - at > 2 && !pattern.startsWith(EMPTY_QUOTE, at)) item(end - at);
    } else if (char === "(" && end > at + 1) {
      // Flags alone are no item: a quantifier behind them applies to what stands before.
    } else if (char === "(") {
      open.push(group);
      group = emptyGroup();
    } else if (char === ")") {
      const size = group.before + group.last;
      group = open.pop() ?? emptyGroup();
      item(size);
    } else if ("*+?".includes(char)) group.last += 2;
    else if (char === "{" && end > at + 1) group.last = repeated(group.last, pattern.slice(at, end));
    else item(char === "|" ? 2 : 1);
    at = end;
  }
  const instructions = [...open, group].reduce((total, { before, last }) => total + before + last, 0);
  return { instructions, tables };
}

/** Where the item ends that begins at `at`: an escape, a repetition, a group of flags alone, or one UTF-16 unit. */
function endOfItem(pattern: string, at: number): number {
  const char = pattern[at];
  if (char === "\\") return endOfEscape(pattern, at);
  const shape = char === "{" ? REPETITION : char === "(" ? FLAGS : undefined;
  if (shape === undefined) return at + 1;
  shape.lastIndex = at;
  return at + (shape.exec(pattern)?.[0].length ?? 1);
}

const HYPHEN = 0x2d;
const COLON = 0x3a;

const isUnicodeClass = (pattern: string, at: number): boolean =>
  pattern[at] === "\\" && "pP".includes(pattern[at + 1] ?? "-");

function endOfEscape(pattern: string, at: number): number {
  const kind = pattern[at + 1] ?? "-";
  if (kind === "Q") {
    const end = pattern.indexOf("\\E", at + 2);
    return end < 0 ? pattern.length : end + 2;
  }
  if (pattern[at + 2] !== "{") return at + ("pP".includes(kind) ? 3 : 2);
  if (!"pPxu".includes(kind)) return at + 2;
  const end = pattern.indexOf("}", at);
  return end < 0 ? pattern.length : end + 1;
}

/** Reads classes in brackets: where the one ends that begins at `start`, and what its table stands for. */
function classReader(pattern: string): (start: number) => { readonly end: number; readonly tables: number } {
  // Looked for once: a search from every "[:" that nothing ends would be quadratic.
  const lastNameEnd = pattern.lastIndexOf(":]");
  return (start) => {
    let at = start + (pattern[start + 1] === "^" ? 2 : 1);
    let members = 0;
    let tables = 0;
    // A bracket that stands first closes nothing.
    for (let first = true; at < pattern.length; first = false) {
      if (pattern[at] === "]" && !first) {
        at += 1;
        break;
      }
      members += 1;
      if (isUnicodeClass(pattern, at)) tables += UNICODE_CLASS_TABLE;
      const end = endOfMember(pattern, at, lastNameEnd);
      tables += Math.floor(rangeWidth(pattern, at, end) / RANGE_PER_INSTRUCTION);
      at = end;
    }
    return { end: at, tables: tables + Math.floor(members / MEMBERS_PER_INSTRUCTION) };
  };
}

/** Where a member of a class ends: a named class, an escaped one, a character, or a range up to any character. */
function endOfMember(pattern: string, at: number, lastNameEnd: number): number {
  const next = pattern.charCodeAt(at + 1);
  if (lastNameEnd >= at + 2 && next === COLON && pattern[at] === "[") return pattern.indexOf(":]", at + 2) + 2;
  if (next !== HYPHEN && pattern[at] !== "\\") return at + 1;
  const low = endOfCharacter(pattern, at);
  const whole = pattern[at] === "\\" && "dDsSwWpP".includes(pattern[at + 1] ?? "-");
  if (whole || pattern[low] !== "-" || low + 1 >= pattern.length || pattern[low + 1] === "]") return low;
  return endOfCharacter(pattern, low + 1);
}

/** How many code points a member of a class may cover: 0 where it is no range. */
function rangeWidth(pattern: string, at: number, end: number): number {
  const low = endOfCharacter(pattern, at);
  return low < end && pattern.charCodeAt(low) === HYPHEN
    ? Math.max(0, codePoint(pattern, low + 1, end) - codePoint(pattern, at, low))
    : 0;
}

/** A character of a class, escaped or not; at most what an escape of hexadecimal digits stands for. */
function codePoint(pattern: string, at: number, end: number): number {
  if (pattern[at] !== "\\") return pattern.codePointAt(at) ?? 0;
  const digits = pattern.slice(at + 2, end).replace(/[{}]/g, "");
  return HEXADECIMAL.test(digits) ? Number.parseInt(digits, 16) : 0;
}

const endOfCharacter = (pattern: string, at: number): number =>
  pattern[at] === "\\" ? endOfEscape(pattern, at) : at + 1;

/** {n,m} is n copies, and m - n more that may be left out; {n,} is n copies, of which the last may recur. */
function repeated(size: number, text: string): number {
  const [least = 0, most = least] = (text.match(/\d+/g) ?? []).map((count) => Math.min(MAX_REPEAT, Number(count)));
  return size * Math.max(1, most) + Math.max(0, most - least) + 3;
}

/** Values in a JSON value, itself included, and the levels in which they are nested. Without recursion. */
export function jsonSize(root: unknown): { readonly nodes: number; readonly depth: number } {
  let nodes = 0;
  let depth = 0;
  let level: unknown[] = [root];
  while (level.length > 0) {
    nodes += level.length;
    depth += 1;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return { nodes, depth };
}
