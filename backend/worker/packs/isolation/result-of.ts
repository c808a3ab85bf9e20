import type { Attempt } from "./work-process.ts";

/** The result of work whose inputs or steps are limited so that it ends: a process without one is a bug. Throws for that. */
export function resultOf<Result>(attempt: Attempt<Result>, what: string): Result {
  if (attempt.kind === "ok") return attempt.result;
  throw new Error(`${what} ended without a result: ${attempt.reason}`);
}
