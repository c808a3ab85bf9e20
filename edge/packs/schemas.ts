import { z } from "zod";
import { amount, packType, packVersion, usd } from "#core/domain/api-values.ts";

export const PACK_TYPE = /^[a-z][a-z0-9-]{0,62}$/;

const json = z.record(z.string(), z.unknown());
const seconds = (description: string, example: number) =>
  z
    .int()
    .min(0)
    .meta({ description, examples: [example] });

export const prices = z
  .record(
    z.string(),
    z.strictObject({
      unit_price_usd: usd.describe("What one unit costs, in USD."),
      per: z.string().meta({ description: "What one unit is.", examples: ["run"] }),
    }),
  )
  .meta({
    description:
      "By unit of work. A success costs the sum of its units; a max_cost_usd below the least that this can be is refused, and work that would cost more than max_cost_usd stops there and fails, COST_EXCEEDS_CAP.",
    examples: [
      {
        base: { unit_price_usd: "0.0020", per: "run" },
        hundred_kb: { unit_price_usd: "0.0010", per: "started 100 KB (100,000 bytes) of the decompressed body" },
      },
    ],
  });

const packExamples = z
  .array(
    z.strictObject({
      title: z.string().meta({ description: "What it shows, for people.", examples: ["The links of a page"] }),
      run: z
        .strictObject({
          pack_type: packType,
          inputs: json.meta({
            description: "What the pack works on.",
            examples: [{ url: "https://example.com/", format: "markdown" }],
          }),
          max_cost_usd: amount("What the run may cost at most, in USD: enough in any case.", "0.1020"),
        })
        .describe("A body that `POST /v1/runs` takes as it stands."),
    }),
  )
  .min(1)
  .describe("The first is the simplest; the others show what else there is.");

const limits = z.strictObject({
  max_cost_usd: z
    .strictObject({ minimum: amount("The least, in USD.", "0.0050"), maximum: amount("The most, in USD.", "5.0000") })
    .describe("What `max_cost_usd` may be; the maximum is the plan's, where the account has one."),
  timebox_sec: z
    .strictObject({
      minimum: seconds("The least, in seconds.", 1),
      maximum: seconds("The most, in seconds.", 900),
      default: seconds("What holds if the caller does not say, in seconds.", 90),
    })
    .describe("How long the work may take."),
  body_bytes: z
    .strictObject({
      maximum: z
        .int()
        .min(0)
        .meta({ description: "The most, in bytes.", examples: [262_144] }),
    })
    .describe("Of the whole body of a submit."),
});

export const packView = z.strictObject({
  pack_type: packType,
  pack_version: packVersion,
  title: z.string().meta({ description: "Its name, for people.", examples: ["URL"] }),
  summary: z.string().meta({
    description: "What it does.",
    examples: ["Fetches a public web page and returns what a reader would see."],
  }),
  in_plan: z.boolean().meta({
    description: "Whether the account's plan includes the pack; without that a submit is refused.",
    examples: [true],
  }),
  inputs: json.meta({
    description: "JSON Schema (2020-12) of the `inputs` of a run.",
    examples: [
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { url: { type: "string", maxLength: 2048 }, format: { enum: ["text", "markdown", "links"] } },
        required: ["url"],
        additionalProperties: false,
      },
    ],
  }),
  data: json.meta({
    description: "JSON Schema (2020-12) of the `data` of a result.",
    examples: [
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { words: { type: "integer", minimum: 0 } },
        required: ["words"],
        additionalProperties: false,
      },
    ],
  }),
  prices,
  limits: limits.describe("What a submit may ask for."),
  reliability: z.string().meta({
    description: "What the `reliability` of a result means, 0 to 1.",
    examples: ["1 when an article was found in the page; 0.5 when the whole body's text was returned."],
  }),
  examples: packExamples,
});

export const packList = z.strictObject({ packs: z.array(packView).describe("The catalogue.") });

/** By their names in the document. */
export const SCHEMAS = { PackList: packList, Pack: packView };
