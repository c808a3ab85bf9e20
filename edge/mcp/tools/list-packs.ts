import { z } from "zod";
import { catalog } from "#core/domain/packs/catalog.ts";
import { packView } from "../../packs/schemas.ts";
import type { PackView } from "../../packs/view.ts";
import { readPacks } from "../../packs/list-packs.ts";
import { parseArguments, jsonSchema } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { READS, type Tool } from "../tool.ts";

const input = z.strictObject({
  pack_type: z
    .string()
    .refine((type) => catalog.has(type), `is not a known pack; there are: ${[...catalog.keys()].join(", ")}`)
    .optional()
    .describe("Only this pack, with its schemas."),
});

/** All schemas and examples together are longer than many a model's attention; one pack is asked for by its name. */
const inShort = ({ inputs: _inputs, data: _data, examples, ...pack }: PackView) => ({
  ...pack,
  examples: examples.slice(0, 1),
});

const output = z.object({
  packs: z.array(packView.pick({ pack_type: true, in_plan: true, summary: true }).loose()),
});

export const listPacks: Tool = {
  name: "list_packs",
  title: "List the packs",
  description:
    "What can be bought: what each pack does, its prices and limits, whether the account's plan includes it, and an example whose `run` submit_run takes as it stands. With pack_type also more examples, and the full JSON Schemas of its inputs and its data. Costs nothing.",
  input: () => jsonSchema(input, "input"),
  output,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { pack_type: only } = await parseArguments(ctx, input, given);
    const packs = await readPacks(gateFor(ctx, "read"), ctx.deps);
    const chosen = only === undefined ? packs.map(inShort) : packs.filter(({ pack_type }) => pack_type === only);
    return { structure: { packs: chosen } satisfies z.input<typeof output> };
  },
};
