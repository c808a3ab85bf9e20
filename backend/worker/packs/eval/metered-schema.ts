import { jsonSize } from "#core/domain/packs/eval-measure.ts";
import { Rejected } from "./rejected.ts";
import { type Draft, shapeOf } from "./schema-keywords.ts";

/** The keyword that a metered schema bears in every object; its value is what looking at that object costs. */
export const METER_KEYWORD = "x-meter";

type Json = Readonly<Record<string, unknown>>;

/** Called for each pattern in a schema, with the place of it. */
type OnPattern = (pattern: string, pointer: string) => void;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const step = (name: string | number): string => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Text for a detail: a name in a schema may be as long as the schema. */
const MAX_POINTER_CHARS = 300;

export const schemaInvalid = (pointer: string, why: string): Rejected =>
  new Rejected("SCHEMA_INVALID", `${pointer.slice(0, MAX_POINTER_CHARS)}: ${why}.`);

/**
 * Copies a schema that is valid against its metaschema, with the meter's keyword in every object that is a schema and without mere
 * notes, so that pointers into it stay true. Throws `Rejected` for an unsupported keyword and for a reference that
 * does not name a schema in it: everything that is ever evaluated is metered.
 */
class Metering {
  readonly #draft: Draft;
  readonly #root: string;
  readonly #onPattern: OnPattern;
  readonly #places = new Set<string>();
  readonly #anchors = new Set<string>();
  readonly #references: { readonly to: string; readonly from: string }[] = [];

  constructor(draft: Draft, root: string, onPattern: OnPattern) {
    this.#draft = draft;
    this.#root = root;
    this.#onPattern = onPattern;
  }

  copy(schema: unknown): Json | boolean {
    const copied = this.#schema(schema, "");
    for (const { to, from } of this.#references) {
      if (!this.#names(to))
        throw schemaInvalid(this.#root + from, "must refer to a schema inside this one, by # and a pointer or anchor");
    }
    return copied;
  }

  #names(reference: string): boolean {
    if (!reference.startsWith("#")) return false;
    try {
      const fragment = decodeURIComponent(reference.slice(1));
      return this.#places.has(fragment) || this.#anchors.has(fragment);
    } catch {
      return false;
    }
  }

  #schema(schema: unknown, at: string): Json | boolean {
    this.#places.add(at);
    if (typeof schema === "boolean") return schema;
    if (!isObject(schema)) throw schemaInvalid(this.#root + at, "must be a schema");
    const copied: [string, unknown][] = [];
    let cost = 1;
    for (const [keyword, value] of Object.entries(schema)) {
      if (at === "" && (keyword === "$id" || keyword === "$schema")) continue;
      const shape = shapeOf(keyword, this.#draft);
      const here = at + step(keyword);
      if (shape === undefined) {
        throw schemaInvalid(this.#root + here, `is not a keyword that is supported in draft ${this.#draft}`);
      }
      if (shape === "note" || this.#ignored(schema, keyword)) continue;
      this.#note(keyword, value, here);
      cost += shape === "plain" ? jsonSize(value).nodes : Object.keys(Object(value)).length + 1;
      copied.push([keyword, shape === "plain" ? value : this.#inside(value, here, shape)]);
    }
    return { ...Object.fromEntries(copied), [METER_KEYWORD]: cost };
  }

  /** In draft-07 keywords beside `$ref` are ignored; places to refer to remain. */
  #ignored(schema: Json, keyword: string): boolean {
    if (this.#draft !== "draft-07" || !Object.hasOwn(schema, "$ref")) return false;
    return !["$ref", "definitions", "$defs"].includes(keyword);
  }

  #note(keyword: string, value: unknown, here: string): void {
    if (keyword === "$ref") this.#references.push({ to: String(value), from: here });
    if (keyword === "$anchor") this.#anchors.add(String(value));
    if (keyword === "pattern") this.#onPattern(String(value), this.#root + here);
    if (keyword !== "patternProperties") return;
    for (const pattern of Object.keys(Object(value))) this.#onPattern(pattern, this.#root + here + step(pattern));
  }

  #inside(value: unknown, at: string, shape: ReturnType<typeof shapeOf>): unknown {
    if (shape === "schema") return this.#schema(value, at);
    if (Array.isArray(value)) return value.map((member: unknown, index) => this.#schema(member, at + step(index)));
    if (shape === "schema-or-schemas") return this.#schema(value, at);
    if (!isObject(value)) throw schemaInvalid(this.#root + at, "must hold schemas");
    const members = Object.entries(value).map(([name, member]) => {
      const names = shape === "named-schemas-or-names" && Array.isArray(member);
      return [name, names ? member : this.#schema(member, at + step(name))] as const;
    });
    return Object.fromEntries(members);
  }
}

/** See `Metering`; `root` is the path of the schema itself. */
export function meteredSchema(schema: unknown, draft: Draft, root: string, onPattern: OnPattern): Json | boolean {
  return new Metering(draft, root, onPattern).copy(schema);
}
