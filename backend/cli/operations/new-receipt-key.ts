import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { type PrivateKey, privateKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";

/** A fresh Ed25519 key for the edge's secret DPP_RECEIPT_KEY; its `kid` is its thumbprint (RFC 7638). */
export async function newReceiptKey(): Promise<PrivateKey> {
  const pair = await generateKeyPair(RECEIPT_ALG, { crv: "Ed25519", extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  return privateKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
}
