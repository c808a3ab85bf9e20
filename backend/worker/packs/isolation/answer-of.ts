import type { Attempt } from "./work-process.ts";

/** The answer of work whose inputs bound what it takes: a process that ends without one is a bug. Throws for that. */
export function answerOf<Answer>(attempt: Attempt<Answer>, what: string): Answer {
  if (attempt.kind === "ok") return attempt.answer;
  throw new Error(`${what} ended without an answer: ${attempt.fault}`);
}
