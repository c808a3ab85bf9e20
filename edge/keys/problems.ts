import { Problem } from "#core/domain/problem.ts";
import type { NoNewKey } from "#core/store/keys/own-key-columns.ts";
import { changesHalted } from "../admission/problems.ts";

export const keyNotFound = () => new Problem("not-found", "API key not found.");

export const expiryPast = () =>
  new Problem("invalid-request", "The key would already be expired.", {
    errors: [{ pointer: "/expires_at", detail: "must be in the future" }],
  });

export const invalidCap = (detail: string) =>
  new Problem("invalid-request", "The cap cannot be changed to this.", {
    errors: [{ pointer: "/spending_cap_usd", detail }],
  });

const EXCESS = {
  "over-mode": "A test key can create, change and rotate only test keys.",
  "over-scopes": "The key has, or would have, a scope that the calling key does not have.",
  "over-expiry": "The key expires, or would expire, later than the calling key.",
  "over-rate":
    "The key has, or would have, a higher rate than the calling key, or one that is not counted together with it.",
  "over-makers":
    "The new key would count against the rates of five keys in its chain of creators. The maximum is four.",
  "over-cap": "A key with its own spending cap cannot create or change keys, and can rotate only itself.",
} as const;

/** Why there is no new key. */
export function notMade(outcome: NoNewKey): Problem {
  if (outcome === "read-only") return changesHalted();
  if (outcome === "too-many") {
    return new Problem("too-many-keys", "The account has 100 API keys that are not revoked, which is the maximum.");
  }
  if (outcome === "too-fast") {
    return new Problem("too-many-keys", "The account has created 1000 API keys within 24 hours, which is the maximum.");
  }
  return new Problem("privilege-exceeded", EXCESS[outcome]);
}
