type Text = Pick<string, "length" | "charCodeAt" | "indexOf" | "slice">;

const SPACE = 0x20;
const TAB = 0x09;
/** Characters that fences are made of: a backtick and a tilde. */
const MARKS: ReadonlySet<number> = new Set([0x60, 0x7e]);
const MOST_INDENT = 3;
const LEAST_MARKS = 3;

/** Where the run of one mark ends that a line begins with, indented or not; undefined if it is no fence. */
function fenceAt(text: Text, line: number): { readonly mark: number; readonly start: number; readonly end: number } {
  let start = line;
  while (start - line < MOST_INDENT && (text.charCodeAt(start) === SPACE || text.charCodeAt(start) === TAB)) start += 1;
  const mark = text.charCodeAt(start);
  let end = start;
  if (MARKS.has(mark)) while (text.charCodeAt(end) === mark) end += 1;
  return { mark, start, end };
}

/**
 * What stands in the first fence, to the end of the text where nothing closes it; undefined without one. Each line is
 * read once, so that runs of backticks that open nothing cost no more than other text.
 */
export function inFence(text: Text): string | undefined {
  let open: { readonly mark: number; readonly marks: number; readonly from: number } | undefined;
  for (let line = 0; line <= text.length;) {
    const { mark, start, end } = fenceAt(text, line);
    const lineEnd = text.indexOf("\n", end);
    if (open === undefined) {
      if (end - start >= LEAST_MARKS && lineEnd >= 0) open = { mark, marks: end - start, from: lineEnd + 1 };
    } else if (mark === open.mark && end - start >= open.marks)
      return text.slice(open.from, Math.max(open.from, line - 1));
    if (lineEnd < 0) break;
    line = lineEnd + 1;
  }
  return open === undefined ? undefined : text.slice(open.from);
}
