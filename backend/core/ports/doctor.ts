/** Attributes of a queue by the names that SQS gives them. */
export interface QueueInspector {
  attributes(): Promise<Readonly<Record<string, string>>>;
}

/** What only a check of the bucket does. */
export interface BucketInspector {
  /** Reads a key by a presigned URL, as a client does. */
  readPresigned(key: string): Promise<{ readonly status: number; readonly text: string; readonly date: string | null }>;
  /** Origins that pages may read from; "denied" where these credentials may not ask. */
  corsOrigins(): Promise<readonly string[] | "denied">;
  /** Whether deleted objects stay as old versions; "denied" likewise. */
  isVersioned(): Promise<boolean | "denied">;
  /** Whether all four settings of Block Public Access are on; "denied" likewise. */
  blocksPublicAccess(): Promise<boolean | "denied">;
}
