import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import { type NewKeyHashes, noNewKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";
import sql from "./rotate-own-key.sql";

const answer = z.union([
  ownKeyColumns
    .extend({ outcome: z.literal("rotated"), old_expires_at: timestamp })
    .transform(({ outcome, old_expires_at, ...key }) => ({ outcome, key, old_expires_at })),
  z.object({ outcome: z.union([noNewKey, z.enum(["absent", "already-rotated"])]) }),
  unauthorizedOutcome,
]);
export type RotateOwnKeyAnswer = z.infer<typeof answer>;

/** Gives a key of the caller's tenant its successor. After an Outage the successor may exist: it can be listed. */
export async function rotateOwnKey(
  db: Db,
  key_sha256: string,
  old: { readonly key_id: string; readonly grace_seconds: number },
  made: NewKeyHashes,
): Promise<RotateOwnKeyAnswer> {
  const { key_id, live_sha256, test_sha256 } = made;
  const [row] = await db.query({ name: "rotate-own-key", text: sql }, [
    key_sha256,
    old.key_id,
    key_id,
    live_sha256,
    test_sha256,
    old.grace_seconds,
  ]);
  return answer.parse(row);
}
