import { Outage } from "../domain/outage.ts";

export interface BatchOptions<Item, Result> {
  /** Does what is asked for all of them in one transaction: the result of each, in their order, or none. */
  readonly many: (items: readonly Item[]) => Promise<readonly (Result | undefined)[]>;
  /** How many items go together at most. */
  readonly most: number;
  /** Whose rows an item needs. Of one owner one item at a time is repeated, so that a locked row of his keeps the others from nothing. */
  readonly ownerOf?: (item: Item) => string;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result | undefined): void;
  reject(error: unknown): void;
}

/** How many items of flights that were rolled back are repeated at once, of all flights: fewer than there are connections. */
const REPEATED_AT_ONCE = 3;

/**
 * Group commit. One flight of a statement is under way at a time, and the calls that come meanwhile go together in the
 * next one: nothing waits for a timer, so that a batch of an idle process has one item, and batches grow with the load.
 * A flight of which certainly nothing was done is repeated item by item, so that the one at fault fails alone. When the
 * outcome is unknown, it is unknown to every caller.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #flight: Promise<void> = Promise.resolve();
  #hasNext = false;
  /** What is left to repeat, and whose items are repeated now. */
  readonly #repeats: Waiting<Item, Result>[] = [];
  readonly #owners = new Set<string>();
  #repeating = 0;

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options;
  }

  call(item: Item): Promise<Result | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Result | undefined>();
    this.#waiting.push({ item, resolve, reject });
    this.#schedule();
    return promise;
  }

  /** By the first call that waits, so that a flight belongs to the trace of one of its own callers. */
  #schedule(): void {
    if (this.#hasNext) return;
    this.#hasNext = true;
    this.#flight = this.#flight.then(() => {
      const batch = this.#waiting.splice(0, this.#options.most);
      this.#hasNext = false;
      if (this.#waiting.length > 0) this.#schedule();
      return this.#fly(batch);
    });
  }

  async #fly(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.many(batch.map(({ item }) => item));
      batch.forEach((each, index) => each.resolve(results[index]));
    } catch (error) {
      // The next flight does not wait for what becomes of these.
      if (batch.length > 1 && isUndone(error)) this.#repeat(batch);
      else for (const each of batch) each.reject(error);
    }
  }

  #repeat(batch: readonly Waiting<Item, Result>[]): void {
    this.#repeats.push(...batch);
    for (let lane = this.#repeating; lane < REPEATED_AT_ONCE; lane++) void this.#repeatEach();
  }

  async #repeatEach(): Promise<void> {
    const ownerOf = ({ item }: Waiting<Item, Result>) => this.#options.ownerOf?.(item);
    this.#repeating += 1;
    for (;;) {
      const index = this.#repeats.findIndex((each) => !this.#owners.has(ownerOf(each) ?? ""));
      const [each] = index === -1 ? [] : this.#repeats.splice(index, 1);
      if (each === undefined) break;
      const owner = ownerOf(each);
      if (owner !== undefined) this.#owners.add(owner);
      await this.#fly([each]);
      if (owner !== undefined) this.#owners.delete(owner);
    }
    this.#repeating -= 1;
  }
}

/** Whether the database said that it did nothing. */
const isUndone = (error: unknown): boolean => !(error instanceof Outage) || error.is_undone;
