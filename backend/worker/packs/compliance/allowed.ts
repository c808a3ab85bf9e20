/** True if a text is what a pattern with `*` for any characters says; in time of the two lengths together. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [head = "", ...others] = parts;
  const tail = others.pop() ?? "";
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const part of others) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - tail.length;
}

/** Whether a text is one of those that are no finding. */
export function allowance(allow: readonly string[] = []): (text: string) => boolean {
  if (allow.length === 0) return () => false;
  const exact = new Set<string>();
  const likes: (readonly string[])[] = [];
  for (const one of allow.map((text) => text.toLowerCase())) {
    if (one.includes("*")) likes.push(one.split("*"));
    else exact.add(one);
  }
  const known = new Map<string, boolean>();
  return (text) => {
    const small = text.toLowerCase();
    const isAllowed = known.get(small) ?? (exact.has(small) || likes.some((parts) => isLike(small, parts)));
    known.set(small, isAllowed);
    return isAllowed;
  };
}
