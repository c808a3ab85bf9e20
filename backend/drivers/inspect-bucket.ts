import { GetBucketCorsCommand, S3Client, type S3ClientConfig, S3ServiceException } from "@aws-sdk/client-s3";
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
    async corsOrigins() {
      try {
        const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket: settings.bucket }));
        return CORSRules.filter((rule) => rule.AllowedMethods?.includes("GET")).flatMap(
          ({ AllowedOrigins = [] }) => AllowedOrigins,
        );
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === "NoSuchCORSConfiguration") return [];
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403) return "denied";
        throw new Outage("s3", error);
      }
    },
    close: () => client.destroy(),
  };
}
