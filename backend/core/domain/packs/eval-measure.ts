/** How much work inputs of the `eval` pack stand for, known before any of it is done. Pure and linear in its input. */

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const REPETITION = /^\{\d+(?:,\d*)?\}/;
const FLAGS = /^\(\?[A-Za-z-]*\)/;
const MOST_SHAPE_CHARS = 1_000;
const EMPTY_QUOTE = "\\Q\\E";
/** The largest repetition that RE2 takes, also of repetitions inside one another. */
const MAX_REPEAT = 1_000;

/** Lower-case runs of letters, marks and digits: the words of ROUGE. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

interface Group {
  /** Instructions of what was closed before the last item. */
  before: number;
  /** Instructions of the last item, to which a quantifier applies. */
  last: number;
}

/** Its two ends, and what stands for nothing where it is empty. */
const emptyGroup = (): Group => ({ before: 3, last: 0 });

/**
 * At least the number of instructions into which RE2 expands a pattern: each repetition {n,m} is written out m times.
 * A pattern that RE2 refuses gets some number too.
 */
export function patternSize(pattern: string): number {
  const open: Group[] = [];
  let group = emptyGroup();
  const item = (size: number) => {
    group.before += group.last;
    group.last = size;
  };
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] ?? "";
    const end = endOfItem(pattern, at);
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
  return [...open, group].reduce((total, { before, last }) => total + before + last, 0);
}

/** Where the item ends that begins at `at`: a class, an escape, a repetition, a group of flags alone, or one UTF-16 unit. */
function endOfItem(pattern: string, at: number): number {
  const char = pattern[at];
  if (char === "\\") return endOfEscape(pattern, at);
  if (char === "[") return endOfClass(pattern, at);
  const shape = char === "{" ? REPETITION : char === "(" ? FLAGS : undefined;
  if (shape === undefined) return at + 1;
  const [whole] = shape.exec(pattern.slice(at, at + MOST_SHAPE_CHARS)) ?? [];
  return at + (whole?.length ?? 1);
}

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

function endOfClass(pattern: string, start: number): number {
  let at = start + (pattern[start + 1] === "^" ? 2 : 1);
  // A bracket that stands first closes nothing.
  for (let first = true; at < pattern.length; first = false) {
    if (pattern[at] === "]" && !first) return at + 1;
    at = endOfMember(pattern, at);
  }
  return pattern.length;
}

/** Where a member of a class ends: a named class, an escaped one, a character, or a range up to any character. */
function endOfMember(pattern: string, at: number): number {
  const named = pattern.startsWith("[:", at) ? pattern.indexOf(":]", at + 2) : -1;
  if (named >= 0) return named + 2;
  const low = endOfCharacter(pattern, at);
  const whole = pattern[at] === "\\" && "dDsSwWpP".includes(pattern[at + 1] ?? "-");
  if (whole || pattern[low] !== "-" || low + 1 >= pattern.length || pattern[low + 1] === "]") return low;
  return endOfCharacter(pattern, low + 1);
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
