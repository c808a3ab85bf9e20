import { z } from "zod";
import { catalog } from "#core/domain/packs/catalog.ts";
import { packList } from "../../packs/schemas.ts";
import { readPacks } from "../../packs/list-packs.ts";
import { parseArguments, jsonSchema } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { READS, type Tool } from "../tool.ts";

const input = z.strictObject({
  pack_type: z
    .string()
    .refine((type) => catalog.has(type), `is not a known pack; there are: ${[...catalog.keys()].join(", ")}`)
    .optional()
    .describe("Only this pack; all of them if left out."),
});

export const listPacks: Tool = {
  name: "list_packs",
  title: "List the packs",
  description:
    "What can be bought: each pack with what it does, whether the account's plan includes it, its price list and limits, the JSON Schema of its inputs and an order that submit_run takes as it stands. Costs nothing.",
  input: () => jsonSchema(input, "input"),
  output: packList,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { pack_type: only } = await parseArguments(ctx, input, given);
    const packs = await readPacks(gateFor(ctx, "read"), ctx.deps);
    return { structure: { packs: packs.filter(({ pack_type }) => only === undefined || pack_type === only) } };
  },
};
