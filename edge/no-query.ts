import { Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

const MAX_FAULTS = 20;

/** Throws the 400 problem that names every query parameter, where the operation takes none. */
export function takeNoQuery(c: EdgeRequest): void {
  const names = Object.keys(c.req.queries());
  if (names.length === 0) return;
  throw new Problem("invalid-request", "This operation takes no query parameter.", {
    errors: names.slice(0, MAX_FAULTS).map((parameter) => ({ parameter, detail: "is not a known parameter" })),
  });
}
