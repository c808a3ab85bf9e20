import type { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import type { OwnKey } from "#core/store/keys/own-key-columns.ts";
import type { keyView } from "./schemas.ts";

/** A key as its owner sees it: nothing of the secret, and nothing of its hash. */
export function viewKey(key: OwnKey): z.input<typeof keyView> {
  return {
    key_id: key.key_id,
    name: key.name,
    mode: key.mode,
    scopes: key.scopes,
    status: key.status,
    created_at: key.created_at.toISOString(),
    expires_at: key.expires_at?.toISOString() ?? null,
    revoked_at: key.revoked_at?.toISOString() ?? null,
    rotated_from: key.rotated_from,
    submit_per_minute: key.submit_per_minute,
    read_per_minute: key.read_per_minute,
    spending_cap_usd: key.spending_cap_micros === null ? null : formatUsd(key.spending_cap_micros),
    spent_usd: key.committed_micros === null ? null : formatUsd(key.committed_micros),
    current: key.key_id === key.current_key_id,
  };
}
