import { z } from "zod";

/** 32 bytes in base64url, without padding. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be 32 bytes in base64url");

/** A public Ed25519 key as a JWK (RFC 8037); what else it says is left out, a private part above all. */
export const publicKey = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: bytes32,
  kid: z.string().min(1).max(200),
});
export type PublicKey = z.infer<typeof publicKey>;

/** A private Ed25519 key as a JWK. */
export const privateKey = publicKey.extend({ d: bytes32 });
export type PrivateKey = z.infer<typeof privateKey>;

/** A JWK Set (RFC 7517) of public Ed25519 keys alone. */
export const publicKeys = z.object({ keys: z.array(publicKey).max(100) });

/** The Ed25519 keys of any JWK Set; it may hold others, and they are passed over. */
export const anyKeySet = z
  .object({ keys: z.array(z.unknown()) })
  .transform(({ keys }) => keys.flatMap((key) => publicKey.safeParse(key).data ?? []));

/** What verifies: the public part of the key that signs, if one does, then the retired ones. */
export function verifyingKeys(signing: PrivateKey | undefined, retired: readonly PublicKey[]): readonly PublicKey[] {
  if (signing === undefined) return retired;
  return [publicKey.parse(signing), ...retired.filter(({ kid }) => kid !== signing.kid)];
}
