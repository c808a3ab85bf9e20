export const STORES = ["database", "redis", "sqs", "s3"] as const;
export type StoreName = (typeof STORES)[number];

/** A store did not answer, or not in time: what it did is unknown. Its message names no address and no secret. */
export class Outage extends Error {
  override readonly name = "Outage";
  readonly store: StoreName;

  constructor(store: StoreName, cause: unknown) {
    super(`${store} is unavailable`, { cause });
    this.store = store;
  }
}
