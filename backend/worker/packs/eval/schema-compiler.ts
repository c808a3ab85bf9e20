import { Ajv, type CodeOptions, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { COMPILING_CHARS, EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import type { Meter } from "./meter.ts";
import { METER_KEYWORD, meteredSchema, schemaInvalid } from "./metered-schema.ts";
import { compilePattern, type Pattern } from "./regex.ts";
import { Rejected } from "./rejected.ts";
import { type Draft, draftOf } from "./schema-keywords.ts";

/** Where schemas have their names for Ajv; nothing is ever fetched. */
const NAMES = "https://schema.invalid/";
/** So many characters or members of a value are one step of the meter. */
const SIZE_PER_STEP = 16;
/** So many instructions x characters of a pattern are one step of the meter. */
const MATCHING_PER_STEP = 8;

function sizeSteps(value: unknown): number {
  if (typeof value === "string") return value.length / SIZE_PER_STEP;
  return typeof value === "object" && value !== null ? Object.keys(value).length / SIZE_PER_STEP : 0;
}

/** A JSON text that is the same for equal values. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Ajv's own compares every pair; this reads each item once. */
function isUnique(items: readonly unknown[], meter: Meter): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = sortedText(item);
    meter.spend(1 + text.length / SIZE_PER_STEP);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

function patternEngine(patterns: Map<string, Pattern>, meter: Meter): NonNullable<CodeOptions["regExp"]> {
  const engine = (pattern: string) => {
    const { re, size } = patterns.get(pattern) ?? compilePattern(pattern, 0, "");
    return {
      test(text: string) {
        meter.spend((size * (text.length + 1)) / MATCHING_PER_STEP);
        return re.test(text);
      },
      // Ajv caches patterns by this name.
      toString: () => pattern,
    };
  };
  return Object.assign(engine, { code: "re2" });
}

function createAjv(draft: Draft, patterns: Map<string, Pattern>, meter: Meter): Ajv {
  const options: Options = {
    strict: false,
    validateFormats: false,
    // Else a required "constructor" would be found in every object.
    ownProperties: true,
    // 19.99 is a multiple of 0.01.
    multipleOfPrecision: 9,
    logger: false,
    validateSchema: false,
    // The optimizer's time grows with the square of a schema.
    code: { regExp: patternEngine(patterns, meter), optimize: false },
  };
  const ajv: Ajv = draft === "draft-07" ? new Ajv(options) : new Ajv2020(options);
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || isUnique(items, meter),
  });
  ajv.addKeyword({
    keyword: METER_KEYWORD,
    schemaType: "number",
    // Of all keywords that may call another schema, this is the first.
    before: "$ref",
    valid: true,
    validate: (cost: number, value: unknown) => {
      meter.spend(cost + sizeSteps(value));
      return true;
    },
  });
  return ajv;
}

export type CompileSchema = (schema: unknown, pointer: string) => ValidateFunction;

/** Compiles schemas, equal ones once. Throws `Rejected` for one that is invalid or not supported. */
export function createSchemaCompiler(meter: Meter): CompileSchema {
  const patterns = new Map<string, Pattern>();
  const validators = new Map<Draft, Ajv>();
  const compiled = new Map<string, ValidateFunction>();
  const ajvOf = (draft: Draft): Ajv => {
    const ajv = validators.get(draft) ?? createAjv(draft, patterns, meter);
    validators.set(draft, ajv);
    return ajv;
  };

  function compile(schema: unknown, pointer: string): ValidateFunction {
    const dialect = typeof schema === "object" && schema !== null && "$schema" in schema ? schema.$schema : undefined;
    const draft = draftOf(dialect);
    if (draft === undefined) throw schemaInvalid(`${pointer}/$schema`, "must be draft 2020-12 or draft-07, or absent");
    const ajv = ajvOf(draft);
    if (ajv.validateSchema(Object(schema) === schema ? { ...Object(schema), $schema: undefined } : schema) !== true) {
      const [fault] = ajv.errors ?? [];
      throw schemaInvalid(pointer + (fault?.instancePath ?? ""), fault?.message ?? "is no schema");
    }
    let instructions = 0;
    const metered = meteredSchema(schema, draft, pointer, (pattern, where) => {
      const known = patterns.get(pattern) ?? compilePattern(pattern, 0, where);
      if (!patterns.has(pattern)) meter.spend((known.size * COMPILING_CHARS) / MATCHING_PER_STEP);
      patterns.set(pattern, known);
      instructions += known.size;
      if (instructions > EVAL_LIMITS.max_pattern_instructions) {
        throw schemaInvalid(where, "repeats too much, with the patterns before it");
      }
    });
    try {
      // Ajv resolves references by the name of their schema.
      return ajv.compile(typeof metered === "boolean" ? metered : { ...metered, $id: `${NAMES}${compiled.size}` });
    } catch (error) {
      if (error instanceof Rejected) throw error;
      throw schemaInvalid(pointer, "cannot be compiled");
    }
  }

  return (schema, pointer) => {
    meter.begin(pointer);
    const text = JSON.stringify(schema);
    const validate = compiled.get(text) ?? compile(schema, pointer);
    compiled.set(text, validate);
    return validate;
  };
}
