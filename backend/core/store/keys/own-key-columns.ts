import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import { amount, timestamp } from "../columns.ts";

/** A key as the functions of the edge give it; `current_key_id` is the key that asked. */
export const ownKeyColumns = z.object({
  current_key_id: z.guid(),
  key_id: z.guid(),
  tenant_id: z.guid(),
  name: z.string(),
  mode: z.enum(["live", "test"]),
  scopes: z.array(scope),
  status: z.enum(["active", "revoked", "expired"]),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  rotated_from: z.guid().nullable(),
  submit_per_minute: z.number().nullable(),
  read_per_minute: z.number().nullable(),
  spending_cap_micros: amount.nullable(),
  committed_micros: amount.nullable(),
});
export type OwnKey = z.infer<typeof ownKeyColumns>;

export const unauthorizedOutcome = z.object({ outcome: z.enum(["unauthorized", "scope-missing"]) });

/** Why no key was made: the caller may not do so much itself, there are too many keys, or the service is halted. */
export const noNewKey = z.enum([
  "over-mode",
  "over-scopes",
  "over-expiry",
  "over-rate",
  "over-makers",
  "over-cap",
  "too-many",
  "too-fast",
  "read-only",
]);
export type NoNewKey = z.infer<typeof noNewKey>;

/** What is stored of a key that is about to be made; which of the hashes is kept follows from its mode. */
export interface NewKeyHashes {
  readonly key_id: string;
  readonly live_sha256: string;
  readonly test_sha256: string;
}
