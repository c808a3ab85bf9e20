import { keySet, RECEIPT, receiptView } from "../../receipts/schemas.ts";
import { COMMON, headerRef, RATE, schemaRef } from "../../openapi/components.ts";
import { response, type Resource, open, READ } from "../../openapi/describe.ts";
import { problems } from "../../openapi/problems.ts";

const getReceipt = {
  operationId: "getReceipt",
  "x-scope": "read",
  tags: ["receipts"],
  summary: "Get a run's signed receipt",
  description:
    "What the run was, gave and cost, as a compact JWS (EdDSA with Ed25519, `typ` `dpp-receipt+jwt`) that anybody can verify offline with the JWK Set. For every run that is over, however it ended, and past its retention too; the same run gives the same receipt. Claims: `iss`, `iat` (when the run ended), `sub` (the run's id), `tenant_id`, `pack_type`, `pack_version`, `status`, `payload_sha256`, `result_sha256`, `result_bytes`, `reserved_usd`, `charged_usd`, `minimum_fee_usd`, `created_at`, `started_at`, `finished_at`, `reason_code`.",
  responses: {
    200: {
      description: "The receipt.",
      headers: { ...COMMON, ...RATE, Vary: headerRef("Vary") },
      content: {
        "application/json": { schema: schemaRef("Receipt") },
        "application/jose": { schema: { type: "string" }, example: RECEIPT },
      },
    },
    ...problems("invalid-request", "not-found", "run-not-completed", "run-under-audit", ...READ),
  },
};

const getKeySet = {
  ...open(
    "getKeySet",
    "The keys that verify receipts",
    "A JWK Set (RFC 7517) of public Ed25519 keys, in use or retired.",
    {
      200: response("The keys; none where this deployment signs no receipts.", "KeySet"),
    },
  ),
  tags: ["receipts"],
};

export const receipts: Resource = {
  tag: { name: "receipts", description: "Signed proof of what a run was, gave and cost." },
  paths: {
    "/v1/runs/{id}/receipt": {
      parameters: [{ $ref: "#/components/parameters/RunId" }],
      get: getReceipt,
    },
    "/.well-known/jwks.json": { get: getKeySet },
  },
  answers: { Receipt: receiptView, KeySet: keySet },
};
