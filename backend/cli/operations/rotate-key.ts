import { formatUsd } from "#core/domain/money.ts";
import { findKey, type KnownKey } from "#core/store/keys/find-key.ts";
import { rotateKey } from "#core/store/keys/rotate-key.ts";
import { type Operator, Refused, type Report } from "../operator.ts";
import { fields } from "../text.ts";
import { newKey } from "./new-key.ts";
import { refreshKey } from "./refresh-mirror.ts";

export async function rotateKeyWithGrace(operator: Operator, key_id: string, grace_seconds: number): Promise<Report> {
  const old = await findKey(operator.db, key_id);
  if (old === undefined) throw new Refused(`there is no key ${key_id}`);
  const successor = newKey(operator, old.mode);
  const rotated = await rotateKey(operator.db, key_id, successor, grace_seconds);
  if (rotated === undefined) throw new Refused(whyNot((await findKey(operator.db, key_id)) ?? old));
  await refreshKey(operator, key_id);
  const old_expires_at = rotated.old_expires_at.toISOString();
  const expires_at = rotated.expires_at?.toISOString() ?? null;
  const cap = old.spending_cap_micros === null ? null : formatUsd(old.spending_cap_micros);
  return {
    text: `${fields([
      ["api key", successor.api_key],
      ["key id", rotated.key_id],
      ["tenant", rotated.tenant_id],
      ["scopes", old.scopes.join(", ")],
      ["expires", expires_at ?? "never"],
      ["spending cap", cap === null ? "none" : `${cap} USD`],
      ["old key id", key_id],
      ["old key ends", old_expires_at],
    ])}\nThe API key is shown this once: only its hash is stored.`,
    json: {
      api_key: successor.api_key,
      key_id: rotated.key_id,
      tenant_id: rotated.tenant_id,
      name: rotated.name,
      mode: old.mode,
      scopes: old.scopes,
      expires_at,
      submit_per_minute: old.submit_per_minute,
      read_per_minute: old.read_per_minute,
      spending_cap_usd: cap,
      rotated_from: key_id,
      old_expires_at,
    },
  };
}

function whyNot(key: KnownKey): string {
  if (key.status === "revoked") return `key ${key.key_id} is revoked`;
  if (key.rotated_to !== null) return `key ${key.key_id} was rotated already: its successor is ${key.rotated_to}`;
  return `key ${key.key_id} has expired`;
}
