import type { Meter } from "./meter.ts";
import type { Pattern } from "./regex.ts";
import { SchemaEvaluator } from "./schema-evaluator.ts";

export type CompileSchema = (schema: unknown, pointer: string) => SchemaEvaluator;

/** Compiles schemas, equal ones once. Throws `Rejected` for one that is invalid or leads out of itself. */
export function createSchemaCompiler(meter: Meter, assertsFormats: boolean): CompileSchema {
  const patterns = new Map<string, Pattern>();
  const compiled = new Map<string, SchemaEvaluator>();
  return (schema, pointer) => {
    meter.begin(pointer);
    const text = JSON.stringify(schema);
    const evaluator = compiled.get(text) ?? new SchemaEvaluator(schema, pointer, meter, patterns, assertsFormats);
    compiled.set(text, evaluator);
    return evaluator;
  };
}
