import { z } from "zod";
import type { Row } from "../../ports/db.ts";

const REFUSALS = ["unauthorized", "scope-missing"] as const;
const refusal = z.object({ outcome: z.enum(REFUSALS) });

/** What a key is refused for. */
export interface Refused {
  readonly kind: (typeof REFUSALS)[number];
}

/** Why the function whose first row this is refused the key; undefined when it did not. */
export function refusalOf(row: Row | undefined): Refused | undefined {
  const refused = refusal.safeParse(row);
  return refused.success ? { kind: refused.data.outcome } : undefined;
}
