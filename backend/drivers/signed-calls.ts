import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { HttpRequest, type HttpResponse } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";

/** The SDK corrects a clock by the server's when they differ by this much. */
const SKEW_MS = 240_000;

export interface SigV4Scheme {
  readonly signingName: string;
  readonly signingRegion: string;
  readonly disableDoubleEncoding?: boolean;
}

/** Signs a request, and sends it once. */
export type SignedCall = (request: HttpRequest, abortSignal?: AbortSignal) => Promise<HttpResponse>;

/**
 * Calls with an SDK client's credentials, hash and HTTP handler, without the middleware of its commands, which costs several
 * times as much as all of them.
 */
export function signedCalls({ config }: S3Client | SQSClient, scheme: SigV4Scheme): SignedCall {
  const signer = new SignatureV4({
    credentials: config.credentials,
    region: scheme.signingRegion,
    service: scheme.signingName,
    sha256: config.sha256,
    uriEscapePath: scheme.disableDoubleEncoding !== true,
  });
  let ahead_ms = 0;
  return async (request, abortSignal) => {
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + ahead_ms) });
    const options = abortSignal === undefined ? {} : { abortSignal };
    const { response } = await config.requestHandler.handle(new HttpRequest(signed), options);
    if (response.statusCode < 400) return response;
    const skew_ms = Date.parse(response.headers["date"] ?? "") - Date.now();
    if (Math.abs(skew_ms - ahead_ms) >= SKEW_MS) ahead_ms = skew_ms;
    return response;
  };
}

/** The parts of a request that its address gives. */
export const addressOf = (url: URL) => ({
  protocol: url.protocol,
  hostname: url.hostname,
  ...(url.port === "" ? {} : { port: Number(url.port) }),
});

/** The bytes of a response; of a longer one as many as begin it. */
export async function bytesOf(body: AsyncIterable<Uint8Array>, max: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= max) break;
  }
  return Buffer.concat(chunks).subarray(0, max);
}
