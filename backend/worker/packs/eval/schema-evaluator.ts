import { COMPILING_CHARS, EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { codePoints, isMultiple, isObject, isOfType, type Json, sortedText } from "./json-value.ts";
import type { Meter } from "./meter.ts";
import { compilePattern, type Pattern } from "./regex.ts";
import { Rejected } from "./rejected.ts";
import { isFormat, MAX_FORMAT_CHARS } from "./schema-formats.ts";
import { type Node, type Resource, schemaInvalid, SchemaRegistry } from "./schema-registry.ts";

/** So many characters or members of a value are one step of the meter. */
const SIZE_PER_STEP = 16;
/** So many characters of a value with a format are one step more. */
const FORMAT_CHARS_PER_STEP = 2;
/** So many instructions x characters of a pattern are one step of the meter. */
const MATCHING_PER_STEP = 8;

/** Which members of a value a schema has looked at; what `unevaluatedItems` and `unevaluatedProperties` leave alone. */
interface Seen {
  readonly members: Set<string | number>;
}

export interface SchemaError {
  readonly instance: string;
  readonly keyword: string;
}

const step = (name: string | number): string => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

function sizeSteps(value: unknown): number {
  if (typeof value === "string") return value.length / SIZE_PER_STEP;
  return typeof value === "object" && value !== null ? Object.keys(value).length / SIZE_PER_STEP : 0;
}

/** One schema made ready: patterns compiled, references checked. */
export class SchemaEvaluator {
  readonly #meter: Meter;
  readonly #patterns: Map<string, Pattern>;
  readonly #registry: SchemaRegistry;
  readonly #root: Node | boolean;
  readonly #assertsFormats: boolean;
  readonly #choices = { const: new Map<Node, ReadonlySet<string>>(), enum: new Map<Node, ReadonlySet<string>>() };
  #error: SchemaError | undefined;

  constructor(schema: unknown, pointer: string, meter: Meter, patterns: Map<string, Pattern>, assertsFormats: boolean) {
    this.#meter = meter;
    this.#patterns = patterns;
    this.#assertsFormats = assertsFormats;
    let instructions = 0;
    this.#registry = new SchemaRegistry(pointer, (pattern, where) => {
      const known = patterns.get(pattern) ?? compilePattern(pattern, 0, where, this.#spendCompiling);
      patterns.set(pattern, known);
      instructions += known.size;
      if (instructions > EVAL_LIMITS.max_pattern_instructions)
        throw schemaInvalid(where, "repeats too much, with the patterns before it");
    });
    this.#root = this.#registry.read(schema);
  }

  readonly #spendCompiling = (instructions: number): void =>
    this.#meter.spend((instructions * COMPILING_CHARS) / MATCHING_PER_STEP);

  /** Whether a text is an expression of RE2 that a schema might have. What compiling takes is spent first. */
  readonly #isExpression = (text: string): boolean => {
    try {
      compilePattern(text, 0, "", this.#spendCompiling);
      return true;
    } catch (error) {
      if (error instanceof Rejected && error.reason_code === "PATTERN_INVALID") return false;
      throw error;
    }
  };

  /** Why a value is invalid; undefined if it is valid. */
  errorOf(value: unknown): SchemaError | undefined {
    this.#error = undefined;
    const root = this.#root;
    const seen = typeof root === "boolean" ? this.#boolean(root, "") : this.#evaluate(root, value, "", [root.resource]);
    return seen === undefined ? (this.#error ?? { instance: "", keyword: "schema" }) : undefined;
  }

  /** The place of a member; its name may be as long as the output, and is read once for each schema that applies. */
  #below(at: string, name: string | number): string {
    if (typeof name === "string") this.#meter.spend(name.length / SIZE_PER_STEP);
    return at + step(name);
  }

  #fail(instance: string, keyword: string): undefined {
    this.#error = { instance, keyword };
    return undefined;
  }

  #boolean(schema: boolean, at: string): Seen | undefined {
    return schema ? { members: new Set() } : this.#fail(at, "false schema");
  }

  /** Evaluates what stands at a schema's place; the scope is the resources entered, outermost first. */
  #apply(schema: unknown, value: unknown, at: string, scope: readonly Resource[]): Seen | undefined {
    if (typeof schema === "boolean") return this.#boolean(schema, at);
    const node = this.#registry.node(schema as Json);
    return this.#evaluate(node, value, at, scope.at(-1) === node.resource ? scope : [...scope, node.resource]);
  }

  #evaluate(node: Node, value: unknown, at: string, scope: readonly Resource[]): Seen | undefined {
    this.#meter.spend(node.cost + sizeSteps(value));
    const seen: Seen = { members: new Set() };
    const { draft, schema } = node;
    if (draft < 2019 && typeof schema["$ref"] === "string")
      return this.#reference(node, value, at, scope, seen) ? seen : undefined;
    const isValid =
      this.#reference(node, value, at, scope, seen) &&
      this.#assertions(node, value, at) &&
      this.#combined(node, value, at, scope, seen) &&
      (!Array.isArray(value) || this.#array(node, value, at, scope, seen)) &&
      (!isObject(value) || this.#object(node, value, at, scope, seen)) &&
      this.#unevaluated(node, value, at, scope, seen);
    return isValid ? seen : undefined;
  }

  /** A keyword's value, where the draft knows it. */
  #of(node: Node, keyword: string): unknown {
    return node.known.get(keyword);
  }

  #textOf(node: Node, keyword: string): string | undefined {
    const value = node.known.get(keyword);
    return typeof value === "string" ? value : undefined;
  }

  #merge(seen: Seen, other: Seen | undefined): boolean {
    if (other === undefined) return false;
    for (const member of other.members) seen.members.add(member);
    return true;
  }

  #reference(node: Node, value: unknown, at: string, scope: readonly Resource[], seen: Seen): boolean {
    const plain = this.#textOf(node, "$ref");
    if (plain !== undefined) {
      const { target } = this.#registry.resolve(plain, node, "$ref");
      if (!this.#merge(seen, this.#apply(target, value, at, scope))) return false;
    }
    const keyword = node.draft === 2019 ? "$recursiveRef" : "$dynamicRef";
    const dynamic = this.#textOf(node, keyword);
    if (dynamic === undefined) return true;
    return this.#merge(seen, this.#apply(this.#dynamicTarget(dynamic, keyword, node, scope), value, at, scope));
  }

  #dynamicTarget(reference: string, keyword: string, node: Node, scope: readonly Resource[]): Json | boolean {
    const { target, resource, fragment } = this.#registry.resolve(reference, node, keyword);
    if (node.draft === 2019) {
      if (!resource.recursive || fragment !== "") return target;
      return scope.find(({ recursive }) => recursive)?.root.schema ?? target;
    }
    if (resource.dynamic.get(fragment)?.schema !== target) return target;
    const outermost = scope.find(({ dynamic }) => dynamic.has(fragment));
    return outermost?.dynamic.get(fragment)?.schema ?? target;
  }

  #assertions(node: Node, value: unknown, at: string): boolean {
    const failed = this.#failedAny(node, value) ?? this.#failedNumber(node, value) ?? this.#failedText(node, value);
    if (failed !== undefined) this.#fail(at, failed);
    return failed === undefined;
  }

  #failedAny(node: Node, value: unknown): string | undefined {
    const type = this.#of(node, "type");
    if (type !== undefined && ![type].flat().some((name) => typeof name === "string" && isOfType(value, name)))
      return "type";
    for (const keyword of ["const", "enum"] as const) {
      const choices = node.known.has(keyword) ? this.#choicesOf(node, keyword) : undefined;
      if (choices !== undefined && !choices.has(this.#text(value))) return keyword;
    }
    return undefined;
  }

  /** The texts of the values that a node allows, made once: they may be as long as a schema. */
  #choicesOf(node: Node, keyword: "const" | "enum"): ReadonlySet<string> | undefined {
    const values: unknown = keyword === "const" ? [this.#of(node, keyword)] : this.#of(node, keyword);
    if (!Array.isArray(values)) return undefined;
    const known = this.#choices[keyword].get(node) ?? new Set(values.map(sortedText));
    this.#choices[keyword].set(node, known);
    return known;
  }

  #text(value: unknown): string {
    const text = sortedText(value);
    this.#meter.spend(text.length / SIZE_PER_STEP);
    return text;
  }

  #failedNumber(node: Node, value: unknown): string | undefined {
    if (typeof value !== "number") return undefined;
    const limit = (keyword: string) => this.#of(node, keyword) as number | boolean | undefined;
    const [minimum, maximum] = [limit("minimum"), limit("maximum")];
    const [above, below] = [limit("exclusiveMinimum"), limit("exclusiveMaximum")];
    if (typeof minimum === "number" && (value < minimum || (above === true && value === minimum))) return "minimum";
    if (typeof maximum === "number" && (value > maximum || (below === true && value === maximum))) return "maximum";
    if (typeof above === "number" && value <= above) return "exclusiveMinimum";
    if (typeof below === "number" && value >= below) return "exclusiveMaximum";
    const of = limit("multipleOf");
    return typeof of === "number" && !isMultiple(value, of) ? "multipleOf" : undefined;
  }

  #failedText(node: Node, value: unknown): string | undefined {
    if (typeof value !== "string") return undefined;
    const [least, most] = [this.#of(node, "minLength"), this.#of(node, "maxLength")];
    if (least !== undefined || most !== undefined) {
      const length = codePoints(value);
      if (length < Number(least ?? 0)) return "minLength";
      if (length > Number(most ?? Infinity)) return "maxLength";
    }
    const pattern = this.#textOf(node, "pattern");
    if (pattern !== undefined && !this.#matches(pattern, value)) return "pattern";
    const format = this.#assertsFormats ? this.#textOf(node, "format") : undefined;
    if (format === undefined) return undefined;
    this.#meter.spend(Math.min(value.length, MAX_FORMAT_CHARS) / FORMAT_CHARS_PER_STEP);
    return isFormat(format, value, this.#isExpression) ? undefined : "format";
  }

  #matches(pattern: string, text: string): boolean {
    const { re, size } = this.#patterns.get(pattern) ?? compilePattern(pattern, 0, "");
    this.#meter.spend((size * (text.length + 1)) / MATCHING_PER_STEP);
    return re.test(text);
  }

  #list(node: Node, keyword: string): readonly unknown[] | undefined {
    const list = this.#of(node, keyword);
    return Array.isArray(list) ? list : undefined;
  }

  #combined(node: Node, value: unknown, at: string, scope: readonly Resource[], seen: Seen): boolean {
    for (const one of this.#list(node, "allOf") ?? [])
      if (!this.#merge(seen, this.#apply(one, value, at, scope))) return false;
    const any = this.#list(node, "anyOf");
    if (any !== undefined) {
      // Where members count, every branch that is valid has a say in which were looked at.
      const counts = node.draft >= 2019;
      const isValid = counts
        ? any.map((one) => this.#merge(seen, this.#apply(one, value, at, scope))).includes(true)
        : any.some((one) => this.#apply(one, value, at, scope) !== undefined);
      if (!isValid) return this.#fail(at, "anyOf") ?? false;
    }
    const one = this.#list(node, "oneOf");
    if (one !== undefined) {
      const valid = one.flatMap((branch) => this.#apply(branch, value, at, scope) ?? []);
      if (valid.length !== 1 || !this.#merge(seen, valid[0])) return this.#fail(at, "oneOf") ?? false;
    }
    const not = this.#of(node, "not");
    if (not !== undefined && this.#apply(not, value, at, scope) !== undefined) return this.#fail(at, "not") ?? false;
    return this.#conditional(node, value, at, scope, seen);
  }

  #conditional(node: Node, value: unknown, at: string, scope: readonly Resource[], seen: Seen): boolean {
    const condition = this.#of(node, "if");
    if (condition === undefined) return true;
    const branch = this.#of(node, this.#merge(seen, this.#apply(condition, value, at, scope)) ? "then" : "else");
    return branch === undefined || this.#merge(seen, this.#apply(branch, value, at, scope));
  }

  #array(node: Node, value: readonly unknown[], at: string, scope: readonly Resource[], seen: Seen): boolean {
    if (value.length < Number(this.#of(node, "minItems") ?? 0)) return this.#fail(at, "minItems") ?? false;
    if (value.length > Number(this.#of(node, "maxItems") ?? Infinity)) return this.#fail(at, "maxItems") ?? false;
    if (this.#of(node, "uniqueItems") === true && !this.#isUnique(value)) return this.#fail(at, "uniqueItems") ?? false;
    const items = this.#of(node, "items");
    const first = this.#list(node, "prefixItems") ?? (Array.isArray(items) ? (items as unknown[]) : []);
    const rest = Array.isArray(items) ? this.#of(node, "additionalItems") : items;
    for (const [index, item] of value.entries()) {
      const schema = index < first.length ? first[index] : rest;
      if (schema === undefined) break;
      if (this.#apply(schema, item, this.#below(at, index), scope) === undefined) return false;
      seen.members.add(index);
    }
    return this.#contains(node, value, at, scope, seen);
  }

  #isUnique(items: readonly unknown[]): boolean {
    const known = new Set<string>();
    for (const item of items) {
      this.#meter.spend(1);
      known.add(this.#text(item));
    }
    return known.size === items.length;
  }

  #contains(node: Node, value: readonly unknown[], at: string, scope: readonly Resource[], seen: Seen): boolean {
    const contains = this.#of(node, "contains");
    if (contains === undefined) return true;
    let found = 0;
    for (const [index, item] of value.entries()) {
      if (this.#apply(contains, item, this.#below(at, index), scope) === undefined) continue;
      found += 1;
      if (node.draft >= 2020) seen.members.add(index);
    }
    if (found < Number(this.#of(node, "minContains") ?? 1)) return this.#fail(at, "contains") ?? false;
    if (found > Number(this.#of(node, "maxContains") ?? Infinity)) return this.#fail(at, "maxContains") ?? false;
    return true;
  }

  #object(node: Node, value: Json, at: string, scope: readonly Resource[], seen: Seen): boolean {
    const names = Object.keys(value);
    if (names.length < Number(this.#of(node, "minProperties") ?? 0)) return this.#fail(at, "minProperties") ?? false;
    if (names.length > Number(this.#of(node, "maxProperties") ?? Infinity))
      return this.#fail(at, "maxProperties") ?? false;
    const required = this.#list(node, "required") ?? [];
    if (!required.every((name) => Object.hasOwn(value, String(name)))) return this.#fail(at, "required") ?? false;
    const nameSchema = this.#of(node, "propertyNames");
    if (nameSchema !== undefined && !names.every((name) => this.#apply(nameSchema, name, at, scope) !== undefined))
      return this.#fail(at, "propertyNames") ?? false;
    return this.#properties(node, value, at, scope, seen) && this.#dependent(node, value, at, scope, seen);
  }

  #properties(node: Node, value: Json, at: string, scope: readonly Resource[], seen: Seen): boolean {
    const properties = (this.#of(node, "properties") ?? {}) as Json;
    const patterns = Object.entries((this.#of(node, "patternProperties") ?? {}) as Json);
    const rest = this.#of(node, "additionalProperties");
    for (const [name, member] of Object.entries(value)) {
      const schemas = [
        ...(Object.hasOwn(properties, name) ? [properties[name]] : []),
        ...patterns.filter(([pattern]) => this.#matches(pattern, name)).map(([, schema]) => schema),
      ];
      if (schemas.length === 0 && rest !== undefined) schemas.push(rest);
      for (const schema of schemas)
        if (this.#apply(schema, member, this.#below(at, name), scope) === undefined) return false;
      if (schemas.length > 0) seen.members.add(name);
    }
    return true;
  }

  #dependent(node: Node, value: Json, at: string, scope: readonly Resource[], seen: Seen): boolean {
    for (const keyword of ["dependentRequired", "dependentSchemas", "dependencies"]) {
      for (const [name, dependency] of Object.entries((this.#of(node, keyword) ?? {}) as Json)) {
        if (!Object.hasOwn(value, name)) continue;
        if (Array.isArray(dependency)) {
          if (!dependency.every((needed) => Object.hasOwn(value, String(needed))))
            return this.#fail(at, keyword) ?? false;
        } else if (!this.#merge(seen, this.#apply(dependency, value, at, scope))) return false;
      }
    }
    return true;
  }

  #unevaluated(node: Node, value: unknown, at: string, scope: readonly Resource[], seen: Seen): boolean {
    const schema = this.#of(node, Array.isArray(value) ? "unevaluatedItems" : "unevaluatedProperties");
    if (schema === undefined || typeof value !== "object" || value === null) return true;
    const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
      ? [...value.entries()]
      : Object.entries(value);
    for (const [name, member] of members) {
      if (seen.members.has(name)) continue;
      if (this.#apply(schema, member, this.#below(at, name), scope) === undefined) return false;
      seen.members.add(name);
    }
    return true;
  }
}
