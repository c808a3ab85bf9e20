import { z } from "zod";
import { findBudget } from "#core/store/ledger/find-budget.ts";
import { budgetView } from "../../ledger/budget-schema.ts";
import { read } from "../../admission/read.ts";
import { viewBudget } from "../../ledger/get-budget.ts";
import { fitArguments, jsonSchema } from "../arguments.ts";
import { settled } from "../context.ts";
import { READS, type Tool } from "../tool.ts";

const nothing = z.strictObject({});

export const getBudget: Tool = {
  name: "get_budget",
  title: "Read the budget",
  description:
    "What the account was granted, was charged, holds for open runs and has available, in USD, and the API key's own budget where it has one. A run can be submitted while its max_cost_usd is available. Costs nothing.",
  input: () => jsonSchema(nothing, "input"),
  output: budgetView,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    await fitArguments(ctx, nothing, given);
    const { deps, caller } = ctx;
    const found = settled(ctx, "read", await read(deps, caller, () => findBudget(deps.db, caller.key_sha256)));
    if (found.kind !== "found") throw new Error("a budget was not found");
    return { structure: viewBudget(found.budget) };
  },
};
