import { formatUsd, type Micros } from "#core/domain/money.ts";
import type { KnownKey } from "#core/store/keys/find-key.ts";
import { listKeys } from "#core/store/keys/list-keys.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { table } from "../text.ts";

export async function reportKeys({ db, clock }: Operator, tenant_id: string): Promise<Report> {
  const keys = await listKeys(db, tenant_id);
  if (keys === undefined) throw new Refused(`there is no tenant ${tenant_id}`);
  const now = clock.now();
  const rows = keys.map((key) => [
    key.key_id,
    key.name,
    key.mode,
    key.scopes.join(","),
    stateOf(key, now),
    key.expires_at?.toISOString() ?? "",
    usd(key.spending_cap_micros) ?? "",
    usd(key.committed_micros) ?? "",
  ]);
  const headings = ["key id", "name", "mode", "scopes", "state", "expires", "cap usd", "committed usd"];
  return {
    text: keys.length === 0 ? "the tenant has no key" : table(headings, rows),
    json: { tenant_id, keys: keys.map((key) => keyJson(key, now)) },
  };
}

const usd = (amount: Micros | null): string | null => (amount === null ? null : formatUsd(amount));

function stateOf(key: KnownKey, now_ms: number): "active" | "revoked" | "expired" {
  return key.expires_at !== null && key.expires_at.getTime() <= now_ms && key.status === "active"
    ? "expired"
    : key.status;
}

function keyJson(key: KnownKey, now_ms: number): unknown {
  const { spending_cap_micros, committed_micros, status: _status, tenant_id: _tenant, ...rest } = key;
  return {
    ...rest,
    state: stateOf(key, now_ms),
    spending_cap_usd: usd(spending_cap_micros),
    committed_usd: usd(committed_micros),
  };
}
