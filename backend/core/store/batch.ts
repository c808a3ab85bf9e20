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

/** How many of a batch that was rolled back are repeated at once: fewer than there are connections. */
const REPEATED_AT_ONCE = 2;

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
    const left = [...batch];
    const busy = new Set<string>();
    const owner = ({ item }: Waiting<Item, Result>) => this.#options.ownerOf?.(item);
    const take = () => {
      const index = left.findIndex((each) => !busy.has(owner(each) ?? ""));
      return index === -1 ? undefined : left.splice(index, 1)[0];
    };
    const next = async (): Promise<void> => {
      for (let each = take(); each !== undefined; each = take()) {
        const whose = owner(each);
        if (whose !== undefined) busy.add(whose);
        await this.#fly([each]);
        if (whose !== undefined) busy.delete(whose);
      }
    };
    for (let i = 0; i < REPEATED_AT_ONCE; i++) void next();
  }
}

/** Whether the database said that it did nothing. */
const isUndone = (error: unknown): boolean => !(error instanceof Outage) || error.is_undone;
