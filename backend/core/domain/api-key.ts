import { sha256Hex } from "./hash.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY_LENGTH = 32;
const SHAPE = /^dpp_(live|test)_[0-9A-Za-z]{32}_[0-9a-f]{8}$/;
/** The largest multiple of 62 in a byte: bytes from here on are thrown away, so that every character is equally likely. */
const UNBIASED = 248;

export type KeyMode = "live" | "test";

/** Random bytes that {@link newApiKey} wants: enough that running out after the unbiased draw is a fault, not a chance. */
export const API_KEY_RANDOM_BYTES = 96;

/** `dpp_<mode>_<32 base62>_<8 hex of CRC-32 of all before it>`. Throws RangeError when the bytes do not suffice. */
export function newApiKey(mode: KeyMode, random: Uint8Array): string {
  let body = "";
  for (const byte of random) {
    if (body.length === BODY_LENGTH) break;
    if (byte < UNBIASED) body += ALPHABET.charAt(byte % ALPHABET.length);
  }
  if (body.length < BODY_LENGTH) throw new RangeError("not enough random bytes for an API key");
  const stem = `dpp_${mode}_${body}`;
  return `${stem}_${checksum(stem)}`;
}

/** The SHA-256 (hex) under which a well-formed key is known, and its mode; undefined for a mistyped one. */
export function parseApiKey(text: string): { readonly sha256: string; readonly mode: KeyMode } | undefined {
  const mode = SHAPE.exec(text)?.[1];
  if (mode === undefined || checksum(text.slice(0, -9)) !== text.slice(-8)) return undefined;
  return { sha256: sha256Hex(text), mode: mode as KeyMode };
}

/** CRC-32 (ISO-HDLC, as in zip and PNG) of ASCII text, as 8 hex digits. */
function checksum(text: string): string {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}
