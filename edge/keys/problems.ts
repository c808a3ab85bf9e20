import { Problem } from "#core/domain/problem.ts";
import type { NoNewKey } from "#core/store/keys/own-key-columns.ts";
import { changesHalted } from "../admission/problems.ts";

export const noSuchKey = () => new Problem("not-found", "There is no such API key.");

export const expiryPast = () =>
  new Problem("invalid-request", "The key would be expired from the start.", {
    errors: [{ pointer: "/expires_at", detail: "must be a time to come" }],
  });

const EXCESS = {
  "over-mode": "A test key makes and rotates test keys alone.",
  "over-scopes": "The key would have a scope that the key which asks lacks.",
  "over-expiry": "The key would live longer than the key which asks.",
  "over-rate":
    "The key would have a faster rate than the key which asks, or one that does not count together with that key's.",
  "over-makers": "The key would count against the rates of five keys that made one another; four are the most.",
  "over-cap": "A key with a spending cap of its own makes no keys, and rotates only itself.",
} as const;

/** Why there is no new key. */
export function notMade(outcome: NoNewKey): Problem {
  if (outcome === "read-only") return changesHalted();
  if (outcome === "too-many") {
    return new Problem("too-many-keys", "The account has 100 API keys that are not revoked, the most there may be.");
  }
  if (outcome === "too-fast") {
    return new Problem("too-many-keys", "The account has made 1000 API keys within a day, the most there may be.");
  }
  return new Problem("privilege-exceeded", EXCESS[outcome]);
}
