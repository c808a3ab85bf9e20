import { revokeOwnKey } from "#core/store/keys/revoke-own-key.ts";
import { syncKey } from "#core/store/sync-key.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { operation } from "../http/operation.ts";
import { keyIdParameter } from "./key-id.ts";
import { keyNotFound } from "./problems.ts";
import { keyView } from "./schemas.ts";
import { viewKey } from "./view.ts";

export const revokeKey = operation({
  id: "revokeKey",
  method: "DELETE",
  path: "/v1/keys/{id}",
  scope: "admin",
  tag: "keys",
  summary: "Revoke an API key",
  description:
    "Ends the key permanently, everywhere, from the next request on. A successor stays valid. Safe to repeat, and possible while the operator has halted the service.",
  params: { id: keyIdParameter },
  responses: { 200: { description: "The key is revoked, now or before.", schema: keyView } },
  problems: ["not-found"],
  async handle({ caller, params, change, defer, json }, deps: ShieldDeps) {
    const result = await change(() => revokeOwnKey(deps.db, caller.key_sha256, params.id));
    if (result.outcome === "absent") throw keyNotFound();
    // For a key that was revoked before, too: the process that did so may have died before this.
    defer("sync", () => syncKey(deps, { key_sha256: caller.key_sha256, key_id: params.id }));
    return json(200, viewKey(result.key));
  },
});
