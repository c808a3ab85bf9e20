import canonicalize from "canonicalize";
import { textUpTo } from "./bounded.ts";

/**
 * 8 to 64 printable ASCII characters, space not at the ends (HTTP strips it), and none behind a comma: the Fetch standard
 * joins two headers of one name with ", ", and only this space tells them from one. Two keys must not pass for one.
 */
export const idempotencyKey = textUpTo(64)
  .min(8)
  .regex(/^(?:[\x21-\x7e]*[\x21-\x2b\x2d-\x7e] +)*[\x21-\x7e]+$/);

/** RFC 8785 text of a JSON value. Throws TypeError for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}
