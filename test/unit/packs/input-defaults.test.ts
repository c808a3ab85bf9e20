import { expect, test } from "vitest";
import { z } from "zod";
import { catalog } from "#core/domain/packs/catalog.ts";

type Json = Readonly<Record<string, unknown>>;

/** Every default within a schema, by where it is. */
function* defaultsIn(schema: Json, at: string): Generator<string> {
  if ("default" in schema) yield `${at} = ${JSON.stringify(schema["default"])}`;
  const { properties = {}, items, anyOf = [], oneOf = [], additionalProperties } = schema;
  for (const [name, member] of Object.entries(properties as Readonly<Record<string, Json>>))
    yield* defaultsIn(member, `${at}.${name}`);
  for (const each of [...(anyOf as Json[]), ...(oneOf as Json[])]) yield* defaultsIn(each, at);
  for (const each of [items, additionalProperties])
    if (typeof each === "object" && each !== null) yield* defaultsIn(each as Json, `${at}[]`);
}

/**
 * The payload hash covers inputs with their defaults filled in: one more default, or another, gives the same body another
 * hash, and who repeats a submit across that deploy gets a 409 for a run of his own. A new input is `.optional()`, and the
 * work says what its absence means. This list only grows with a new pack.
 */
const DEFAULTS = [
  "char.size = 256",
  'char.style = "lorelei"',
  'decision.method = "weighted_sum"',
  'decision.mode = "brief"',
  "eval.metrics[].absolute = 0",
  'eval.metrics[].flags = ""',
  "eval.metrics[].full_match = false",
  "eval.metrics[].ignore_case = false",
  "eval.metrics[].order = 4",
  "eval.metrics[].relative = 1e-9",
  'eval.metrics[].smoothing = "method1"',
  'eval.metrics[].tokenize = "13a"',
  'eval.metrics[].whitespace = "keep"',
  "eval.threshold = 0.5",
  'ocr.language = "eng"',
  'url.format = "text"',
];

test("no input of a pack has a default that was not there before", () => {
  const found = [...catalog.values()].flatMap(({ type, inputs }) => [
    ...defaultsIn(z.toJSONSchema(inputs, { io: "input" }), type),
  ]);
  expect([...new Set(found)].toSorted()).toEqual(DEFAULTS.toSorted());
});
