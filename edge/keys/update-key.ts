import { keyChange } from "#core/domain/key-request.ts";
import { formatUsd } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { updateOwnKey } from "#core/store/keys/update-own-key.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { jsonBody } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { keyIdParameter } from "./key-id.ts";
import { invalidCap, keyNotFound, notMade } from "./problems.ts";
import { keyView } from "./schemas.ts";
import { viewKey } from "./view.ts";

export const updateKey = operation({
  id: "updateKey",
  method: "PATCH",
  path: "/v1/keys/{id}",
  scope: "admin",
  tag: "keys",
  summary: "Change the name or the cap of an API key",
  description:
    "Changes what the body names, and nothing else. A new cap holds from the next submit on, for the key and for all that it was rotated from or to; a submit that is being accepted at this moment may still count under the old one. A key cannot change what it could not create: mode, scopes and expiry are limited to its own, and a key with a spending cap changes none, itself included. Scopes, expiry and rates do not change: create another key. Safe to repeat.",
  params: { id: keyIdParameter },
  body: jsonBody("UpdateKey", keyChange),
  responses: { 200: { description: "The key as it is now.", schema: keyView } },
  problems: ["not-found", "key-not-active", "privilege-exceeded", "read-only"],
  async handle({ caller, params, body, change, json }, deps: ShieldDeps) {
    const result = await change(() => updateOwnKey(deps.db, caller.key_sha256, { key_id: params.id, ...body }));
    if (result.outcome === "absent") throw keyNotFound();
    if (result.outcome === "inactive") throw new Problem("key-not-active");
    if (result.outcome === "no-cap") throw invalidCap("is only for a key that was created with a cap");
    if (result.outcome === "below-spent") {
      throw invalidCap(`must be at least ${formatUsd(result.spent_micros)}, which counts against the cap already`);
    }
    if (result.outcome !== "updated") throw notMade(result.outcome);
    return json(200, viewKey(result.key));
  },
});
