/** A character that stands for itself everywhere, or a class of characters and ranges, escaped by their code alone. */
const CHARACTER = String.raw`[A-Za-z0-9 _:/@,;=<>#%&!~"'` + "`" + String.raw`-]|\[\^?(?:[^\\[\]]|\\x[0-9a-f]{2})+\]`;
const QUANTIFIER = String.raw`\{\d{1,3}(?:,\d{1,3})?\}|\?`;
/** One part of a pattern: an item, perhaps repeated, or a mark of a group. */
const PART = new RegExp(`(?:${CHARACTER}|\\))(?:${QUANTIFIER})?|\\((?!\\?)|\\|`, "y");

/**
 * Whether a pattern is read the same by every engine that a client may have: RE2, Python, Java, .NET, Rust, ECMAScript with
 * and without `u`, and grammars made of it. Anchored at both ends; literal characters and classes, groups, alternatives, and
 * quantifiers with a bound.
 */
export function isPortable(pattern: string): boolean {
  if (!pattern.startsWith("^") || !pattern.endsWith("$")) return false;
  const inner = pattern.slice(1, -1);
  PART.lastIndex = 0;
  while (PART.lastIndex < inner.length) {
    if (!PART.test(inner)) return false;
  }
  return true;
}
