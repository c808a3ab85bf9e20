import { AwsClient } from "aws4fetch";
import { Outage } from "#core/domain/outage.ts";
import type { ObjectPresigner } from "#core/ports/objects.ts";

export interface S3Options {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly timeout_ms: number;
}

/** S3, addressed by path: it works for every compatible store. */
export function createS3(options: S3Options): ObjectPresigner & { check(): Promise<void> } {
  const client = new AwsClient({
    accessKeyId: options.access_key_id,
    secretAccessKey: options.secret_access_key,
    region: options.region,
    service: "s3",
    retries: 0,
  });
  const bucket = new URL(`/${options.bucket}`, options.endpoint).href;

  return {
    async presign(key, expires_seconds) {
      const url = new URL(`${bucket}/${key}`);
      url.searchParams.set("X-Amz-Expires", String(expires_seconds));
      const signed = await client.sign(url, { method: "GET", aws: { signQuery: true } });
      return signed.url;
    },
    async check() {
      try {
        const response = await client.fetch(bucket, {
          method: "HEAD",
          signal: AbortSignal.timeout(options.timeout_ms),
        });
        if (!response.ok) throw new Error(`HeadBucket was answered ${response.status}`);
      } catch (error) {
        throw new Outage("s3", error);
      }
    },
  };
}
