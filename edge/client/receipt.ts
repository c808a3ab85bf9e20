import { fromBase64, fromUtf8, utf8 } from "./bytes.ts";
import { VerificationError } from "./errors.ts";
import type { KeySet, ReceiptClaims } from "./types.ts";

const TYP = "dpp-receipt+jwt";
const MAX_CHARS = 16_384;

/** What the receipt must be about. */
export interface ExpectedReceipt {
  readonly run_id?: string | undefined;
  /** SHA-256 of the result, in hex. */
  readonly result_sha256?: string | null | undefined;
  /** Who must have signed: the origin of the API, or the one that its operator has set. */
  readonly issuer?: string | undefined;
}

/**
 * The claims of a receipt: a compact JWS (RFC 7515), EdDSA with Ed25519. Throws VerificationError unless one of `keys`
 * signed it, and it is about what is expected.
 */
export async function verifyReceipt(
  receipt: string,
  keys: KeySet,
  expected: ExpectedReceipt = {},
): Promise<ReceiptClaims> {
  if (receipt.length > MAX_CHARS) throw new VerificationError("the receipt is too long");
  const [header = "", payload = "", signature = "", ...rest] = receipt.trim().split(".");
  const signed = rest.length === 0 ? fromBase64(signature) : undefined;
  const { alg, typ, kid, crit } = objectIn(header);
  if (signed === undefined || alg !== "EdDSA" || typ !== TYP || crit !== undefined)
    throw new VerificationError("not a receipt");
  const jwk = keys.keys.find((each) => each.kid === kid && each.kty === "OKP" && each.crv === "Ed25519");
  if (jwk === undefined) throw new VerificationError(`no key ${JSON.stringify(kid)}`);
  const { kty, crv, x } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x }, { name: "Ed25519" }, false, ["verify"]);
  if (!(await crypto.subtle.verify({ name: "Ed25519" }, key, signed, utf8(`${header}.${payload}`))))
    throw new VerificationError("the signature is not valid");
  const claims = objectIn(payload) as unknown as ReceiptClaims;
  const { run_id, result_sha256, issuer } = expected;
  for (const [name, value] of Object.entries({ sub: run_id, result_sha256, iss: issuer }))
    if (value !== undefined && value !== claims[name as keyof ReceiptClaims])
      throw new VerificationError(`the receipt is about another ${name}`);
  return claims;
}

function objectIn(part: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(fromUtf8(fromBase64(part) ?? new Uint8Array())) as unknown;
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new VerificationError("not a receipt");
}
