import { findKey } from "#core/store/keys/find-key.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { refreshKey } from "./refresh-mirror.ts";

/** Revoking a revoked key is no error, and syncs the mirror again. */
export async function revokeKeyForGood(operator: Operator, key_id: string): Promise<Report> {
  const revoked = await revokeKey(operator.db, key_id);
  const key = await findKey(operator.db, key_id);
  if (key === undefined) throw new Refused(`there is no key ${key_id}`);
  await refreshKey(operator, key_id);
  const revoked_at = key.revoked_at?.toISOString() ?? null;
  return {
    text: revoked ? `key ${key_id} is revoked` : `key ${key_id} was revoked already, at ${revoked_at}`,
    json: { key_id, tenant_id: key.tenant_id, status: key.status, revoked_at, already_revoked: !revoked },
  };
}
