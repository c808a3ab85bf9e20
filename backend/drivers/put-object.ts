import { PutObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { getEndpointFromInstructions } from "@smithy/core/endpoints";
import { HttpRequest, type HttpResponse } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { z } from "zod";
import { VERSION } from "#core/domain/version.ts";

/** What a PutObject of a new object says. */
export interface NewObject {
  readonly key: string;
  readonly body: Uint8Array;
  readonly content_type: string;
  readonly content_disposition: string;
  /** Of the body, in hex. */
  readonly sha256: string;
}

/** Resolves when the object is stored; else throws the exception that the SDK's command would. One try. */
export type PutObject = (object: NewObject) => Promise<void>;

/** Of an error's document. */
const MAX_ERROR_BYTES = 4_096;
/** The SDK corrects a clock by the server's when they differ by this much. */
const SKEW_MS = 240_000;

const sigv4 = z.object({
  name: z.literal("sigv4"),
  signingName: z.string(),
  signingRegion: z.string(),
  disableDoubleEncoding: z.boolean(),
});

/**
 * PutObject with the SDK's address, credentials, signer and HTTP handler, without the middleware of its commands, which costs
 * four times as much as all of them. Undefined where the bucket wants another signature than SigV4.
 */
export async function leanPutObject(client: S3Client, bucket: string): Promise<PutObject | undefined> {
  const endpoint = await getEndpointFromInstructions({ Bucket: bucket, Key: "-" }, PutObjectCommand, client.config);
  const scheme = z.tuple([sigv4], z.unknown()).safeParse(endpoint.properties?.["authSchemes"]).data?.[0];
  if (scheme === undefined) return undefined;
  const signer = new SignatureV4({
    credentials: client.config.credentials,
    region: scheme.signingRegion,
    service: scheme.signingName,
    sha256: client.config.sha256,
    uriEscapePath: !scheme.disableDoubleEncoding,
  });
  let ahead_ms = 0;
  return async (object) => {
    const request = requestOf(endpoint.url, object);
    const signed = await signer.sign(request, { signingDate: new Date(Date.now() + ahead_ms) });
    const { response } = await client.config.requestHandler.handle(new HttpRequest(signed));
    if (response.statusCode >= 200 && response.statusCode < 300) {
      discard(response.body);
      return;
    }
    const skew_ms = Date.parse(response.headers["date"] ?? "") - Date.now();
    if (Math.abs(skew_ms - ahead_ms) >= SKEW_MS) ahead_ms = skew_ms;
    throw await exceptionOf(response);
  };
}

function requestOf(url: URL, object: NewObject): HttpRequest {
  const path = object.key.split("/").map(escaped).join("/");
  return new HttpRequest({
    method: "PUT",
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    path: `${url.pathname.replace(/\/$/, "")}/${path}`,
    headers: {
      host: url.host,
      "user-agent": `decisionproof/${VERSION}`,
      "content-type": object.content_type,
      "content-length": String(object.body.byteLength),
      "content-disposition": object.content_disposition,
      "if-none-match": "*",
      "x-amz-content-sha256": object.sha256,
    },
    body: object.body,
  });
}

/** As SigV4 escapes: encodeURIComponent leaves five more. */
const escaped = (segment: string): string =>
  encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The outcome is known: a body that breaks off says nothing more. */
function discard(body: HttpResponse["body"]): void {
  body.on("error", () => undefined);
  body.resume();
}

async function exceptionOf({ statusCode, body, headers }: HttpResponse): Promise<S3ServiceException> {
  const document = await beginningOf(body);
  const name = /<Code>([\w.]{1,100})<\/Code>/.exec(document)?.[1] ?? `Status${statusCode}`;
  const requestId = headers["x-amz-request-id"];
  return new S3ServiceException({
    name,
    message: `PutObject was answered ${statusCode}`,
    $fault: statusCode >= 500 ? "server" : "client",
    $metadata: { httpStatusCode: statusCode, ...(requestId === undefined ? {} : { requestId }) },
  });
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString("utf8");
}
