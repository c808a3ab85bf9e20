import { pipeline, Readable } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";

/** The content codings that {@link readBody} undoes, as sent in `Accept-Encoding`. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

export type Body =
  | { readonly kind: "ok"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "unknown_encoding" };

// Like browsers, take what a stream holds when its end marker is missing.
const LENIENT = { finishFlush: constants.Z_SYNC_FLUSH };
const LENIENT_BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
const DEFLATE_METHOD = 8;

const ignore = () => undefined;

// Servers send "deflate" with and without the zlib wrapper; the low half of the first byte tells which.
async function* inflated(source: Readable): AsyncGenerator<Buffer> {
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  async function* all() {
    yield first.value;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  const wrapped = ((first.value[0] ?? 0) & 0x0f) === DEFLATE_METHOD;
  const decoder = wrapped ? createInflate(LENIENT) : createInflateRaw(LENIENT);
  yield* pipeline(Readable.from(all()), decoder, ignore) as AsyncIterable<Buffer>;
}

function decoded(body: Readable, encoding: string): Readable | undefined {
  switch (encoding) {
    case "":
    case "identity":
      return body;
    case "gzip":
    case "x-gzip":
      return pipeline(body, createGunzip(LENIENT), ignore);
    case "br":
      return pipeline(body, createBrotliDecompress(LENIENT_BROTLI), ignore);
    case "deflate":
      return Readable.from(inflated(body));
    default:
      return undefined;
  }
}

/**
 * Reads a body through its content coding, holding at most `maxBytes` decompressed bytes: a bomb stops at the ceiling.
 * Rejects with the stream's error when it breaks.
 */
export async function readBody(body: Readable, encoding: string, maxBytes: number): Promise<Body> {
  const source = decoded(body, encoding.trim().toLowerCase());
  if (source === undefined) return { kind: "unknown_encoding" };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return { kind: "too_large" };
    chunks.push(chunk);
  }
  return { kind: "ok", bytes: Buffer.concat(chunks, size) };
}
