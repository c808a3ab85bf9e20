import type { Scope } from "#core/domain/plan.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Limit } from "./denied-key-cache.ts";

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** The same words whatever is wrong with the key. */
export const unauthorized = () => new Problem("unauthorized");

export const rateLimited = (retry_after_ms: number) =>
  new Problem("rate-limited", undefined, { retry_after_s: seconds(retry_after_ms) });

/** Of a rate that is used up, as the isolate remembers it. */
export const stillLimited = (rate: Limit) =>
  new Problem("rate-limited", undefined, { retry_after_s: seconds(rate.state.retry_ms), rate });

export const scopeMissing = (scope: Scope) =>
  new Problem("scope-missing", `This API key lacks the scope "${scope}".`, { members: { scope } });

export const unavailable = () => new Problem("unavailable", undefined, { retry_after_s: 2 });

/** Nothing of the account is changed meanwhile. */
export const changesHalted = () =>
  new Problem("read-only", "The operator has halted the service. Nothing was changed.", {
    retry_after_s: 60,
  });
