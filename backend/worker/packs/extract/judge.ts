import type { ExtractData } from "#core/domain/packs/extract.ts";
import { EXTRACT_LIMITS } from "#core/domain/packs/extract-limits.ts";
import { jsonSize } from "#core/domain/packs/eval-measure.ts";
import { z } from "zod";
import { createMeter } from "../eval/meter.ts";
import { Rejected } from "../eval/rejected.ts";
import { createSchemaCompiler } from "../eval/schema-compiler.ts";
import type { SchemaEvaluator } from "../eval/schema-evaluator.ts";
import { type AnswerText, answeredJson, type Verdict, verdictOn } from "../model/completion.ts";
import { cut } from "../page/decode-text.ts";
import { groundingOf } from "./grounding.ts";

export interface Source {
  readonly text: string;
  readonly about: ExtractData["source"];
}

export type Extracted = Pick<ExtractData, "value" | "grounding">;

/** What is left to a process, for it grows with what a caller, a page or a model wrote. */
export type Errand =
  | { readonly kind: "schema"; readonly schema: object }
  /** What the pack `url` wrote of a page. */
  | { readonly kind: "page"; readonly written: Uint8Array }
  | { readonly kind: "answer"; readonly schema: object; readonly source: string; readonly answer: AnswerText };

export type Errands = {
  readonly schema: { readonly kind: "valid" };
  readonly page:
    | { readonly kind: "source"; readonly source: Source }
    | { readonly kind: "no_text"; readonly needs: "scripts" | "ocr" | undefined };
  readonly answer: { readonly kind: "verdict"; readonly verdict: Verdict<Extracted> };
};

interface Refused {
  readonly kind: "rejected";
  readonly reason_code: string;
  readonly detail: string;
}
export type Judged = Errands[keyof Errands] | Refused;

const POINTER = "/inputs/schema";
/** Steps of checking one answer: some tenths of a second. */
const STEPS = { max_case_steps: 1_000_000, max_run_steps: 1_000_000 };

function compiled(schema: object) {
  const meter = createMeter(STEPS);
  return { meter, evaluator: createSchemaCompiler(meter, true)(schema, POINTER) };
}

/** What the pack `url` says of a page as Markdown, and is used here. */
const readPage = z.object({
  markdown: z.string(),
  needs_scripts: z.boolean(),
  needs_ocr: z.boolean().optional(),
  truncated: z.boolean(),
  final_url: z.string(),
  title: z.string().nullable(),
  content_type: z.string(),
  sha256: z.string(),
  bytes: z.int(),
});

function sourceOf(written: Uint8Array): Errands["page"] {
  const page = readPage.parse(JSON.parse(new TextDecoder().decode(written)));
  const { markdown, final_url, title, content_type, sha256, bytes } = page;
  if (page.needs_scripts) return { kind: "no_text", needs: "scripts" };
  if (markdown.trim() === "") return { kind: "no_text", needs: page.needs_ocr === true ? "ocr" : undefined };
  const text = cut(markdown, EXTRACT_LIMITS.max_text_chars);
  const truncated = page.truncated || text.length < markdown.length;
  const about = { kind: "page" as const, chars: text.length, truncated, final_url, title, content_type, sha256, bytes };
  return { kind: "source", source: { text, about } };
}

/** What JSON readers would not read as it was written, wherever it stands; undefined where there is nothing of the kind. */
function unportable(value: unknown): string | undefined {
  if (typeof value === "string" && !value.isWellFormed()) return "a text has half a character in it";
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return "a number is above 2^53 - 1, which JSON readers round: only a text can hold it";
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const fault = unportable(name) ?? unportable(member);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function schemaError(evaluator: SchemaEvaluator, value: unknown): string | undefined {
  const error = evaluator.errorOf(value);
  if (error === undefined) return undefined;
  return `${error.instance === "" ? "the whole" : error.instance} is invalid by ${error.keyword} of the schema`;
}

function verdictOf({ schema, source, answer }: Extract<Errand, { kind: "answer" }>): Verdict<Extracted> {
  const { evaluator, meter } = compiled(schema);
  meter.begin(POINTER);
  return verdictOn<Extracted>(answer, (content) => {
    const value = answeredJson(content);
    if (value === undefined) return { errors: "it is not JSON" };
    const { max_value_depth } = EXTRACT_LIMITS;
    if (jsonSize(value).depth > max_value_depth) return { errors: `it is nested in over ${max_value_depth} levels` };
    const errors = unportable(value) ?? schemaError(evaluator, value);
    return errors === undefined ? { answer: { value, grounding: groundingOf(value, schema, source) } } : { errors };
  });
}

function judgedOf(errand: Errand): Judged {
  switch (errand.kind) {
    case "schema":
      compiled(errand.schema);
      return { kind: "valid" };
    case "page":
      return sourceOf(errand.written);
    case "answer":
      return { kind: "verdict", verdict: verdictOf(errand) };
  }
}

/** Does an errand. Pure; it may take tenths of a second of a processor. */
export function judge(errand: Errand): Judged {
  try {
    return judgedOf(errand);
  } catch (error) {
    if (error instanceof Rejected) return { kind: "rejected", reason_code: error.reason_code, detail: error.detail };
    // A reference that unfolds without end may fill the stack before the meter is full.
    if (errand.kind === "answer" && error instanceof RangeError)
      return {
        kind: "rejected",
        reason_code: "SCHEMA_TOO_COSTLY",
        detail: `${POINTER}: checking the answer takes too much.`,
      };
    throw error;
  }
}
