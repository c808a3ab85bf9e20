import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import { ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

const result = z.union([
  ownKeyColumns
    .extend({ outcome: z.enum(["revoked", "already-revoked"]) })
    .transform(({ outcome, ...key }) => ({ outcome, key })),
  z.object({ outcome: z.literal("absent") }),
  unauthorizedOutcome,
]);
export type RevokeOwnKeyResult = z.infer<typeof result>;

/** Ends a key of the caller's tenant, for good. After an Outage the same call may be made again. */
export async function revokeOwnKey(db: Db, key_sha256: string, key_id: string): Promise<RevokeOwnKeyResult> {
  const [row] = await fn(db, "revoke_own_key", [bytea(key_sha256), key_id], "outcome, current_key_id, (key).*");
  return result.parse(row);
}
