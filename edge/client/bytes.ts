import { VerificationError } from "./errors.ts";

/** Functions over bytes that every runtime has: no Buffer. */

/** Named so that versions of TypeScript before 5.7, whose arrays are not generic, read it too. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** What is no UTF-8 becomes U+FFFD, and then has another hash, or another signature. */
export const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Undefined: the text is not base64, or not base64url. */
export function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export const toBase64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

export async function sha256(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The chunks of a body; by a reader, since not every browser iterates streams. */
export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the connection where it was not read to its end; a stream that failed has said so already.
    await reader.cancel().catch(() => undefined);
  }
}

/** A whole body. Throws VerificationError where it has more than `max` bytes. */
export async function readUpTo(body: ReadableStream<Uint8Array> | null, max: number): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body !== null)
    for await (const chunk of chunksOf(body)) {
      length += chunk.length;
      if (length > max) throw new VerificationError(`more than ${max} bytes`);
      chunks.push(chunk);
    }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
