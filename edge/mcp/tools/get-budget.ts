import { z } from "zod";
import { budgetView } from "../../ledger/schemas.ts";
import { readBudget } from "../../ledger/get-budget.ts";
import { parseArguments, jsonSchema } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { READS, type Tool } from "../tool.ts";

const nothing = z.strictObject({});

export const getBudget: Tool = {
  name: "get_budget",
  title: "Read the budget",
  description:
    "What the account was granted, was charged, has reserved for open runs and has available, in USD, and the API key's own budget where it has one. Costs nothing.",
  input: () => jsonSchema(nothing, "input"),
  output: budgetView.omit({ key: true }).loose(),
  annotations: READS,
  long: false,
  async call(ctx, given) {
    await parseArguments(ctx, nothing, given);
    return { structure: await readBudget(gateFor(ctx, "read"), ctx.deps) };
  },
};
