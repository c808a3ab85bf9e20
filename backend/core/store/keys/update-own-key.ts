import { z } from "zod";
import type { Micros } from "../../domain/money.ts";
import type { Db } from "../../ports/db.ts";
import { amount } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { noNewKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

const result = z.union([
  ownKeyColumns.extend({ outcome: z.literal("updated") }).transform(({ outcome, ...key }) => ({ outcome, key })),
  z.object({ outcome: z.literal("below-spent"), spent_micros: amount }),
  z.object({ outcome: z.union([noNewKey, z.enum(["absent", "inactive", "no-cap"])]) }),
  unauthorizedOutcome,
]);
export type UpdateOwnKeyResult = z.infer<typeof result>;

/** Changes a key of the caller's tenant; what is left out stays. After an Outage the same call may be made again. */
export async function updateOwnKey(
  db: Db,
  key_sha256: string,
  change: {
    readonly key_id: string;
    readonly name?: string | undefined;
    readonly spending_cap_usd?: Micros | undefined;
  },
): Promise<UpdateOwnKeyResult> {
  const cap = change.spending_cap_usd === undefined ? null : String(change.spending_cap_usd);
  const values = {
    key_sha256: bytea(key_sha256),
    key_id: change.key_id,
    name: change.name ?? null,
    spending_cap_micros: cap,
  };
  const [row] = await fn(db, "update_own_key", values, "outcome, current_key_id, (key).*, spent_micros");
  return result.parse(row);
}
