import type { ObjectMetadata } from "../domain/object-metadata.ts";

export interface ObjectReader {
  /** The object's metadata, or undefined if it does not exist. */
  head(key: string): Promise<ObjectMetadata | undefined>;
}

export interface ObjectWriter extends ObjectReader {
  /**
   * PutObject with `If-None-Match: *`: "created", or "exists" (412). A 409 ConditionalRequestConflict is no verdict
   * and is repeated inside. Throws {@link Outage} when the outcome is unknown.
   */
  create(key: string, body: Uint8Array, content_type: string, metadata: ObjectMetadata): Promise<"created" | "exists">;
}

/** A text that was read whole. */
interface DownloadedText {
  readonly metadata: ObjectMetadata;
  readonly text: string;
}

export interface ObjectDownloader {
  /**
   * An object of this size, a small text in UTF-8; undefined if it does not exist. Throws {@link Outage} when it cannot be
   * read in time, and another error when it has another size, of which nothing is read, or is no such text.
   */
  download(key: string, size_bytes: number): Promise<DownloadedText | undefined>;
}

export interface ObjectDeleter {
  /** Deletes every object at these keys (at most 1,000); a key without one is no error. Throws when any may be left. */
  delete(keys: readonly string[]): Promise<void>;
}

export interface ObjectPresigner {
  /** A GET URL that serves the object for `expires_seconds`, as a file of this name. No I/O. */
  presign(key: string, expires_seconds: number, file_name: string): Promise<string>;
}
