import { v7 } from "uuid";
import { z } from "zod";

/** Any RFC 9562 UUID, in either case; the store compares it as lower case. */
export const uuid = z.guid().transform((text) => text.toLowerCase());

/** A UUIDv7 (RFC 9562): `now_ms` in Unix milliseconds, 16 random bytes. */
export function newId(now_ms: number, random: Uint8Array): string {
  return v7({ msecs: now_ms, random });
}
