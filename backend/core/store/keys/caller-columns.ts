import { z } from "zod";
import { type Scope, scope } from "../../domain/plan.ts";
import type { Row } from "../../ports/db.ts";

const caller = z.object({ authorized: z.boolean(), scopes: z.array(scope) });

/** What a key is refused for. */
export interface Refused {
  readonly kind: "unauthorized" | "scope-missing";
}

/** Why the function that gave this row, its first, has nothing to say to the caller's key; undefined when it has. */
export function refusalOf(row: Row | undefined, wanted: Scope): Refused | undefined {
  if (row === undefined) return { kind: "unauthorized" };
  const { authorized, scopes } = caller.parse(row);
  if (!authorized) return { kind: "unauthorized" };
  return scopes.includes(wanted) ? undefined : { kind: "scope-missing" };
}
