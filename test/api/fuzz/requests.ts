import fc from "fast-check";
import { type Operation, operations } from "../document.ts";
import { messages } from "./mcp-messages.ts";
import { mangled } from "./mangled.ts";
import { valueOf } from "./arbitrary-value.ts";

/** A path's parameter: one of the things that were there before, by its place among them, or a text. */
type Id = { readonly known: number } | { readonly text: string };

type Pair = readonly [name: string, text: string];

/** A request before it is known which keys and ids there are. */
export interface Plan {
  readonly operation: Operation;
  readonly method: string;
  readonly ids: readonly Id[];
  readonly query: readonly Pair[];
  readonly headers: readonly Pair[];
  /** One of the valid keys by number, or what stands in its place. */
  readonly authorization: number | string | undefined;
  readonly address: string;
  readonly body: string | undefined;
  /** True where the path ends with a slash. */
  readonly slash: boolean;
}

/** Stands for the entity tag that this address had last. */
export const KNOWN_TAG = "known-tag";
/** A page of this origin may call. */
export const PAGE = "https://page.example";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const WEIGHTS = { message: 16, body: 6, closed: 3, open: 1 } as const;
const TOO_LARGE = 256 * 1024 + 1;

/** What a header may hold on the wire. */
const headerText = fc
  .string({ maxLength: 80, unit: "binary-ascii" })
  .map((text) => text.replaceAll(/[^\x20-\x7e]/g, "").trim());
const segment = fc
  .string({ minLength: 1, maxLength: 60, unit: "binary" })
  .filter((text) => text.isWellFormed() && !/^\.{1,2}$/.test(text));

const idOf = (schema: unknown): fc.Arbitrary<Id> => {
  const text = valueOf(schema).map((value) => ({ text: String(value) }));
  const garbage = segment.map((odd) => ({ text: odd }));
  const known = fc.nat(1_000).map((place) => ({ known: place }));
  return fc.oneof({ weight: 6, arbitrary: known }, { weight: 2, arbitrary: text }, { weight: 1, arbitrary: garbage });
};

/** What the examples of a header do not show. One that makes an answer wait does so for a second at most. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  Prefer: ["wait=0", "wait=1", "respond-async", "wait=-1", "wait=x"],
  Range: [
    "bytes=0-9",
    "bytes=5-",
    "bytes=-5",
    "bytes=0-99999",
    "bytes=99999-",
    "bytes=5-2",
    "bytes=0-1,3-4",
    "lines=1-2",
  ],
};

function headerOf(name: string, schema: unknown): fc.Arbitrary<string> {
  const usual = USUAL[name];
  if (usual !== undefined) {
    return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: headerText });
  }
  const fits = valueOf(schema).map(String);
  const onWire = fits.filter((text) => /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text));
  return fc.oneof({ weight: 6, arbitrary: onWire }, { weight: 1, arbitrary: headerText });
}

const often = <T>(values: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: times, arbitrary: values }, { weight: 1, arbitrary: fc.constant(undefined) });

const pairs = (parts: readonly fc.Arbitrary<Pair | undefined>[]) =>
  fc.tuple(...parts).map((given) => given.filter((pair) => pair !== undefined));

/** The ways to write a list: with commas, repeated, and as axios and qs repeat it. */
const LISTS: readonly ((name: string, items: readonly string[]) => readonly Pair[])[] = [
  (name, items) => [[name, items.join(",")]],
  (name, items) => items.map((item): Pair => [name, item]),
  (name, items) => items.map((item): Pair => [`${name}[]`, item]),
  (name, items) => items.map((item, at): Pair => [`${name}[${at}]`, item]),
];

/** A value of a query parameter as it stands in the address, in one of the ways to write it. */
function written({ name, schema }: Operation["parameters"][number], value: unknown, way: number): readonly Pair[] {
  if (Array.isArray(value)) return LISTS[way % LISTS.length]?.(name, value.map(String)) ?? [];
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([member, item]) => [`${name}[${member}]`, String(item)]);
  }
  const small = schema["format"] === "date-time" && way % 2 === 1;
  return [[name, small ? String(value).toLowerCase() : String(value)]];
}

function queryOf({ parameters }: Operation): fc.Arbitrary<readonly Pair[]> {
  const known = parameters
    .filter((each) => each.in === "query")
    .map((each) => {
      const fits = fc.tuple(valueOf(each.schema), fc.nat(3)).map(([value, way]) => written(each, value, way));
      const odd = fc.string({ unit: "binary" }).map((text): readonly Pair[] => [[each.name, text]]);
      return fc.oneof(
        { weight: 6, arbitrary: fc.constant<readonly Pair[]>([]) },
        { weight: 4, arbitrary: fits },
        { weight: 1, arbitrary: odd },
      );
    });
  const stray = fc.tuple(fc.string(), fc.string()).map((pair): readonly Pair[] => [pair]);
  const seldom = fc.oneof({ weight: 15, arbitrary: fc.constant<readonly Pair[]>([]) }, { weight: 1, arbitrary: stray });
  return fc
    .tuple(...known, seldom)
    .map((all) => all.flat().map(([name, text]): Pair => [name.toWellFormed(), text.toWellFormed()]));
}

function headersOf({ parameters, requestBody }: Operation) {
  const own = parameters
    .filter((each) => each.in === "header")
    .map(({ name, schema, required }) =>
      often(
        headerOf(name, schema).map((text) => [name, text] as const),
        required ? 30 : 1,
      ),
    );
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant("application/json") },
    { weight: 1, arbitrary: fc.constantFrom("text/plain", "application/json; charset=utf-8", "application/json;", "") },
  );
  const typed =
    requestBody === undefined
      ? []
      : [
          often(
            type.map((text) => ["Content-Type", text] as const),
            40,
          ),
        ];
  const trace = fc.tuple(fc.constantFrom("traceparent", "X-Request-ID", "Accept"), headerText);
  const known = fc.constantFrom("*", KNOWN_TAG).map((tag) => ["If-None-Match", tag] as const);
  const more = fc.oneof({ weight: 16, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: trace }, known);
  const origin = fc.constantFrom(PAGE, "https://other.example").map((page) => ["Origin", page] as const);
  const asked = fc.constantFrom(...METHODS).map((method) => ["Access-Control-Request-Method", method] as const);
  const fromPage = [fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, origin), often(asked, 1)];
  return pairs([...own, ...typed, more, ...fromPage]);
}

function bodyOf({ requestBody }: Operation): fc.Arbitrary<string | undefined> {
  const media = requestBody?.content["application/json"];
  if (media === undefined) return fc.constant(undefined);
  const valid = valueOf(media.schema);
  const text = valid.map((value) => JSON.stringify(value));
  const broken = fc.tuple(text, fc.nat(1_000)).map(([whole, at]) => whole.slice(0, at % (whole.length + 1)));
  return fc.oneof(
    { weight: requestBody?.required === true ? 0 : 60, arbitrary: fc.constant(undefined) },
    { weight: 30, arbitrary: text },
    { weight: 30, arbitrary: mangled(valid).map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: broken },
    { weight: 2, arbitrary: fc.string({ unit: "binary" }).map((odd) => odd.toWellFormed()) },
    { weight: 2, arbitrary: fc.constantFrom("", "null", "[]", '"text"', "0") },
    { weight: 1, arbitrary: fc.constant(" ".repeat(TOO_LARGE)) },
  );
}

const authorization = fc.oneof(
  { weight: 16, arbitrary: fc.nat(10_000) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "Bearer", "Bearer x", "Basic YTpi", `Bearer dpp_test_${"0".repeat(40)}`),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const address = fc.ipV4();

function planOf(operation: Operation): fc.Arbitrary<Plan> {
  const method = fc.oneof(
    { weight: 24, arbitrary: fc.constant(operation.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  const ids = operation.parameters.filter((each) => each.in === "path").map(({ schema }) => idOf(schema));
  const plan = fc.record({
    operation: fc.constant(operation),
    method,
    ids: fc.tuple(...ids),
    query: queryOf(operation),
    headers: headersOf(operation),
    authorization,
    address,
    body: bodyOf(operation),
    slash: fc.nat(15).map((odd) => odd === 0),
  });
  return operation.operationId === "mcp" ? fc.oneof(plan, ...Array.from({ length: 3 }, () => spoken(plan))) : plan;
}

/** The same request with a message that its headers and its body agree upon. */
const spoken = (plan: fc.Arbitrary<Plan>): fc.Arbitrary<Plan> =>
  fc.tuple(plan, messages).map(([planned, { headers, body }]) => {
    const others = planned.headers.filter(([name]) => !/^mcp-/i.test(name));
    return { ...planned, headers: [...others, ...headers], body };
  });

function weightOf({ operationId, open, requestBody }: Operation): keyof typeof WEIGHTS {
  if (operationId === "mcp") return "message";
  if (open) return "open";
  return requestBody === undefined ? "closed" : "body";
}

/** Requests of every operation of the document, more of those that take more. */
export const plans: fc.Arbitrary<Plan> = fc.oneof(
  ...operations.map((operation) => ({
    weight: WEIGHTS[weightOf(operation)],
    arbitrary: planOf(operation),
  })),
);
