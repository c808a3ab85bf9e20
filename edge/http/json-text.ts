import type { FieldError } from "#core/domain/problem.ts";
import { jsonPointer } from "./json-pointer.ts";

const MAX_DEPTH = 32;
/** Values in a body: objects, arrays and what they hold. The largest body that any operation takes has fewer. */
export const MAX_VALUES = 20_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
/** So many digits are exact in a double whatever they are. */
const SAFE_DIGITS = 15;

/** An object or array that is not closed yet. */
interface Level {
  readonly kind: "object" | "array";
  /** Of an object: the names before, once there is one. */
  names: Set<string> | undefined;
  /** Whether the next text is a name. */
  expects_name: boolean;
  /** The name or index of the member that is being read. */
  member: string | number;
}

/**
 * What is wrong with a text that JSON.parse takes: too many values, too many levels, and what RFC 7493 (I-JSON) rules
 * out or the stores could not hold; undefined when nothing is. One pass, which stops at the first find. JSON.parse itself
 * drops duplicate names and the last digits of large numbers; what a long fraction loses is no error.
 */
export function findFieldError(text: string): FieldError | undefined {
  const scan = new Scan(text);
  const detail = scan.run();
  return detail === undefined ? undefined : { pointer: jsonPointer(scan.path()), detail };
}

const isDelimiter = (unit: number): boolean =>
  unit === COMMA || unit === COLON || unit === CLOSE_OBJECT || unit === CLOSE_ARRAY;

function endOfSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

class Scan {
  readonly #text: string;
  readonly #open: Level[] = [];
  #at = 0;
  #values = 0;
  // Where the next quote and backslash are: each is searched for again only once it has been passed.
  #quote = -1;
  #backslash = -1;

  constructor(text: string) {
    this.#text = text;
  }

  path(): (string | number)[] {
    return this.#open.map(({ member }) => member);
  }

  run(): string | undefined {
    for (;;) {
      this.#at = endOfSpace(this.#text, this.#at);
      if (this.#at >= this.#text.length) return undefined;
      const detail = this.#token(this.#text.charCodeAt(this.#at));
      if (detail !== undefined) return detail;
    }
  }

  #token(unit: number): string | undefined {
    if (unit === OPEN_OBJECT) return this.#enter("object");
    if (unit === OPEN_ARRAY) return this.#enter("array");
    if (unit === QUOTE) return this.#string();
    if (!isDelimiter(unit)) return this.#scalar(unit);
    if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) this.#open.pop();
    if (unit === COMMA) this.#next();
    this.#at += 1;
    return undefined;
  }

  #next(): void {
    const level = this.#open.at(-1);
    if (level === undefined) return;
    if (level.kind === "object") level.expects_name = true;
    else level.member = Number(level.member) + 1;
  }

  #count(): string | undefined {
    this.#values += 1;
    return this.#values > MAX_VALUES ? `exceeds the limit of ${MAX_VALUES} values per body` : undefined;
  }

  #enter(kind: Level["kind"]): string | undefined {
    if (this.#open.length >= MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
    const full = this.#count();
    if (full !== undefined) return full;
    const object = kind === "object";
    this.#open.push({ kind, names: undefined, expects_name: object, member: object ? "" : 0 });
    this.#at += 1;
    return undefined;
  }

  #string(): string | undefined {
    const from = this.#at;
    const { escaped, unicode } = this.#skipString();
    const level = this.#open.at(-1);
    const is_name = level?.expects_name === true;
    if (!is_name) {
      const full = this.#count();
      if (full !== undefined || !unicode) return full;
      return errorOfText(decoded(this.#text.slice(from, this.#at)));
    }
    const raw = this.#text.slice(from + 1, this.#at - 1);
    return this.#name(level, escaped ? decoded(`"${raw}"`) : raw);
  }

  #name(level: Level, name: string): string | undefined {
    level.member = name;
    level.expects_name = false;
    if (name === "__proto__") return "is a reserved name";
    if (name.includes("\0") || !name.isWellFormed()) return "has a name with a NUL character or a lone surrogate";
    level.names ??= new Set();
    if (level.names.has(name)) return "is duplicated";
    level.names.add(name);
    return undefined;
  }

  /** Moves behind the text that begins here. A backslash always takes the character behind it along. */
  #skipString(): { readonly escaped: boolean; readonly unicode: boolean } {
    let escaped = false;
    let unicode = false;
    this.#at += 1;
    for (;;) {
      if (this.#quote < this.#at) this.#quote = this.#find('"');
      if (this.#backslash < this.#at) this.#backslash = this.#find("\\");
      if (this.#quote <= this.#backslash) break;
      escaped = true;
      unicode ||= this.#text[this.#backslash + 1] === "u";
      this.#at = this.#backslash + 2;
    }
    this.#at = Math.min(this.#quote + 1, this.#text.length);
    return { escaped, unicode };
  }

  #find(wanted: string): number {
    const found = this.#text.indexOf(wanted, this.#at);
    return found < 0 ? this.#text.length : found;
  }

  /** A number, true, false or null: all up to the next character that ends one. */
  #scalar(first: number): string | undefined {
    const from = this.#at;
    let exponent = false;
    let unit = first;
    while (unit > SPACE && !isDelimiter(unit)) {
      exponent ||= unit === 0x65 || unit === 0x45;
      this.#at += 1;
      if (this.#at >= this.#text.length) break;
      unit = this.#text.charCodeAt(this.#at);
    }
    const full = this.#count();
    const is_number = first === MINUS || (first >= 0x30 && first <= 0x39);
    if (full !== undefined || !is_number || (!exponent && this.#at - from <= SAFE_DIGITS)) return full;
    // Above it a double has no place for a fraction: however it was written, what is left is an integer that may be another.
    const magnitude = Math.abs(Number(this.#text.slice(from, this.#at)));
    if (magnitude <= Number.MAX_SAFE_INTEGER) return undefined;
    return "is a number with a magnitude above 2^53 - 1";
  }
}

/** What a text in quotes stands for. */
const decoded = (quoted: string): string => String(JSON.parse(quoted));

function errorOfText(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character";
  return text.isWellFormed() ? undefined : "contains a lone surrogate";
}
