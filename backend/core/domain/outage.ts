export const STORES = ["database", "redis", "sqs", "s3"] as const;
export type StoreName = (typeof STORES)[number];

/**
 * A store did not answer, or not in time: what it did is unknown, unless `is_undone` says that it did nothing. Its message
 * names no address and no secret.
 */
export class Outage extends Error {
  override readonly name = "Outage";
  readonly store: StoreName;
  readonly is_undone: boolean;

  constructor(store: StoreName, cause: unknown, is_undone = false) {
    super(`${store} is unavailable`, { cause });
    this.store = store;
    this.is_undone = is_undone;
  }
}
