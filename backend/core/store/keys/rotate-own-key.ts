import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { type NewKeyHashes, noNewKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

const result = z.union([
  ownKeyColumns
    .extend({ outcome: z.literal("rotated"), old_expires_at: timestamp })
    .transform(({ outcome, old_expires_at, ...key }) => ({ outcome, key, old_expires_at })),
  z.object({ outcome: z.union([noNewKey, z.enum(["absent", "inactive", "already-rotated"])]) }),
  unauthorizedOutcome,
]);
export type RotateOwnKeyResult = z.infer<typeof result>;

/** Gives a key of the caller's tenant its successor. After an Outage the successor may exist: it can be listed. */
export async function rotateOwnKey(
  db: Db,
  key_sha256: string,
  old: { readonly key_id: string; readonly grace_seconds: number },
  made: NewKeyHashes,
): Promise<RotateOwnKeyResult> {
  const values = {
    key_sha256: bytea(key_sha256),
    key_id: old.key_id,
    new_key_id: made.key_id,
    live_sha256: bytea(made.live_sha256),
    test_sha256: bytea(made.test_sha256),
    grace_seconds: old.grace_seconds,
  };
  const [row] = await fn(db, "rotate_own_key", values, "outcome, current_key_id, (key).*, old_expires_at");
  return result.parse(row);
}
