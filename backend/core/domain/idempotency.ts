import canonicalize from "canonicalize";
import { z } from "zod";
import { sha256Hex } from "./hash.ts";

/** 8 to 64 printable ASCII characters, space not at the ends (HTTP strips it). */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e][\x20-\x7e]{6,62}[\x21-\x7e]$/);

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
