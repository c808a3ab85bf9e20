import type { ExtractData } from "#core/domain/packs/extract.ts";
import { EXTRACT_LIMITS } from "#core/domain/packs/extract-limits.ts";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { numbersIn } from "../eval/extract.ts";
import { isObject } from "../eval/json-value.ts";

type Leaf = readonly [pointer: string, value: string | number];

const step = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The texts and numbers of a JSON value, in order, with their places. */
function* leavesOf(value: unknown, pointer = ""): Generator<Leaf> {
  if (typeof value === "string" || typeof value === "number") yield [pointer, value];
  else if (typeof value === "object" && value !== null)
    for (const [name, member] of Object.entries(value)) yield* leavesOf(member, pointer + step(name));
}

/** The texts that a schema lists as the only ones: they say what is meant, not what stands in the source. */
function listedIn(schema: unknown): ReadonlySet<unknown> {
  const listed = new Set<unknown>();
  for (const open: unknown[] = [schema]; open.length > 0;) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...(next as unknown[]));
    if (!isObject(next)) continue;
    for (const value of [next["const"], next["enum"]].flat()) if (typeof value === "string") listed.add(value);
    open.push(...Object.values(next));
  }
  return listed;
}

/** A text without what does not matter to whether it stands in another: case, white space, the escapes of Markdown. */
const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\\([^\p{L}\p{N}\s])/gu, "$1")
    .replaceAll(/\s+/gu, " ")
    .trim();

/** Which texts and numbers of a value stand in its source. */
export function groundingOf(value: unknown, schema: unknown, source: string): ExtractData["grounding"] {
  const listed = listedIn(schema);
  const text = plain(source);
  const numbers = new Set(numbersIn(source));
  const missing: string[] = [];
  let values = 0;
  let found = 0;
  for (const [pointer, leaf] of leavesOf(value)) {
    if (values === EXTRACT_LIMITS.max_sought) break;
    const sought = typeof leaf === "string" ? plain(leaf) : "";
    if (typeof leaf === "string" && (sought === "" || listed.has(leaf))) continue;
    values += 1;
    const isThere =
      typeof leaf === "string" ? text.includes(sought) : numbers.has(String(leaf)) || numbers.has(String(-leaf));
    if (isThere) found += 1;
    else if (missing.length < EXTRACT_LIMITS.max_missing) missing.push(pointer.slice(0, URL_LIMITS.max_label_chars));
  }
  return { values, found, missing };
}
