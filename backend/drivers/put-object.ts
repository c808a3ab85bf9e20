import { PutObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { getEndpointFromInstructions } from "@smithy/core/endpoints";
import { HttpRequest, type HttpResponse } from "@smithy/core/protocols";
import { z } from "zod";
import { VERSION } from "#core/domain/version.ts";
import { addressOf, bytesOf, signedCalls } from "./signed-calls.ts";

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

const sigv4 = z.object({
  name: z.literal("sigv4"),
  signingName: z.string(),
  signingRegion: z.string(),
  disableDoubleEncoding: z.boolean(),
});

/**
 * PutObject as a signed call to the SDK's address for the bucket. Undefined where the bucket wants another signature than
 * SigV4.
 */
export async function leanPutObject(client: S3Client, bucket: string): Promise<PutObject | undefined> {
  const endpoint = await getEndpointFromInstructions({ Bucket: bucket, Key: "-" }, PutObjectCommand, client.config);
  const scheme = z.tuple([sigv4], z.unknown()).safeParse(endpoint.properties?.["authSchemes"]).data?.[0];
  if (scheme === undefined) return undefined;
  const send = signedCalls(client, scheme);
  return async (object) => {
    const response = await send(requestOf(endpoint.url, object));
    if (response.statusCode < 200 || response.statusCode >= 300) throw await exceptionOf(response);
    discard(response.body);
  };
}

function requestOf(url: URL, object: NewObject): HttpRequest {
  const path = object.key.split("/").map(escaped).join("/");
  return new HttpRequest({
    method: "PUT",
    ...addressOf(url),
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
  const document = (await bytesOf(body, MAX_ERROR_BYTES)).toString("utf8");
  const name = /<Code>([\w.]{1,100})<\/Code>/.exec(document)?.[1] ?? `Status${statusCode}`;
  const requestId = headers["x-amz-request-id"];
  return new S3ServiceException({
    name,
    message: `PutObject was answered ${statusCode}`,
    $fault: statusCode >= 500 ? "server" : "client",
    $metadata: { httpStatusCode: statusCode, ...(requestId === undefined ? {} : { requestId }) },
  });
}
