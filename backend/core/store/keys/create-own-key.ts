import { z } from "zod";
import type { KeyMode } from "../../domain/api-key.ts";
import type { Micros } from "../../domain/money.ts";
import type { Scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import sql from "./create-own-key.sql";
import { type NewKeyHashes, noNewKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

/** What is left out is as the caller's own; no cap is none. */
export interface WantedKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly mode?: KeyMode | undefined;
  readonly expires_at?: Date | undefined;
  readonly submit_per_minute?: number | undefined;
  readonly read_per_minute?: number | undefined;
  readonly spending_cap_usd?: Micros | undefined;
}

const answer = z.union([
  ownKeyColumns
    .extend({ outcome: z.literal("created") })
    .transform(({ outcome, ...key }) => ({ outcome, key, old_expires_at: null })),
  z.object({ outcome: z.union([noNewKey, z.literal("past-expiry")]) }),
  unauthorizedOutcome,
]);
export type CreateOwnKeyAnswer = z.infer<typeof answer>;

/** Makes a key of the caller's tenant. After an Outage it may exist: it can be listed and revoked. */
export async function createOwnKey(
  db: Db,
  key_sha256: string,
  wanted: WantedKey,
  made: NewKeyHashes,
): Promise<CreateOwnKeyAnswer> {
  const [row] = await db.query({ name: "create-own-key", text: sql }, [
    key_sha256,
    made.key_id,
    made.live_sha256,
    made.test_sha256,
    wanted.name,
    wanted.mode ?? null,
    wanted.scopes,
    wanted.expires_at?.toISOString() ?? null,
    wanted.submit_per_minute ?? null,
    wanted.read_per_minute ?? null,
    wanted.spending_cap_usd === undefined ? null : String(wanted.spending_cap_usd),
  ]);
  return answer.parse(row);
}
