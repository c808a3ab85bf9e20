const MAX_POINTER_CHARS = 512;

/** An RFC 6901 JSON Pointer; one that would grow too long points at what is around the place. */
export function jsonPointer(names: readonly PropertyKey[]): string {
  let pointer = "";
  for (const name of names) {
    const text = String(name);
    if (pointer.length + text.length >= MAX_POINTER_CHARS) break;
    const next = `${pointer}/${text.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (next.length > MAX_POINTER_CHARS) break;
    pointer = next;
  }
  return pointer.toWellFormed();
}
