import { DecisionproofError } from "./errors.ts";
import type { Query, Transport } from "./transport.ts";
import type { CallOptions } from "./types.ts";

interface Page {
  readonly next_cursor?: string | null;
}

/** A list of the API: its entries, or its pages. Nothing is asked for before it is read; reading it again begins anew. */
export class List<Entry, P extends Page> implements AsyncIterable<Entry> {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #query: Query;
  readonly #options: CallOptions;
  readonly #entriesOf: (page: P) => readonly Entry[];

  constructor(
    transport: Transport,
    path: string,
    entriesOf: (page: P) => readonly Entry[],
    query: Query,
    options: CallOptions,
  ) {
    this.#transport = transport;
    this.#path = path;
    this.#query = query;
    this.#options = options;
    this.#entriesOf = entriesOf;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, undefined> {
    for await (const page of this.pages()) yield* this.#entriesOf(page);
  }

  /** The pages; one may be empty and yet have a next. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    let cursor: string | null | undefined;
    for (;;) {
      const query = cursor === undefined ? this.#query : { ...this.#query, cursor };
      const { data } = await this.#transport.send<P>({ method: "GET", path: this.#path, query, ...this.#options });
      yield data;
      const next = data.next_cursor;
      if (next === null || next === undefined) return;
      if (next === cursor) throw new DecisionproofError(`${this.#path} gave the same cursor twice`);
      cursor = next;
    }
  }

  /** All entries, or the first `max`. */
  async toArray(max = Number.POSITIVE_INFINITY): Promise<Entry[]> {
    const all: Entry[] = [];
    if (max > 0)
      for await (const entry of this) {
        all.push(entry);
        if (all.length >= max) break;
      }
    return all;
  }
}
