import { z } from "zod";
import type { KeyMode } from "../../domain/api-key.ts";
import type { Micros } from "../../domain/money.ts";
import type { Scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import { type NewKeyHashes, noNewKey, ownKeyColumns, unauthorizedOutcome } from "./own-key-columns.ts";

/** What is left out is as the caller's own; without a cap the key has no cap. */
export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly mode?: KeyMode | undefined;
  readonly expires_at?: Date | undefined;
  readonly submit_per_minute?: number | undefined;
  readonly read_per_minute?: number | undefined;
  readonly spending_cap_usd?: Micros | undefined;
}

const result = z.union([
  ownKeyColumns
    .extend({ outcome: z.literal("created") })
    .transform(({ outcome, ...key }) => ({ outcome, key, old_expires_at: null })),
  z.object({ outcome: z.union([noNewKey, z.literal("past-expiry")]) }),
  unauthorizedOutcome,
]);
export type CreateOwnKeyResult = z.infer<typeof result>;

/** Makes a key of the caller's tenant. After an Outage it may exist: it can be listed and revoked. */
export async function createOwnKey(
  db: Db,
  key_sha256: string,
  request: KeyRequest,
  made: NewKeyHashes,
): Promise<CreateOwnKeyResult> {
  const values = {
    key_sha256: bytea(key_sha256),
    key_id: made.key_id,
    live_sha256: bytea(made.live_sha256),
    test_sha256: bytea(made.test_sha256),
    name: request.name,
    mode: request.mode ?? null,
    scopes: request.scopes,
    expires_at: request.expires_at?.toISOString() ?? null,
    submit_per_minute: request.submit_per_minute ?? null,
    read_per_minute: request.read_per_minute ?? null,
    spending_cap_micros: request.spending_cap_usd === undefined ? null : String(request.spending_cap_usd),
  };
  const [row] = await fn(db, "create_own_key", values, "outcome, current_key_id, (key).*");
  return result.parse(row);
}
