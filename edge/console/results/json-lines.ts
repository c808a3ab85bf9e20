/** One value of JSON as a line: what holds others has no text. */
export interface Line {
  readonly pointer: string;
  readonly depth: number;
  readonly name: string;
  readonly text: string;
  /** It does not stand in what it was taken from. */
  readonly missing: boolean;
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.keys(value).length === 0 ? "none" : "";
}

/** A JSON value line by line, in order, each below what holds it. Entries of a list are numbered from 1. */
export function linesOf(value: unknown, missing: ReadonlySet<string>, at = "", name = "", depth = 0): readonly Line[] {
  const line = { pointer: at, depth, name, text: textOf(value), missing: missing.has(at) };
  if (typeof value !== "object" || value === null) return [line];
  const isList = Array.isArray(value);
  const isRoot = at === "" && line.text === "";
  return [
    ...(isRoot ? [] : [line]),
    ...Object.entries(value).flatMap(([member, inner]) =>
      linesOf(
        inner,
        missing,
        `${at}/${escaped(member)}`,
        isList ? String(Number(member) + 1) : member,
        isRoot ? 0 : depth + 1,
      ),
    ),
  ];
}
