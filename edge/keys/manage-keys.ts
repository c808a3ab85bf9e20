import { API_KEY_RANDOM_BYTES, newApiKey, parseApiKey } from "#core/domain/api-key.ts";
import { newId } from "#core/domain/ids.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Random } from "#core/ports/random.ts";
import { createOwnKey, type WantedKey } from "#core/store/keys/create-own-key.ts";
import type { NewKeyHashes, NoNewKey, OwnKey } from "#core/store/keys/own-key-columns.ts";
import { revokeOwnKey } from "#core/store/keys/revoke-own-key.ts";
import { rotateOwnKey } from "#core/store/keys/rotate-own-key.ts";
import { syncKey } from "#core/store/sync-key.ts";
import { change } from "../admission/change.ts";
import type { Defer } from "../http/defer.ts";
import * as refuse from "../admission/refusals.ts";
import type { Caller, ShieldDeps } from "../admission/shield.ts";
import type { Outcome } from "../runs/submit.ts";

export interface KeyDeps extends ShieldDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly defer: Defer;
}

/** `api_key` is for its owner's eyes, once. */
export interface NewKey {
  readonly key: OwnKey;
  readonly api_key: string;
}

export interface RotatedKey extends NewKey {
  readonly old_expires_at: Date;
}

export function createKey(deps: KeyDeps, caller: Caller, wanted: WantedKey): Promise<Outcome<NewKey>> {
  const made = makeKey(deps);
  return change(deps, caller, "admin", {
    act: () => createOwnKey(deps.db, caller.key_sha256, wanted, made.hashes),
    conclude: (answer) => {
      if (answer.outcome === "past-expiry") return refuse.expiryPast();
      if (answer.outcome !== "created") return noKey(answer.outcome);
      return { key: answer.key, api_key: made.api_key[answer.key.mode] };
    },
  });
}

/** `old` names the key that gets a successor. */
export function rotateKey(
  deps: KeyDeps,
  caller: Caller,
  old: { readonly key_id: string; readonly grace_seconds: number },
): Promise<Outcome<RotatedKey>> {
  const made = makeKey(deps);
  return change(deps, caller, "admin", {
    act: () => rotateOwnKey(deps.db, caller.key_sha256, old, made.hashes),
    conclude: (answer) => {
      if (answer.outcome === "absent") return refuse.noSuchKey();
      if (answer.outcome === "already-rotated") return new Problem("key-already-rotated");
      if (answer.outcome !== "rotated") return noKey(answer.outcome);
      tellMirror(deps, caller, old.key_id);
      const { key, old_expires_at } = answer;
      return { key, api_key: made.api_key[key.mode], old_expires_at };
    },
  });
}

export function revokeKey(deps: KeyDeps, caller: Caller, key_id: string): Promise<Outcome<OwnKey>> {
  return change(deps, caller, "admin", {
    act: () => revokeOwnKey(deps.db, caller.key_sha256, key_id),
    conclude: (answer) => {
      if (answer.outcome === "absent") return refuse.noSuchKey();
      // Again for a key that was revoked before: whoever did so may have died before this.
      tellMirror(deps, caller, key_id);
      return answer.key;
    },
  });
}

/**
 * Postgres holds at once; the shield would otherwise learn at the next sync of a key that ends, now or sooner. A new one is
 * loaded when it first comes.
 */
function tellMirror(deps: KeyDeps, { key_sha256 }: Caller, key_id: string): void {
  deps.defer("sync", () => syncKey(deps, { key_sha256, key_id }));
}

/** One key per mode: which of them it becomes, Postgres knows. The other is thrown away. */
function makeKey({ clock, random }: KeyDeps): {
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
  if (parsed === undefined) throw new Error("a new API key does not read as one");
  return parsed.sha256;
}

function noKey(outcome: NoNewKey): Problem {
  if (outcome === "read-only") return refuse.changesHalted();
  if (outcome === "too-many") return refuse.tooManyKeys();
  if (outcome === "too-fast") return refuse.tooManyNewKeys();
  return refuse.privilegeExceeded(outcome);
}
