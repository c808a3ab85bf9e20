import { jsonSize } from "#core/domain/packs/eval-measure.ts";
import { isObject, type Json } from "./json-value.ts";
import { Rejected } from "./rejected.ts";
import { keywordError } from "./schema-check.ts";
import { type Draft, draftOf, type Shape, shapeOf } from "./schema-keywords.ts";

/** One schema with an identifier of its own, and the names within it. */
export interface Resource {
  readonly uri: string;
  readonly root: Node;
  readonly anchors: Map<string, Node>;
  readonly dynamic: Map<string, Node>;
  readonly recursive: boolean;
}

/** One schema that is an object: where it belongs, and what looking at it costs. */
export interface Node {
  readonly schema: Json;
  readonly draft: Draft;
  readonly pointer: string;
  readonly cost: number;
  /** The keywords that its draft knows, with their values. */
  readonly known: ReadonlyMap<string, unknown>;
  resource: Resource;
}

/** What a reference names. */
export interface Target {
  readonly target: Json | boolean;
  readonly resource: Resource;
  readonly fragment: string;
}

/** Where a schema is named that has no name; nothing is ever fetched. */
const BASE = "https://schema.invalid/";
/** Text for a detail: a name in a schema may be as long as the schema. */
const MAX_POINTER_CHARS = 300;

export const schemaInvalid = (pointer: string, why: string): Rejected =>
  new Rejected("SCHEMA_INVALID", `${pointer.slice(0, MAX_POINTER_CHARS)}: ${why}.`);

const step = (name: string | number): string => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

function resolved(reference: string, base: string): string | undefined {
  try {
    return new URL(reference, base).href;
  } catch {
    return undefined;
  }
}

const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/**
 * Every schema within a schema, by what it is and by its names. Throws `Rejected` for one that is invalid and for a
 * reference that leads out of it.
 */
export class SchemaRegistry {
  readonly #root: string;
  readonly #onPattern: (pattern: string, pointer: string) => void;
  readonly #nodes = new Map<Json, Node>();
  readonly #resources = new Map<string, Resource>();
  readonly #pending: Node[] = [];
  readonly #targets = new Map<Node, Map<string, Target>>();

  /** `root` is the path of the schema itself; `onPattern` gets each pattern in it, with its place. */
  constructor(root: string, onPattern: (pattern: string, pointer: string) => void) {
    this.#root = root;
    this.#onPattern = onPattern;
  }

  /** The schema as a node; a boolean is what it is. */
  read(schema: unknown): Node | boolean {
    if (typeof schema === "boolean") return schema;
    if (!isObject(schema)) throw schemaInvalid(this.#root, "must be a schema");
    this.#walk(schema, "", this.#draft(schema, 2020, ""), undefined);
    for (let node = this.#pending.pop(); node !== undefined; node = this.#pending.pop()) this.#checkReferences(node);
    return this.node(schema);
  }

  /** The node of an object that is a schema here. */
  node(schema: Json): Node {
    const node = this.#nodes.get(schema);
    if (node === undefined) throw new Error("an object was evaluated that is no schema of this registry");
    return node;
  }

  /** What a reference in this schema names; throws `Rejected` if it names nothing here. */
  resolve(reference: string, from: Node, keyword: string): Target {
    const known = this.#targets.get(from)?.get(keyword);
    if (known !== undefined) return known;
    const found = this.#resolve(reference, from);
    if (found === undefined) {
      const why = "must refer to a schema inside this one, by # and a pointer or anchor, or by its $id";
      throw schemaInvalid(`${this.#root}${from.pointer}/${keyword}`, why);
    }
    this.#targets.set(from, (this.#targets.get(from) ?? new Map<string, Target>()).set(keyword, found));
    return found;
  }

  #resolve(reference: string, from: Node): Target | undefined {
    const uri = resolved(reference, from.resource.uri);
    if (uri === undefined) return undefined;
    const [absolute = "", encoded = ""] = uri.split("#");
    const resource = this.#resources.get(absolute);
    const fragment = decoded(encoded);
    if (resource === undefined || fragment === undefined) return undefined;
    if (fragment === "") return { target: resource.root.schema, resource, fragment };
    const anchored = resource.anchors.get(fragment);
    if (anchored !== undefined) return { target: anchored.schema, resource: anchored.resource, fragment };
    const target = fragment.startsWith("/") ? this.#at(resource.root, fragment) : undefined;
    return target === undefined ? undefined : { target, resource, fragment };
  }

  /** What a JSON Pointer names below a schema; a place that no keyword makes a schema is one because it is referred to. */
  #at(root: Node, fragment: string): Json | boolean | undefined {
    let value: unknown = root.schema;
    let node = root;
    for (const part of fragment.slice(1).split("/")) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Json)[name];
      node = (isObject(value) ? this.#nodes.get(value) : undefined) ?? node;
    }
    if (typeof value === "boolean") return value;
    if (!isObject(value)) return undefined;
    if (!this.#nodes.has(value)) this.#walk(value, root.pointer + fragment, node.draft, node.resource);
    return value;
  }

  #draft(schema: Json, inherited: Draft, at: string): Draft {
    if (schema["$schema"] === undefined) return inherited;
    const draft = draftOf(schema["$schema"]);
    if (draft !== undefined) return draft;
    throw schemaInvalid(`${this.#root}${at}/$schema`, "must be draft 2020-12, 2019-09, -07, -06 or -04, or absent");
  }

  /** Takes in one schema and every schema in it. */
  #walk(schema: Json, at: string, inherited: Draft, within: Resource | undefined): void {
    const idName = inherited === 4 ? "id" : "$id";
    const id = typeof schema[idName] === "string" && !this.#isHidden(schema, inherited) ? schema[idName] : undefined;
    const draft = id === undefined || within === undefined ? inherited : this.#draft(schema, inherited, at);
    const entries = Object.entries(schema).flatMap(([keyword, value]) => {
      const shape = shapeOf(keyword, draft);
      return shape === undefined ||
        (this.#isHidden(schema, draft) && !["$ref", "definitions", "$defs"].includes(keyword))
        ? []
        : [[keyword, value, shape] as const];
    });
    const cost = entries.reduce((sum, [, value, shape]) => sum + costOf(value, shape), 1);
    const known = new Map<string, unknown>(entries.map(([keyword, value]) => [keyword, value]));
    const node = { schema, draft, pointer: at, cost, known, resource: within } as Node;
    node.resource = this.#resourceOf(node, id, within);
    this.#nodes.set(schema, node);
    this.#name(node, id);
    this.#pending.push(node);
    for (const [keyword, value, shape] of entries) {
      const error = keywordError(keyword, value, draft);
      if (error !== undefined) throw schemaInvalid(`${this.#root}${at}${step(keyword)}`, error);
      this.#inside(value, at + step(keyword), shape, node);
      this.#patterns(keyword, value, at + step(keyword));
    }
  }

  /** Before draft 2019-09 keywords beside `$ref` are ignored; places to refer to remain. */
  #isHidden(schema: Json, draft: Draft): boolean {
    return draft < 2019 && typeof schema["$ref"] === "string";
  }

  #resourceOf(node: Node, id: string | undefined, within: Resource | undefined): Resource {
    if (within !== undefined && (id === undefined || id.startsWith("#"))) return within;
    const uri =
      (id === undefined ? undefined : resolved(id, within?.uri ?? BASE))?.split("#")[0] ?? within?.uri ?? BASE;
    const resource = {
      uri,
      root: node,
      anchors: new Map<string, Node>(),
      dynamic: new Map<string, Node>(),
      recursive: node.schema["$recursiveAnchor"] === true,
    };
    this.#resources.set(uri, resource);
    return resource;
  }

  #name(node: Node, id: string | undefined): void {
    const { schema, resource, draft } = node;
    if (id?.startsWith("#") === true && id.length > 1) resource.anchors.set(id.slice(1), node);
    if (draft < 2019) return;
    for (const name of [schema["$anchor"], schema["$dynamicAnchor"]])
      if (typeof name === "string") resource.anchors.set(name, node);
    if (typeof schema["$dynamicAnchor"] === "string") resource.dynamic.set(schema["$dynamicAnchor"], node);
  }

  #inside(value: unknown, at: string, shape: Shape, { draft, resource }: Node): void {
    const walk = (member: unknown, where: string) => {
      if (typeof member === "boolean") return;
      if (!isObject(member)) throw schemaInvalid(this.#root + where, "must be a schema");
      this.#walk(member, where, draft, resource);
    };
    if (shape === "plain" || shape === "note") return;
    if (Array.isArray(value)) value.forEach((member, index) => walk(member, at + step(index)));
    else if (shape === "schema" || shape === "schema-or-schemas") walk(value, at);
    else
      for (const [name, member] of Object.entries(Object(value) as Json))
        if (shape !== "named-schemas-or-names" || !Array.isArray(member)) walk(member, at + step(name));
  }

  #patterns(keyword: string, value: unknown, at: string): void {
    if (keyword === "pattern") this.#onPattern(String(value), this.#root + at);
    if (keyword !== "patternProperties") return;
    for (const pattern of Object.keys(Object(value) as Json)) this.#onPattern(pattern, this.#root + at + step(pattern));
  }

  #checkReferences(node: Node): void {
    for (const keyword of REFERENCES) {
      const reference = node.schema[keyword];
      if (typeof reference === "string" && shapeOf(keyword, node.draft) !== undefined)
        this.resolve(reference, node, keyword);
    }
  }
}

function costOf(value: unknown, shape: Shape): number {
  return shape === "plain" ? jsonSize(value).nodes : Object.keys(Object(value) as Json).length + 1;
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
