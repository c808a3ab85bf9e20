import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

const compiled = new Map<string, ValidateFunction>();

/** The judge of a schema, which is compiled once: tools and packs are listed with the same ones again and again. */
export function judgeOf(schema: object | boolean): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const judge = new Ajv2020({ strict: false, validateFormats: false, allowUnionTypes: true }).compile(schema);
  compiled.set(text, judge);
  return judge;
}
