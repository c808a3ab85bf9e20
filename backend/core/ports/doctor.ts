/** Attributes of a queue by the names that SQS gives them. */
export interface QueueInspector {
  attributes(): Promise<Readonly<Record<string, string>>>;
}

export interface PresignedAnswer {
  readonly status: number;
  readonly text: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What only a check of the bucket does. */
export interface BucketInspector {
  /** Reads a key by the presigned URL that a client is given, as a file of this name. */
  readPresigned(key: string, file_name: string): Promise<PresignedAnswer>;
  /** Origins that pages may read from; "denied" where these credentials may not ask. */
  corsOrigins(): Promise<readonly string[] | "denied">;
  /** Whether deleted objects stay as old versions; "denied" likewise. */
  isVersioned(): Promise<boolean | "denied">;
  /** Whether all four settings of Block Public Access are on; "denied" likewise. */
  blocksPublicAccess(): Promise<boolean | "denied">;
}
