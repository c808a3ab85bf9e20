import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Outage } from "#core/domain/outage.ts";
import type { ObjectDeleter, ObjectWriter } from "#core/ports/objects.ts";

const CONFLICT_TRIES = 5;

/** Results over the AWS SDK. */
export function createS3Objects(settings: {
  readonly client: S3ClientConfig;
  readonly bucket: string;
}): ObjectWriter & ObjectDeleter & { close(): void } {
  // Whole results are hashed once, off the thread that keeps leases; SHA-256 signs the bytes, so no CRC goes beside it.
  const client = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED", ...settings.client });
  client.middlewareStack.add(
    (next) => (args) => {
      const sha256 = "Metadata" in args.input ? args.input.Metadata?.["sha256"] : undefined;
      const request = args.request as { readonly headers: Record<string, string> };
      if (sha256 !== undefined) request.headers["x-amz-content-sha256"] = sha256;
      return next(args);
    },
    { step: "build", name: "signByKnownHash" },
  );
  return {
    async create(Key, Body, ContentType, Metadata) {
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(
            new PutObjectCommand({ Bucket: settings.bucket, Key, Body, ContentType, Metadata, IfNoneMatch: "*" }),
          );
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
        return found.Metadata ?? {};
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw new Outage("s3", error);
      }
    },

    async delete(keys) {
      const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
      const answer = await client
        .send(new DeleteObjectsCommand({ Bucket: settings.bucket, Delete }))
        .catch((error: unknown) => {
          throw new Outage("s3", error);
        });
      const [first] = answer.Errors ?? [];
      if (first !== undefined) throw new Error(`an object was not deleted: ${first.Code ?? "no reason given"}`);
    },

    close() {
      client.destroy();
    },
  };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
