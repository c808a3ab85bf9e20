import { CompactSign, compactVerify, importJWK } from "jose";
import { type PrivateKey, publicKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";
import type { Signer } from "#core/ports/signer.ts";

type Imported = Awaited<ReturnType<typeof importJWK>>;

/** Signs with Ed25519 (RFC 8037). A key whose two halves do not match fails every signature. */
export function createSigner(jwk: PrivateKey): Signer {
  // The key and no promise of it: what one request waits for is not another's to wait for.
  let key: Imported | undefined;
  return {
    sign: async (payload, typ) => sign((key ??= await importChecked(jwk)), jwk.kid, { payload, typ }),
  };
}

interface Token {
  readonly payload: string;
  readonly typ: string;
}

const sign = (key: Imported, kid: string, { payload, typ }: Token): Promise<string> =>
  new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader({ alg: RECEIPT_ALG, kid, typ }).sign(key);

/** No words of the cause go on from here: they might quote the key. */
async function importChecked(jwk: PrivateKey): Promise<Imported> {
  try {
    const key = await importJWK(jwk, RECEIPT_ALG);
    const probe = await sign(key, jwk.kid, { payload: "", typ: "probe" });
    await compactVerify(probe, await importJWK(publicKey.parse(jwk), RECEIPT_ALG));
    return key;
  } catch {
    throw new Error("DPP_RECEIPT_KEY is not an Ed25519 key whose public and private parts match");
  }
}
