import type { z } from "zod";
import { formatUsd, type Micros, micros } from "#core/domain/money.ts";
import type { Budget } from "#core/store/ledger/find-budget.ts";
import type { budgetView } from "./schemas.ts";

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
