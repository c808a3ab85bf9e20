import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

const MAX_FAULTS = 20;
const MAX_NAME_CHARS = 128;

/** Throws the 400 problem for query parameters that the operation does not know. */
export function requireKnownQuery(c: EdgeRequest, known: readonly string[] = []): void {
  const unknown = Object.keys(c.req.queries()).filter((name) => !known.includes(name));
  const [first, ...more] = unknown;
  if (first === undefined) return;
  const others = more.length > 0 ? ` (the first of ${unknown.length} in \`errors\`)` : "";
  throw new Problem("invalid-request", `There is no such query parameter: ${told(first)}${others}.`, {
    errors: unknown
      .slice(0, MAX_FAULTS)
      .map((name) => ({ parameter: told(name), detail: "is not a known query parameter" })),
  });
}

const told = (name: string): string => name.slice(0, MAX_NAME_CHARS).toWellFormed();
