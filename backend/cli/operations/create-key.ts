import { formatUsd } from "#core/domain/money.ts";
import { createKey, type KeyProperties } from "#core/store/keys/create-key.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { fields } from "../text.ts";
import { newKey } from "./new-key.ts";
import { refreshKey } from "./refresh-mirror.ts";

export async function createKeyFor(operator: Operator, request: KeyProperties): Promise<Report> {
  if (request.expires_at !== undefined && request.expires_at.getTime() <= operator.clock.now()) {
    throw new Refused("the key would be expired from the start");
  }
  const { key_id, api_key, key_sha256 } = newKey(operator, request.mode);
  const made = await createKey(operator.db, { ...request, key_id, key_sha256 });
  if (!made) throw new Refused(`there is no tenant ${request.tenant_id}`);
  await refreshKey(operator, key_id);
  const expires_at = request.expires_at?.toISOString() ?? null;
  const cap = request.spending_cap === undefined ? null : formatUsd(request.spending_cap);
  return {
    text: `${fields([
      ["api key", api_key],
      ["key id", key_id],
      ["tenant", request.tenant_id],
      ["scopes", request.scopes.join(", ")],
      ["expires", expires_at ?? "never"],
      ["spending cap", cap === null ? "none" : `${cap} USD`],
    ])}\nThe API key is shown this once: only its hash is stored.`,
    json: {
      api_key,
      key_id,
      tenant_id: request.tenant_id,
      name: request.name,
      mode: request.mode,
      scopes: request.scopes,
      expires_at,
      submit_per_minute: request.submit_per_minute ?? null,
      read_per_minute: request.read_per_minute ?? null,
      spending_cap_usd: cap,
    },
  };
}
