import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { fromBase64, toBase64 } from "./base64.ts";

/** What is written about an object when it is created: lower-case names, ASCII values. */
export type ObjectMetadata = Readonly<Record<string, string>>;

const PREFIX = "attachment; about=";
const MAX_CHARS = 4_096;
const written = z.record(z.string(), z.string());

/**
 * Metadata as the Content-Disposition that an object is stored with. S3 shows user metadata in every answer to a presigned
 * address; this header alone can be replaced there (response-content-disposition), so that only its owner reads it.
 */
export const dispositionOf = (metadata: ObjectMetadata): string =>
  `${PREFIX}"${toBase64(utf8ToBytes(JSON.stringify(metadata)))}"`;

/** The metadata that {@link dispositionOf} wrote; of any other header none. */
export function metadataOf(disposition: string | null | undefined): ObjectMetadata {
  if (disposition === null || disposition === undefined) return {};
  if (disposition.length > MAX_CHARS || !disposition.startsWith(PREFIX)) return {};
  return written.safeParse(decoded(disposition.slice(PREFIX.length + 1, -1))).data ?? {};
}

function decoded(base64: string): unknown {
  try {
    return JSON.parse(String.fromCodePoint(...fromBase64(base64)));
  } catch {
    return undefined;
  }
}
