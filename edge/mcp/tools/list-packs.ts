import { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { usd } from "../../docs/answers/figures.ts";
import { exampleRun, inputsSchema } from "../../docs/request-schemas.ts";
import { fitArguments, jsonSchema } from "../arguments.ts";
import { knownCaller } from "../conversation.ts";
import { READS, type Tool } from "../tool.ts";

const input = z.strictObject({
  pack_type: z
    .string()
    .refine((type) => catalog.has(type), `is not a known pack; there are: ${[...catalog.keys()].join(", ")}`)
    .optional()
    .describe("Only this pack; all of them if left out."),
});

const output = z.strictObject({
  packs: z.array(
    z.strictObject({
      pack_type: z.string(),
      version: z.string(),
      title: z.string(),
      summary: z.string(),
      prices: z.record(z.string(), z.strictObject({ usd, per: z.string() })).describe("By unit; a run costs the sum."),
      reliability: z.string().describe("What the reliability of a result means."),
      inputs: z.record(z.string(), z.unknown()).describe("JSON Schema 2020-12 of the inputs."),
      example: z
        .strictObject({ pack_type: z.string(), inputs: z.record(z.string(), z.unknown()), max_cost_usd: usd })
        .describe("What submit_run takes as it stands, with an idempotency_key."),
    }),
  ),
});

export const listPacks: Tool = {
  name: "list_packs",
  title: "List the packs",
  description:
    "What can be bought: each pack with what it does, its price list, the JSON Schema of its inputs and an example. A plan may leave packs out; estimate_run tells. Costs nothing.",
  input: () => jsonSchema(input, "input"),
  output,
  annotations: READS,
  long: false,
  async call(talk, given) {
    const { pack_type } = await fitArguments(talk, input, given);
    await knownCaller(talk);
    const types = [...catalog.keys()].filter((type) => pack_type === undefined || type === pack_type);
    return { structure: { packs: types.flatMap(packOf) } satisfies z.input<typeof output> };
  },
};

function packOf(type: string): z.input<typeof output>["packs"] {
  const offer = catalog.get(type);
  if (offer === undefined) return [];
  const prices = Object.entries(offer.prices).map(([unit, { unit_micros, per }]) => {
    return [unit, { usd: formatUsd(unit_micros), per }] as const;
  });
  return [
    {
      pack_type: type,
      version: offer.version,
      title: offer.title,
      summary: offer.summary,
      prices: Object.fromEntries(prices),
      reliability: offer.reliability,
      inputs: inputsSchema(type),
      example: exampleRun(offer),
    },
  ];
}
