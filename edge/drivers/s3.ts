import { AwsClient } from "aws4fetch";
import { metadataOf, type ObjectMetadata } from "#core/domain/object-metadata.ts";
import { Outage } from "#core/domain/outage.ts";
import { attachmentOf, presignedUrl } from "#core/domain/presigned.ts";
import type { ObjectDownloader, ObjectPresigner } from "#core/ports/objects.ts";

export interface S3Options {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly timeout_ms: number;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

interface OpenObject {
  readonly metadata: ObjectMetadata;
  readonly body: ReadableStream<Uint8Array>;
}

interface ObjectOpener {
  /**
   * An object of this size, or a part of it, as a stream; undefined where nothing is stored. Throws an Outage when
   * the answer does not begin in time.
   */
  open(key: string, size_bytes: number, range?: Range): Promise<OpenObject | undefined>;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type Ask = (key: string, bytes: number, range: Range | undefined, signal: AbortSignal) => Promise<Answered | undefined>;
type Answered = OpenObject & { readonly response: Response };

/** S3, addressed by path: it works for every compatible store. */
export function createS3(
  options: S3Options,
): ObjectPresigner & ObjectDownloader & ObjectOpener & { check(): Promise<void> } {
  const client = new AwsClient({
    accessKeyId: options.access_key_id,
    secretAccessKey: options.secret_access_key,
    region: options.region,
    service: "s3",
    retries: 0,
  });
  const bucket = new URL(`/${options.bucket}`, options.endpoint).href;

  return {
    async presign(key, expires_seconds, file_name) {
      const url = new URL(`${bucket}/${key}`);
      url.searchParams.set("X-Amz-Expires", String(expires_seconds));
      // In the place of the stored one, which is not for those who have the address.
      url.searchParams.set("response-content-disposition", attachmentOf(file_name));
      const signed = await client.sign(url, { method: "GET", aws: { signQuery: true } });
      return presignedUrl(signed.url);
    },
    ...readers(askOf(client, bucket), options.timeout_ms),
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

/** The answer to a GET, of just so many bytes; undefined for a 404. */
function askOf(client: AwsClient, bucket: string): Ask {
  return async (key, bytes, range, signal) => {
    const response = await client.fetch(`${bucket}/${key}`, {
      headers: range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` },
      redirect: "manual",
      signal,
    });
    const { status, headers, body } = response;
    const length = headers.get("Content-Length");
    const isAsked = status === (range === undefined ? 200 : 206) && length === String(bytes);
    if (isAsked && body !== null) return { metadata: metadataOf(headers.get("Content-Disposition")), body, response };
    await body?.cancel();
    if (status === 404) return undefined;
    throw new Error(`a GET of ${bytes} bytes was answered ${status} with ${length}`);
  };
}

function readers(ask: Ask, timeout_ms: number): ObjectDownloader & ObjectOpener {
  return {
    async open(key, size_bytes, range) {
      const bytes = range === undefined ? size_bytes : range.last - range.first + 1;
      const late = new AbortController();
      // Until it begins: how long the rest takes is up to the reader.
      const timer = setTimeout(() => late.abort(), timeout_ms);
      try {
        return await ask(key, bytes, range, late.signal);
      } catch (error) {
        throw new Outage("s3", error);
      } finally {
        clearTimeout(timer);
      }
    },
    async download(key, size_bytes) {
      let bytes: ArrayBuffer;
      let found: Answered | undefined;
      try {
        found = await ask(key, size_bytes, undefined, AbortSignal.timeout(timeout_ms));
        if (found === undefined) return undefined;
        bytes = await found.response.arrayBuffer();
      } catch (error) {
        throw new Outage("s3", error);
      }
      return { metadata: found.metadata, text: utf8.decode(bytes) };
    },
  };
}
