import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { dispositionOf, metadataOf } from "#core/domain/object-metadata.ts";
import { Outage } from "#core/domain/outage.ts";
import type { ObjectDeleter, ObjectDownloader, ObjectWriter } from "#core/ports/objects.ts";
import { leanPutObject, type NewObject, type PutObject } from "./put-object.ts";

const CONFLICT_TRIES = 5;
/** How long a download may take: it is small, and somebody waits for it. */
const DOWNLOAD_MS = 5_000;

/** Results over the AWS SDK. */
export function createS3Objects(settings: {
  readonly client: S3ClientConfig;
  readonly bucket: string;
}): ObjectWriter & ObjectDeleter & ObjectDownloader & { close(): void } {
  // Whole results are hashed once, off the thread that keeps leases; SHA-256 signs the bytes, so no CRC goes beside it.
  const client = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED", ...settings.client });
  const put = putObject(client, settings);
  return {
    async create(key, body, content_type, metadata) {
      const object = {
        key,
        body,
        content_type,
        content_disposition: dispositionOf(metadata),
        sha256: metadata["sha256"],
      };
      for (let attempt = 1; ; attempt++) {
        try {
          await put(object);
          return "created";
        } catch (error) {
          const status = statusOf(error);
          if (status === 412) return "exists";
          if (status !== 409 || attempt >= CONFLICT_TRIES) throw new Outage("s3", error);
        }
      }
    },

    async head(Key) {
      try {
        const found = await client.send(new HeadObjectCommand({ Bucket: settings.bucket, Key }));
        return metadataOf(found.ContentDisposition);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw new Outage("s3", error);
      }
    },

    download: (key, size_bytes) => download(client, settings.bucket, key, size_bytes),

    async delete(keys) {
      const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
      const response = await client
        .send(new DeleteObjectsCommand({ Bucket: settings.bucket, Delete }))
        .catch((error: unknown) => {
          throw new Outage("s3", error);
        });
      const [first] = response.Errors ?? [];
      if (first !== undefined) throw new Error(`an object was not deleted: ${first.Code ?? "no reason given"}`);
    },

    close() {
      client.destroy();
    },
  };
}

type UploadedObject = Omit<NewObject, "sha256"> & { readonly sha256: string | undefined };

/** The SDK repeats what fails, unless the caller does so itself: then a try need not cost what its commands do. */
function putObject(client: S3Client, settings: { readonly client: S3ClientConfig; readonly bucket: string }) {
  const bySdk = async ({ key, body, content_type, content_disposition, sha256 }: UploadedObject): Promise<void> => {
    const put = { Bucket: settings.bucket, Key: key, Body: body, ContentType: content_type, IfNoneMatch: "*" };
    await client.send(signedByHash(new PutObjectCommand({ ...put, ContentDisposition: content_disposition }), sha256));
  };
  if (settings.client.maxAttempts !== 1) return bySdk;
  let lean: Promise<PutObject | undefined> | undefined;
  return async (object: UploadedObject): Promise<void> => {
    const { sha256 } = object;
    if (sha256 === undefined) return bySdk(object);
    lean ??= leanPutObject(client, settings.bucket);
    const put = await lean.catch((error: unknown) => {
      lean = undefined;
      throw error;
    });
    return put === undefined ? bySdk(object) : put({ ...object, sha256 });
  };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

async function download(client: S3Client, Bucket: string, Key: string, size_bytes: number) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), DOWNLOAD_MS);
  try {
    const got = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal: abort.signal });
    const { Body, ContentLength, ContentDisposition } = got;
    if (Body === undefined || ContentLength !== size_bytes) {
      abort.abort();
      throw new WrongSize(`the object ${Key} has ${ContentLength} bytes instead of ${size_bytes}`);
    }
    const bytes = await Body.transformToByteArray();
    return { metadata: metadataOf(ContentDisposition), text: utf8.decode(bytes) };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error instanceof WrongSize || error instanceof TypeError ? error : new Outage("s3", error);
  } finally {
    clearTimeout(timer);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class WrongSize extends Error {}

/** The bytes' hash is known already: they are not hashed again to be signed. */
function signedByHash(command: PutObjectCommand, sha256: string | undefined): PutObjectCommand {
  if (sha256 === undefined) return command;
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { readonly headers: Record<string, string> };
      request.headers["x-amz-content-sha256"] = sha256;
      return next(args);
    },
    { step: "build", name: "signByKnownHash" },
  );
  return command;
}
