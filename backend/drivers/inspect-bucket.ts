import {
  GetBucketCorsCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { attachmentOf, presignedUrl } from "#core/domain/presigned.ts";
import { Outage } from "#core/domain/outage.ts";
import type { BucketInspector } from "#core/ports/doctor.ts";

const URL_SECONDS = 60;
const TIMEOUT_MS = 15_000;

/** What only a check of the bucket does, over the AWS SDK and the presigned URL that the edge makes. */
export function createBucketInspector(settings: {
  readonly client: S3ClientConfig;
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
}): BucketInspector & { close(): void } {
  const client = new S3Client(settings.client);
  const Bucket = settings.bucket;
  return {
    async readPresigned(key, file_name) {
      try {
        const signer = new AwsClient({
          ...(await client.config.credentials()),
          service: "s3",
          region: settings.region,
        });
        const query = new URLSearchParams({
          "X-Amz-Expires": String(URL_SECONDS),
          "response-content-disposition": attachmentOf(file_name),
        });
        const url = new URL(`/${settings.bucket}/${key}?${query}`, settings.endpoint);
        const signed = await signer.sign(url, { method: "GET", aws: { signQuery: true } });
        const response = await fetch(presignedUrl(signed.url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
        const { status, headers } = response;
        return { status, text: await response.text(), headers: Object.fromEntries(headers) };
      } catch (error) {
        throw new Outage("s3", error);
      }
    },
    corsOrigins: () =>
      readable([], "NoSuchCORSConfiguration", async () => {
        const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket }));
        return CORSRules.filter((rule) => rule.AllowedMethods?.includes("GET")).flatMap(
          ({ AllowedOrigins = [] }) => AllowedOrigins,
        );
      }),
    isVersioned: () =>
      readable(false, "NotImplemented", async () => {
        const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
        return Status === "Enabled";
      }),
    blocksPublicAccess: () =>
      readable(false, "NoSuchPublicAccessBlockConfiguration", async () => {
        const { PublicAccessBlockConfiguration: set } = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
        const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } = set ?? {};
        return [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets].every(
          (setting) => setting === true,
        );
      }),
    close: () => client.destroy(),
  };
}

/** A setting of the bucket; `unset` where the store has no such setting, "denied" where it may not be asked. */
async function readable<T>(unset: T, nameOfUnset: string, read: () => Promise<T>): Promise<T | "denied"> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === nameOfUnset) return unset;
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403) return "denied";
    throw new Outage("s3", error);
  }
}
