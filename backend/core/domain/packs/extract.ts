import { z } from "zod";
import { recordUpTo, textUpTo } from "../bounded.ts";
import { type Micros, micros } from "../money.ts";
import type { Estimate, PackOffer, Units } from "../pack.ts";
import { MAX_ADDRESS_CHARS, webAddress } from "../web-address.ts";
import { jsonSize } from "./eval-measure.ts";
import { EXTRACT_LIMITS } from "./extract-limits.ts";
import { extractionMessages } from "./extract-prompt.ts";
import {
  jsonBytes,
  kilotokens,
  leastAnswerTokens,
  MODEL_LIMITS,
  MODEL_PRICE,
  mostTokens,
  promptTokens,
  tokensWithin,
} from "./model.ts";
import { URL_LIMITS, urlUnits } from "./url.ts";

const { max_text_chars, max_schema_chars, max_schema_nodes, max_schema_depth } = EXTRACT_LIMITS;

const fields = z.strictObject({
  text: textUpTo(max_text_chars)
    .regex(/\S/, "must not be empty or only white space")
    .optional()
    .describe("What to extract from. This or `url`."),
  url: webAddress
    .optional()
    .describe(
      "Where a page, PDF or DOCX is that the pack `url` can read: what it reads is extracted from. This or `text`.",
    ),
  schema: recordUpTo(max_schema_nodes, z.string(), z.unknown()).describe(
    "JSON Schema of what is wanted: draft 2020-12, or 2019-09, -07, -06 or -04 where `$schema` says so. `format` asserts; " +
      "references within the schema only; patterns are RE2's. `title` and `description` tell the model what is meant.",
  ),
  instructions: textUpTo(EXTRACT_LIMITS.max_instructions_chars)
    .optional()
    .describe("What the schema does not say: which of several, in which unit or language."),
});

/** Keywords of which one at least says what is wanted; a schema without them takes any answer. */
const WANTING: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "items",
  "prefixItems",
  "enum",
  "const",
  "allOf",
  "anyOf",
  "oneOf",
  "$ref",
]);

/** What is wrong with the form of a schema; whether it is a valid schema is found by the work. */
function schemaFault(schema: unknown): string | undefined {
  const { nodes, depth } = jsonSize(schema);
  if (nodes > max_schema_nodes) return `must be a schema of at most ${max_schema_nodes} values`;
  if (depth > max_schema_depth) return `must be a schema nested in at most ${max_schema_depth} levels`;
  if (JSON.stringify(schema).length > max_schema_chars)
    return `must be a schema of at most ${max_schema_chars} characters of JSON`;
  const isMeant =
    typeof schema === "object" && schema !== null && Object.keys(schema).some((name) => WANTING.has(name));
  return isMeant ? undefined : `must say what is wanted, by one of ${[...WANTING].join(", ")}`;
}

const inputs = fields
  .superRefine((value, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    const given = [value.text, value.url].filter((source) => source !== undefined).length;
    if (given === 0) refuse("text", "is required, or url");
    if (given === 2) refuse("url", "must not be given beside text");
    const fault = schemaFault(value.schema);
    if (fault !== undefined) refuse("schema", fault);
  })
  .describe("What the pack works on: a schema, and exactly one of `text` and `url`.");

export type ExtractInputs = z.output<typeof inputs>;

const label = z.string().max(URL_LIMITS.max_label_chars);
const chars = z.int().min(0).max(max_text_chars).describe("How many characters of it the model read.");
const truncated = z.boolean().describe("Whether there was more, which was not read.");

const data = z.strictObject({
  value: z.unknown().meta({
    description: "What was extracted: JSON that is valid by the schema of the inputs.",
    examples: [{ invoice: "2043", seller: "Paper & Sons Ltd", total: 117.6 }],
  }),
  source: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("text").describe("The text of the inputs."), chars, truncated }),
      z.strictObject({
        kind: z.literal("page").describe("What was fetched."),
        chars,
        truncated,
        final_url: z.string().max(MAX_ADDRESS_CHARS).describe("Where it was in the end, after redirects."),
        title: label.nullable().describe("Its title, or null."),
        content_type: z.string().max(255).describe("Media type of the body, without parameters."),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe("SHA-256 of the decompressed body, in hex."),
        bytes: z.int().min(0).describe("Size of the decompressed body."),
      }),
    ])
    .describe("What it was extracted from."),
  grounding: z
    .strictObject({
      values: z.int().min(0).max(EXTRACT_LIMITS.max_sought).describe("How many texts and numbers were looked for."),
      found: z
        .int()
        .min(0)
        .max(EXTRACT_LIMITS.max_sought)
        .describe("How many of them stand in the source as they are."),
      missing: z
        .array(z.string().max(URL_LIMITS.max_label_chars))
        .max(EXTRACT_LIMITS.max_missing)
        .describe(`JSON Pointers into \`value\` to the first ${EXTRACT_LIMITS.max_missing} that do not.`),
    })
    .describe(
      "Which texts and numbers of the value stand in the source, case, white space and the way to write numbers aside. One " +
        "that does not was derived or converted, or made up. Texts that the schema itself lists are not looked for.",
    ),
  model: z.string().max(MODEL_LIMITS.max_name_chars).describe("The model."),
  tries: z.int().min(1).max(MODEL_LIMITS.tries).describe("How often it was asked."),
  tokens: z.int().min(0).describe("Tokens that it counted, prompt and answer, in all tries; 0 where it does not say."),
});

export type ExtractData = z.output<typeof data>;

/** Units of an extraction; `bytes` of what was fetched, where something was. */
export const extractUnits = (bytes: number | undefined, tokens: number): Units => ({
  base: 1,
  ...(bytes === undefined ? {} : { hundred_kb: urlUnits(bytes).hundred_kb }),
  model_kilotoken: kilotokens(tokens),
});

/** How many tokens of a model the cap covers beside what was fetched. */
export const extractTokensWithin = (cap: Micros, bytes: number | undefined): number =>
  tokensWithin(extractOffer.prices, cap, extractUnits(bytes, 0));

/** Of a text whose size is not known: a UTF-16 unit takes at most three bytes. */
const MOST_FETCHED_BYTES = 3 * max_text_chars;

function estimateOf(inputs: ExtractInputs): Estimate {
  const { max_answer_tokens } = EXTRACT_LIMITS;
  const fetched = inputs.text === undefined;
  const prompt = extractionMessages(inputs, inputs.text ?? "");
  const least = promptTokens(prompt) + leastAnswerTokens(max_answer_tokens);
  // The schema is told twice: to the model, and to an endpoint that takes it.
  const bytes = jsonBytes(prompt) + jsonBytes(inputs.schema) + (fetched ? MOST_FETCHED_BYTES : 0);
  return {
    exact: false,
    units: extractUnits(fetched ? 0 : undefined, least),
    likely: { model_kilotoken: kilotokens(least) },
    most_units: extractUnits(fetched ? URL_LIMITS.max_body_bytes : undefined, mostTokens(bytes, max_answer_tokens)),
    needs_model: true,
  };
}

export const extractOffer: PackOffer<ExtractInputs> = {
  type: "extract",
  version: "1.1.0",
  title: "Extract",
  summary:
    "Takes out of a text, page or document what a JSON Schema asks for: JSON that is valid by it, by a model, which is told what is " +
    "wrong with an answer that is not, and says which values stand in the source as they are. The text is data to the model: " +
    "whatever it says, the result is JSON valid by the schema, or none. About 4 bytes of text are a token. A service without a model " +
    "refuses it.",
  inputs,
  data,
  prices: {
    base: { unit_micros: micros(10_000), per: "run" },
    hundred_kb: {
      unit_micros: micros(1_000),
      per: "started 100 KB (100,000 bytes) of the decompressed body of a `url`",
    },
    model_kilotoken: MODEL_PRICE,
  },
  reliability:
    "Share of the texts and numbers of the value that stand in the source as they are, 1 where there are none; half of that where " +
    "the source was cut short (`truncated`). It does not say that they are the right ones.",
  examples: [
    {
      title: "An invoice",
      inputs: {
        text: "Invoice: 2043, 5 May 2026\nSeller: Paper & Sons Ltd\n24 reams of paper at $4.90 each\nTotal: $117.60",
        schema: {
          type: "object",
          properties: {
            invoice: { type: "string", description: "Its number." },
            seller: { type: "string" },
            total: { type: "number", description: "In dollars." },
          },
          required: ["invoice", "seller", "total"],
          additionalProperties: false,
        },
      },
    },
    {
      title: "A list, with enumerations and instructions",
      inputs: {
        text: "Standup: Ada ships the importer by Friday. Grace is blocked by the VPN. Linus: nothing new.",
        instructions: "One entry per person, in the order of the text.",
        schema: {
          type: "object",
          properties: {
            people: {
              type: "array",
              items: {
                type: "object",
                properties: {
                  name: { type: "string" },
                  state: { enum: ["working", "blocked", "idle"] },
                  note: { type: "string" },
                },
                required: ["name", "state"],
                additionalProperties: false,
              },
            },
          },
          required: ["people"],
          additionalProperties: false,
        },
      },
    },
    {
      title: "What a page says",
      inputs: {
        url: "https://example.com/",
        schema: {
          type: "object",
          properties: { title: { type: "string" }, topic: { type: "string" } },
          required: ["title"],
        },
      },
    },
  ],
  estimate: estimateOf,
};
