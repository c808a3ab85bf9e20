import { formatUsd, type Micros } from "#core/domain/money.ts";
import type { PriceRange } from "#core/domain/pack.ts";
import type { Scope } from "#core/domain/plan.ts";
import { Problem } from "#core/domain/problem.ts";
import type { RunStatus } from "#core/domain/run.ts";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import type { Limit } from "./denied-key-cache.ts";

/** How long a submit whose outcome is unknown may still come true, and how far our clocks may be apart. */
export const SUBMIT_DEADLINE_MS = 10_000;
const CLOCK_SKEW_MS = 5_000;

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** The same words whatever is wrong with the key. */
export const unauthorized = () => new Problem("unauthorized");

export const rateLimited = (retry_after_ms: number) =>
  new Problem("rate-limited", undefined, { retry_after_s: seconds(retry_after_ms) });

/** Of a rate that is used up, as the isolate remembers it. */
export const stillLimited = (rate: Limit) =>
  new Problem("rate-limited", undefined, { retry_after_s: seconds(rate.state.reset_ms), rate });

export const tooManyStreams = () =>
  new Problem("rate-limited", "As many streams are open here, for this API key or in all, as may be.", {
    retry_after_s: 5,
  });

export const scopeMissing = (scope: Scope) => new Problem("scope-missing", `This API key lacks the scope "${scope}".`);

export const packNotInPlan = (pack_type: string) =>
  new Problem(
    "pack-not-in-plan",
    `This account's plan does not include the pack "${pack_type}" (an account without a plan includes none).`,
  );

export const costOverPlanLimit = (limit?: Micros) =>
  limit === undefined
    ? new Problem("cost-over-plan-limit")
    : new Problem("cost-over-plan-limit", `The plan lets one run cost ${formatUsd(limit)} USD at most.`, {
        members: { limit_usd: formatUsd(limit) },
      });

export const tooManyOpenRuns = () => new Problem("too-many-open-runs", undefined, { retry_after_s: 5 });

export function budgetExceeded(requested: Micros, available: Micros, whose: "tenant" | "key"): Problem {
  const figures = { requested_usd: formatUsd(requested), available_usd: formatUsd(available) };
  const budget = whose === "key" ? "this API key's own budget" : "the account's budget";
  return new Problem(
    "budget-exceeded",
    `The run would reserve ${figures.requested_usd} USD; ${budget} has ${figures.available_usd} USD available.`,
    { members: figures },
  );
}

/** Undefined: what the run may cost at most covers the least that a success costs. */
export function maxCostBelowPrice(reserve: Micros, { least, most }: PriceRange): Problem | undefined {
  if (reserve >= least) return undefined;
  const figures = { price_usd: formatUsd(least), max_cost_usd: formatUsd(reserve) };
  const costs = least === most ? "costs" : "costs at least";
  return new Problem(
    "max-cost-below-price",
    `A success of this run ${costs} ${figures.price_usd} USD; its max_cost_usd is ${figures.max_cost_usd}.`,
    { members: figures },
  );
}

export const idempotencyConflict = () => new Problem("idempotency-conflict");

/** The run may yet come to exist, until its deadline has passed on every clock. */
export const outcomeUnknown = () =>
  new Problem("unavailable", undefined, { retry_after_s: seconds(SUBMIT_DEADLINE_MS + CLOCK_SKEW_MS) });

export const unavailable = () => new Problem("unavailable", undefined, { retry_after_s: 2 });

export const noSuchRun = () => new Problem("not-found", "There is no such run.");

export const alreadyTerminal = (status: RunStatus) =>
  new Problem("run-already-terminal", `The run is ${status}; it can no longer be canceled.`);

export const underAudit = () => new Problem("run-under-audit");

export const halted = () =>
  new Problem("read-only", "The operator has halted the service for the moment; the run is as it was.", {
    retry_after_s: 60,
  });

export const readOnly = () => new Problem("read-only", undefined, { retry_after_s: 60 });

export const signsNoReceipts = () =>
  new Problem("unavailable", "This deployment has no key to sign receipts with; its operator can set one.", {
    retry_after_s: 60,
  });

export const noSuchKey = () => new Problem("not-found", "There is no such API key.");

export const expiryPast = () =>
  new Problem("invalid-request", "The key would be expired from the start.", {
    errors: [{ pointer: "/expires_at", detail: "must be a time to come" }],
  });

export const tooManyKeys = () =>
  new Problem("too-many-keys", "The account has 100 API keys that are not revoked, the most there may be.");

export const tooManyNewKeys = () =>
  new Problem("too-many-keys", "The account has made 1000 API keys within a day, the most there may be.");

export const tooManyNewWebhooks = () =>
  new Problem(
    "too-many-webhooks",
    `The account has made ${WEBHOOK_LIMITS.max_new_endpoints_a_day} webhooks within 24 hours, the most there may be: wait until the first of them is a day old.`,
  );

export const tooManyDeliveries = (retry_after_s: number) =>
  new Problem(
    "rate-limited",
    `In this hour (UTC) the account has had ${WEBHOOK_LIMITS.max_unpaid_per_hour} webhook deliveries that cost nothing, those asked for again among them: the most there may be.`,
    { retry_after_s },
  );

const EXCESS = {
  "over-mode": "A test key makes and rotates test keys alone.",
  "over-scopes": "The key would have a scope that the key which asks lacks.",
  "over-expiry": "The key would live longer than the key which asks.",
  "over-rate":
    "The key would have a faster rate than the key which asks, or one that does not count together with that key's.",
  "over-makers": "The key would count against the rates of five keys that made one another; four are the most.",
  "over-cap": "A key with a spending cap of its own makes no keys, and rotates only itself.",
} as const;

export const privilegeExceeded = (excess: keyof typeof EXCESS) => new Problem("privilege-exceeded", EXCESS[excess]);

export const noSuchWebhook = () => new Problem("not-found", "There is no such webhook.");

export const noSuchDelivery = () => new Problem("not-found", "There is no such delivery.");

/** Nothing of the account is changed meanwhile. */
export const changesHalted = () =>
  new Problem("read-only", "The operator has halted the service for the moment; nothing was changed.", {
    retry_after_s: 60,
  });
