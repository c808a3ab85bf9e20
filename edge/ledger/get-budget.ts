import type { z } from "zod";
import { formatUsd, type Micros, micros } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { type Budget, findBudget } from "#core/store/ledger/find-budget.ts";
import { callerOf } from "../admission/authenticate.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { budgetView } from "./budget-schema.ts";
import { NO_QUERY, readQuery } from "../http/query.ts";
import { read } from "../admission/read.ts";
import type { ShieldDeps } from "../admission/shield.ts";

/** `GET /v1/budget`: what Postgres says, not the mirror. */
export function getBudget(deps: ShieldDeps): EdgeHandler {
  return async (c) => {
    const caller = callerOf(c);
    readQuery(c, NO_QUERY);
    const { rate, verdict } = await read(deps, caller, () => findBudget(deps.db, caller.key_sha256));
    if (rate !== undefined) c.set("rate", { policy: "read", state: rate });
    if (verdict instanceof Problem) throw verdict;
    if (verdict.kind !== "found") throw new Error("a budget was not found");
    return c.json(viewBudget(verdict.budget));
  };
}

export function viewBudget(budget: Budget): z.input<typeof budgetView> {
  return {
    granted_usd: formatUsd(budget.granted),
    charged_usd: formatUsd(budget.charged),
    reserved_usd: formatUsd(budget.reserved),
    available_usd: formatUsd(budget.available),
    open_runs: budget.open_runs,
    max_open_runs: budget.max_open_runs,
    key: budget.key_cap_micros === null ? null : keyBudget(budget.key_cap_micros, budget.key_committed_micros),
  };
}

function keyBudget(cap: Micros, committed: Micros): z.input<typeof budgetView>["key"] {
  return {
    cap_usd: formatUsd(cap),
    committed_usd: formatUsd(committed),
    available_usd: formatUsd(micros(Math.max(cap - committed, 0))),
  };
}
