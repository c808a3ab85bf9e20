import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { newId } from "#core/domain/ids.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import type { NewKeyHashes } from "#core/store/keys/own-key-columns.ts";

export interface MakeKeyDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** One key per mode: which of them it becomes, Postgres knows. The other is thrown away. */
export function makeKey({ clock, random }: MakeKeyDeps): {
  readonly hashes: NewKeyHashes;
  readonly api_key: Readonly<Record<"live" | "test", string>>;
} {
  const live = newApiKey("live", random.bytes(API_KEY_RANDOM_BYTES));
  const test = newApiKey("test", random.bytes(API_KEY_RANDOM_BYTES));
  const key_id = newId(clock.now(), random.bytes(16));
  return {
    hashes: { key_id, live_sha256: hashOf(live), test_sha256: hashOf(test) },
    api_key: { live, test },
  };
}

function hashOf(api_key: string): string {
  const parsed = parseApiKey(api_key);
  if (parsed === undefined) throw new Error("a new API key does not parse");
  return parsed.sha256;
}
