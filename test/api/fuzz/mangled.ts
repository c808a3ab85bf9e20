import fc from "fast-check";

type Json = Record<string, unknown>;
type Place = readonly [holder: Json, name: string];

const nested = (depth: number): unknown => (depth === 0 ? 0 : { a: nested(depth - 1) });

/** What a field is seldom asked to hold. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", " ", "\0", "\ud800", "é".repeat(2_000), "x".repeat(20_000), [], {}),
  fc.constantFrom<unknown>(0, -0, -1, 0.1, 2 ** 53, 1e308, 5e-324, "NaN", "1e3", "-1", "٣", "0x10", "5.0000 "),
  fc.constantFrom<unknown>(nested(31), nested(40), JSON.parse('{"__proto__":{"a":1}}'), { constructor: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

interface Change {
  readonly at: number;
  readonly how: "replace" | "remove" | "add" | "repeat";
  readonly value: unknown;
  readonly name: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1_000),
  how: fc.constantFrom("replace", "replace", "remove", "add", "repeat"),
  value: odd,
  name: fc.oneof(fc.constantFrom("surprise", "", "__proto__", "\0", "\ud800", "max_cost_usd"), fc.string()),
});

/** The value with one to three things in it replaced, removed, added or given twice. */
export const mangled = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(values, fc.array(change, { minLength: 1, maxLength: 3 })).map(([value, changes]) => {
    const root: Json = { value: structuredClone(value) };
    // The odd values are constants, and a later change may reach into them.
    for (const each of changes) apply(root, structuredClone(each));
    return root["value"];
  });

function apply(root: Json, { at, how, value, name }: Change): void {
  const places = [...placesIn(root)];
  const [holder, key] = places[at % places.length] as Place;
  const there = holder[key];
  if (how === "replace") holder[key] = value;
  else if (how === "remove" && holder !== root) delete holder[key];
  else if (Array.isArray(there)) there.push(how === "repeat" && there.length > 0 ? there[0] : value);
  else if (typeof there === "object" && there !== null) define(there as Json, name, value);
}

/** An own member, even where the name is one that assignment treats differently. */
const define = (holder: Json, name: string, value: unknown) =>
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });

function* placesIn(holder: Json): Generator<Place> {
  for (const name of Object.keys(holder)) {
    yield [holder, name];
    const there = holder[name];
    if (typeof there === "object" && there !== null) yield* placesIn(there as Json);
  }
}
