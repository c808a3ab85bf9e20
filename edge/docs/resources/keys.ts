import * as answers from "../../keys/schemas.ts";
import { KEYS_PER_PAGE } from "../../openapi/listings.ts";
import { headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import type { Json } from "../../openapi/json.ts";
import { response, type Resource, READ } from "../../openapi/describe.ts";
import { cursor, idParameter, limit, NEXT } from "../../openapi/listing.ts";
import { problems } from "../../openapi/problems.ts";

const SHOWN_ONCE = { ...RATE, Location: headerRef("Location") };
const NEW_KEY = ["privilege-exceeded", "too-many-keys", "read-only"] as const;
const BODY = ["invalid-request", "payload-too-large", "unsupported-media-type"] as const;
const KEY_ID = "01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64";
const keyId = idParameter("id", "The API key's id, which is no secret.", KEY_ID);

const body = (schema: string, required: boolean): Json => ({
  required,
  content: { "application/json": { schema: schemaRef(schema) } },
});

const listKeys = {
  operationId: "listKeys",
  "x-scope": "admin",
  tags: ["keys"],
  summary: "List the API keys",
  description: "All keys of the account, newest first, the revoked and the expired too; none is shown itself.",
  parameters: [limit(KEYS_PER_PAGE), cursor(KEY_ID)],
  responses: {
    200: response("The keys.", "KeyList", { ...RATE, ...NEXT }),
    ...problems("invalid-request", ...READ),
  },
};

const createKey = {
  operationId: "createKey",
  "x-scope": "admin",
  tags: ["keys"],
  summary: "Make an API key",
  description:
    "Shows the key this once. It can do no more than the key that asks: a test key makes test keys; scopes, expiry and rates are at most the caller's, whose expiry and rates also stand where they are left out; a key with a spending cap makes none. Not idempotent: list the keys after an answer that was lost.",
  requestBody: body("CreateKey", true),
  responses: {
    201: response("The key, which holds at once.", "NewKey", SHOWN_ONCE),
    ...problems(...BODY, ...NEW_KEY, ...READ),
  },
};

const rotateKey = {
  operationId: "rotateKey",
  "x-scope": "admin",
  tags: ["keys"],
  summary: "Rotate an API key",
  description:
    "Makes the key's one successor, alike in everything and spending from the same cap, and shows it this once. The old key lives on for the grace, unless it expires sooner. What holds for making a key holds here; a key with a spending cap may rotate itself.",
  requestBody: body("RotateKey", false),
  responses: {
    201: response("The successor.", "RotatedKey", SHOWN_ONCE),
    ...problems(...BODY, "not-found", "key-already-rotated", ...NEW_KEY, ...READ),
  },
};

const revokeKey = {
  operationId: "revokeKey",
  "x-scope": "admin",
  tags: ["keys"],
  summary: "Revoke an API key",
  description:
    "Ends the key for ever, from the next request on, everywhere; a successor that it has lives on. Asking again is safe, and the operator's switch keeps nobody from it.",
  responses: {
    200: response("The key is revoked, now or before.", "Key", RATE),
    ...problems("invalid-request", "not-found", ...READ),
  },
};

export const keys: Resource = {
  tag: { name: "keys", description: "Making, rotating and revoking API keys." },
  paths: {
    "/v1/keys": { get: listKeys, post: createKey },
    "/v1/keys/{id}": { parameters: [keyId], delete: revokeKey },
    "/v1/keys/{id}/rotate": { parameters: [keyId], post: rotateKey },
  },
  answers: {
    Key: answers.keyView,
    KeyList: answers.keyList,
    NewKey: answers.newKeyView,
    RotatedKey: answers.rotatedKeyView,
  },
};
