import canonicalize from "canonicalize";
import { textUpTo } from "./bounded.ts";
import { sha256Hex } from "./hash.ts";

/**
 * 8 to 64 printable ASCII characters, space not at the ends (HTTP strips it), and no comma: HTTP joins two headers of one
 * name with it, and two keys must not pass for one.
 */
export const idempotencyKey = textUpTo(64).regex(
  /^[\x21-\x2b\x2d-\x7e][\x20-\x2b\x2d-\x7e]{6,62}[\x21-\x2b\x2d-\x7e]$/,
);

/** RFC 8785 text of a JSON value. Throws TypeError for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/** The payload hash: SHA-256 (hex) of the canonical JSON of the whole body. */
export function payloadHash(body: unknown): string {
  return sha256Hex(canonicalJson(body));
}
