const SCALAR_CHARS = 5;

/**
 * Whether the JSON of a value has about `most_chars` characters or fewer. What it looks at is bounded by that too,
 * whatever the size of the value.
 */
export function isSmall(value: unknown, most_chars: number): boolean {
  let left = most_chars;
  const open: unknown[] = [value];
  while (open.length > 0 && left >= 0) {
    const next = open.pop();
    if (typeof next === "string") left -= next.length;
    else if (typeof next !== "object" || next === null) left -= SCALAR_CHARS;
    else left = lookInto(next as Readonly<Record<string, unknown>>, left, open);
  }
  return left >= 0;
}

/** Puts the members of an object or list to the open ones while there is room for their names; what room is left. */
function lookInto(next: Readonly<Record<string, unknown>>, room: number, open: unknown[]): number {
  let left = room;
  for (const name in next) {
    left -= name.length + 1;
    if (left < 0) break;
    open.push(next[name]);
  }
  return left;
}
