import type { z } from "zod";
import type { PackOffer } from "#core/domain/pack.ts";
import { MAX_RESULT_BYTES } from "#core/domain/result.ts";
import { type Written, writeJson } from "#core/domain/written-json.ts";

export type ReadInputs = { readonly kind: "ok"; readonly inputs: unknown } | { readonly kind: "refused" };

/** What is done with a caller's inputs and with a pack's result; how long it takes depends on them. */
export interface JsonWork {
  /** Parses the text of a run's inputs and validates them. */
  read(offer: PackOffer, text: string): ReadInputs;
  /** Writes canonical JSON, of no more bytes than a result may have, of what fits a schema, if there is one. */
  write(value: unknown, schema?: z.ZodType): Written;
}

export const jsonWork: JsonWork = {
  read(offer, text) {
    const parsed = offer.inputs.safeParse(JSON.parse(text));
    return parsed.success ? { kind: "ok", inputs: parsed.data } : { kind: "refused" };
  },
  write(value, schema) {
    const bytes = writtenOf(value);
    if (bytes === undefined) return "not-json";
    if (bytes.byteLength > MAX_RESULT_BYTES) return "too-large";
    const issue = schema?.safeParse(value).error?.issues[0];
    return issue === undefined ? bytes : { mismatch: describe(issue) };
  },
};

function writtenOf(value: unknown): Uint8Array | undefined {
  try {
    return writeJson(value);
  } catch {
    return undefined;
  }
}

const MAX_DESCRIPTION_CHARS = 200;

/** For the log: the place and the rule, never the value. */
const describe = ({ path, code }: z.core.$ZodIssue): string =>
  `/${path.join("/")}: ${code}`.slice(0, MAX_DESCRIPTION_CHARS);
