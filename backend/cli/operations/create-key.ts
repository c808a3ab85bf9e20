import { formatUsd } from "#core/domain/money.ts";
import { createKey, type KeyProperties } from "#core/store/keys/create-key.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { fields } from "../text.ts";
import { newKey } from "./new-key.ts";
import { refreshKey } from "./refresh-mirror.ts";

export async function createKeyFor(operator: Operator, wanted: KeyProperties): Promise<Report> {
  if (wanted.expires_at !== undefined && wanted.expires_at.getTime() <= operator.clock.now()) {
    throw new Refused("the key would be expired from the start");
  }
  const { key_id, api_key, key_sha256 } = newKey(operator, wanted.mode);
  const made = await createKey(operator.db, { ...wanted, key_id, key_sha256 });
  if (!made) throw new Refused(`there is no tenant ${wanted.tenant_id}`);
  await refreshKey(operator, key_id);
  const expires_at = wanted.expires_at?.toISOString() ?? null;
  const cap = wanted.spending_cap === undefined ? null : formatUsd(wanted.spending_cap);
  return {
    text: `${fields([
      ["api key", api_key],
      ["key id", key_id],
      ["tenant", wanted.tenant_id],
      ["scopes", wanted.scopes.join(", ")],
      ["expires", expires_at ?? "never"],
      ["spending cap", cap === null ? "none" : `${cap} USD`],
    ])}\nThe API key is shown this once: only its hash is stored.`,
    json: {
      api_key,
      key_id,
      tenant_id: wanted.tenant_id,
      name: wanted.name,
      mode: wanted.mode,
      scopes: wanted.scopes,
      expires_at,
      submit_per_minute: wanted.submit_per_minute ?? null,
      read_per_minute: wanted.read_per_minute ?? null,
      spending_cap_usd: cap,
    },
  };
}
