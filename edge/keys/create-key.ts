import type { z } from "zod";
import { keyRequest } from "#core/domain/key-request.ts";
import type { Clock } from "#core/ports/clock.ts";
import { createOwnKey } from "#core/store/keys/create-own-key.ts";
import type { ShieldDeps } from "../admission/shield.ts";
import { jsonBody } from "../http/body.ts";
import { operation } from "../http/operation.ts";
import { LOCATION } from "../openapi/headers.ts";
import { type MakeKeyDeps, makeKey } from "./make-key.ts";
import { expiryPast, notMade } from "./problems.ts";
import { newKeyView } from "./schemas.ts";
import { viewKey } from "./view.ts";

/** A body of `POST /v1/keys`. */
export const exampleKey: z.input<typeof keyRequest> = {
  name: "ci",
  scopes: ["submit", "read"],
  submit_per_minute: 60,
  spending_cap_usd: "25.0000",
};

const body = jsonBody("CreateKey", keyRequest, { example: exampleKey });

export const createKey = operation({
  id: "createKey",
  method: "POST",
  path: "/v1/keys",
  scope: "admin",
  tag: "keys",
  summary: "Create an API key",
  description:
    "Returns the key, which is shown only once. It can do no more than the calling key: a test key creates test keys; scopes, expiry and rates are limited to the caller's, whose expiry and rates are also the defaults; a key with a spending cap creates none. Not idempotent: list the keys if the response was lost.",
  body: {
    ...body,
    parse: (bytes, { clock }: { readonly clock: Clock }) => {
      const request = body.parse(bytes, undefined);
      // Postgres asks its own clock; this keeps away from it what its calendar does not have.
      if (request.expires_at !== undefined && request.expires_at.getTime() <= clock.now()) throw expiryPast();
      return request;
    },
  },
  responses: { 201: { description: "The key, valid at once.", schema: newKeyView, headers: LOCATION } },
  problems: ["privilege-exceeded", "too-many-keys", "read-only"],
  async handle({ caller, body: request, change, json }, deps: ShieldDeps & MakeKeyDeps) {
    const made = makeKey(deps);
    const result = await change(() => createOwnKey(deps.db, caller.key_sha256, request, made.hashes));
    if (result.outcome === "past-expiry") throw expiryPast();
    if (result.outcome !== "created") throw notMade(result.outcome);
    const { key } = result;
    return json(201, { ...viewKey(key), api_key: made.api_key[key.mode] }, { Location: `/v1/keys/${key.key_id}` });
  },
});
