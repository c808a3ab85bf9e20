import type { Attempt } from "./work-process.ts";

/** The result of work whose inputs bound what it takes: a process that ends without one is a bug. Throws for that. */
export function resultOf<Result>(attempt: Attempt<Result>, what: string): Result {
  if (attempt.kind === "ok") return attempt.result;
  throw new Error(`${what} ended without a result: ${attempt.reason}`);
}
