import { rotateRequest } from "#core/domain/key-request.ts";
import { Problem } from "#core/domain/problem.ts";
import { rotateOwnKey } from "#core/store/keys/rotate-own-key.ts";
import { syncKey } from "#core/store/sync-key.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { jsonBody } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { LOCATION } from "../openapi/headers.ts";
import { keyIdParameter } from "./key-id.ts";
import { type MakeKeyDeps, makeKey } from "./make-key.ts";
import { keyNotFound, notMade } from "./problems.ts";
import { rotatedKeyView } from "./schemas.ts";
import { viewKey } from "./view.ts";

export const rotateKey = operation({
  id: "rotateKey",
  method: "POST",
  path: "/v1/keys/{id}/rotate",
  scope: "admin",
  tag: "keys",
  summary: "Rotate an API key",
  description:
    "Creates the key's one successor, with the same properties and the same spending cap, and returns it once. The old key stays valid for the grace period, unless it expires sooner. The limits of creating a key apply; a key with a spending cap may rotate itself.",
  params: { id: keyIdParameter },
  body: jsonBody("RotateKey", rotateRequest, { optional: true, example: { grace_seconds: 3_600 } }),
  responses: { 201: { description: "The successor.", schema: rotatedKeyView, headers: LOCATION } },
  problems: ["not-found", "key-already-rotated", "key-not-active", "privilege-exceeded", "too-many-keys", "read-only"],
  async handle({ caller, params, body, change, defer, json }, deps: ShieldDeps & MakeKeyDeps) {
    const made = makeKey(deps);
    const old = { key_id: params.id, grace_seconds: body.grace_seconds };
    const result = await change(() => rotateOwnKey(deps.db, caller.key_sha256, old, made.hashes));
    if (result.outcome === "absent") throw keyNotFound();
    if (result.outcome === "inactive") throw new Problem("key-not-active");
    if (result.outcome === "already-rotated") throw new Problem("key-already-rotated");
    if (result.outcome !== "rotated") throw notMade(result.outcome);
    // Postgres knows of the end at once; the mirror would learn it at the next sync, and loads a new key when it is used.
    defer("sync", () => syncKey(deps, { key_sha256: caller.key_sha256, key_id: params.id }));
    const { key, old_expires_at } = result;
    return json(
      201,
      { ...viewKey(key), api_key: made.api_key[key.mode], old_expires_at: old_expires_at.toISOString() },
      { Location: `/v1/keys/${key.key_id}` },
    );
  },
});
