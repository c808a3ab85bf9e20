import type { z } from "zod";
import type { PublicKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";
import { openOperation } from "../http/operation.ts";
import { keySet } from "./schemas.ts";

export const getKeySet = openOperation({
  id: "getKeySet",
  method: "GET",
  path: "/.well-known/jwks.json",
  tag: "receipts",
  summary: "The keys that verify receipts",
  description: "A JWK Set (RFC 7517) of public Ed25519 keys, in use or retired.",
  responses: { 200: { description: "The keys; none where this deployment signs no receipts.", schema: keySet } },
  handle({ c, json }, deps: { readonly receipt_keys: readonly PublicKey[] }) {
    c.header("Cache-Control", "public, max-age=300");
    const keys: z.input<typeof keySet>["keys"] = deps.receipt_keys.map(({ kty, crv, x, kid }) => {
      return { kty, crv, x, kid, alg: RECEIPT_ALG, use: "sig" };
    });
    return json(200, { keys });
  },
});
