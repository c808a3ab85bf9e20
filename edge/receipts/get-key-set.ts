import type { z } from "zod";
import type { PublicKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";
import type { EdgeHandler } from "../http/context.ts";
import type { keySet } from "./schemas.ts";

/** `GET /.well-known/jwks.json`: the public keys of receipts, now and before, as a JWK Set (RFC 7517). */
export function jwks(deps: { readonly receipt_keys: readonly PublicKey[] }): EdgeHandler {
  const set: z.input<typeof keySet> = {
    keys: deps.receipt_keys.map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid, alg: RECEIPT_ALG, use: "sig" })),
  };
  return (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.json(set);
  };
}
