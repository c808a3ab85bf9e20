/** A class of characters and ranges, escaped by their code alone. */
const CLASS = /\[\^?(?:[^\\[\]]|\\x[0-9a-f]{2})+\]/g;
/** What is left of a pattern without its classes: literal characters, groups, alternatives, and quantifiers with a bound. */
const SIMPLE = /^(?:[A-Za-z0-9 _:/@,;=<>#%&!~"'`()|?-]|\{\d{1,3}(?:,\d{1,3})?\})*$/;
/** A quantifier of nothing, or of a quantifier; it makes other kinds of groups, and lazy ones. */
const MISPLACED = /[?}(|][?{]/;

/**
 * Whether a pattern is read the same by every engine that a client may have: RE2, Python, Java, .NET, Rust, ECMAScript with
 * and without `u`, and grammars made of it. Anchored at both ends; literal characters and classes, groups, alternatives, and
 * quantifiers with a bound.
 */
export function isPortable(pattern: string): boolean {
  if (!pattern.startsWith("^") || !pattern.endsWith("$")) return false;
  const rest = pattern.slice(1, -1).replaceAll(CLASS, "a");
  return SIMPLE.test(rest) && !MISPLACED.test(rest);
}
