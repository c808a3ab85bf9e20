import { budgetView } from "../../ledger/budget-schema.ts";
import { RATE } from "../../openapi/components.ts";
import { response, type Resource, READ } from "../../openapi/describe.ts";
import { problems } from "../../openapi/problems.ts";

const getBudget = {
  operationId: "getBudget",
  "x-scope": "read",
  tags: ["budget"],
  summary: "Read the budget",
  description: "The account's balance, to the micro, and the API key's own budget where it has one.",
  responses: { 200: response("The budget.", "Budget", RATE), ...problems("invalid-request", ...READ) },
};

export const budget: Resource = {
  tag: { name: "budget", description: "What the account has, holds and was charged." },
  paths: { "/v1/budget": { get: getBudget } },
  answers: { Budget: budgetView },
};
