import { DecisionproofError } from "./errors.ts";
import type { Query, Transport } from "./transport.ts";
import type { CallOptions } from "./types.ts";

interface Page {
  readonly next_cursor?: string | null;
}

/** A list of the API: its entries, or its pages. Nothing is asked for before it is read; reading it again begins at its start. */
export interface List<Entry, P> extends AsyncIterable<Entry> {
  /** The pages; one may be empty and yet have a next. */
  pages(): AsyncGenerator<P, void, undefined>;
  /** All entries, or the first `max`. */
  toArray(max?: number): Promise<Entry[]>;
}

/** The list at this path, whose pages have their entries as `name`. */
export function listOf<Name extends string, Entry, P extends Page & Record<Name, readonly Entry[]>>(
  transport: Transport,
  path: string,
  name: Name,
  query: Query,
  options: CallOptions,
): List<Entry, P> {
  async function* pages(): AsyncGenerator<P, void, undefined> {
    let cursor: string | null | undefined;
    for (;;) {
      const page: P = await transport.data("GET", path, { ...options, query: { ...query, ...(cursor && { cursor }) } });
      yield page;
      const next = page.next_cursor;
      if (!next) return;
      if (next === cursor) throw new DecisionproofError(`${path} gave the same cursor twice`);
      cursor = next;
    }
  }
  async function* entries(): AsyncGenerator<Entry, void, undefined> {
    for await (const page of pages()) yield* page[name];
  }
  return {
    pages,
    [Symbol.asyncIterator]: entries,
    toArray: async (max = Number.POSITIVE_INFINITY) => {
      const all: Entry[] = [];
      for await (const entry of entries()) if (all.push(entry) >= max) break;
      return all;
    },
  };
}
