import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "./idempotency.ts";

/** A JSON value as RFC 8785 writes it, in UTF-8: what is made in another process comes as bytes, which nobody parses. */
export class WrittenJson {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** The canonical text of a JSON value, as bytes. Throws TypeError or RangeError for what JSON cannot hold. */
export const writeJson = (value: unknown): Uint8Array => utf8ToBytes(canonicalJson(value));
