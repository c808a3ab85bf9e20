import { utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "./idempotency.ts";

/** JSON text in UTF-8, or why it was not written; `mismatch`: where the value is not what its schema says, and how. */
export type Written = Uint8Array | "not-json" | "too-large" | { readonly mismatch: string };

/**
 * A JSON value as RFC 8785 writes it, in UTF-8: what is made in another process comes as bytes, which nobody parses, or
 * could not be written there.
 */
export class WrittenJson {
  readonly written: Written;

  constructor(written: Written) {
    this.written = written;
  }
}

/** The canonical text of a JSON value, as bytes. Throws TypeError or RangeError for what JSON cannot hold. */
export const writeJson = (value: unknown): Uint8Array => utf8ToBytes(canonicalJson(value));
