/** An object's metadata: lower-case names, ASCII values. */
type ObjectMetadata = Readonly<Record<string, string>>;

export interface ObjectReader {
  /** The object's metadata, or undefined when there is none. */
  head(key: string): Promise<ObjectMetadata | undefined>;
}

export interface ObjectWriter extends ObjectReader {
  /**
   * PutObject with `If-None-Match: *`: "created", or "exists" (412). A 409 ConditionalRequestConflict is no verdict
   * and is repeated inside. Throws {@link Outage} when the outcome is unknown.
   */
  create(key: string, body: Uint8Array, content_type: string, metadata: ObjectMetadata): Promise<"created" | "exists">;
}

export interface ObjectDeleter {
  /** Deletes every object at these keys (at most 1,000); a key without one is no error. Throws when any may be left. */
  delete(keys: readonly string[]): Promise<void>;
}

export interface ObjectPresigner {
  /** A GET URL that serves the object for `expires_seconds`. No I/O. */
  presign(key: string, expires_seconds: number): Promise<string>;
}
