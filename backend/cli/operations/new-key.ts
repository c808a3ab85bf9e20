import { API_KEY_RANDOM_BYTES, type KeyMode, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { newId } from "#core/domain/ids.ts";
import type { Operator } from "../operator.ts";

export interface NewKey {
  readonly key_id: string;
  readonly api_key: string;
  readonly key_sha256: string;
}

/** A fresh key; `api_key` is for its owner's eyes, once, and only its hash is ever stored. */
export function newKey({ clock, random }: Operator, mode: KeyMode): NewKey {
  const api_key = newApiKey(mode, random.bytes(API_KEY_RANDOM_BYTES));
  const parsed = parseApiKey(api_key);
  if (parsed === undefined) throw new Error("a new API key does not read as one");
  return { key_id: newId(clock.now(), random.bytes(16)), api_key, key_sha256: parsed.sha256 };
}
