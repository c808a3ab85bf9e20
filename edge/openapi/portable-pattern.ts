/** One part of a pattern: a literal character, a class or the end of a group, perhaps repeated; or another mark of a group, never the `(?` of a special one. */
const PART =
  /(?:[A-Za-z0-9 _:/@,;=<>#%&!~"'`-]|\[\^?(?:[^\\[\]]|\\x[0-9a-f]{2})+\]|\))(?:\{\d{1,3}(?:,\d{1,3})?\}|\?)?|\(|\|/y;

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
