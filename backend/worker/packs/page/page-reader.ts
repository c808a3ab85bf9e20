import type { PackOutcome } from "#core/domain/pack.ts";
import { received } from "../isolation/outcome-pool.ts";
import { createProcessPool, POOL_LIMITS } from "../isolation/process-pool.ts";
import type { SentOutcome } from "../isolation/serve-outcomes.ts";
import type { Asker } from "../isolation/turn.ts";
import { startWorkProcess, type WorkProcess } from "../isolation/work-process.ts";
import { documentKind, isPage } from "./content-types.ts";
import { type FetchedPage, pageOutcome } from "./page-outcome.ts";

/** Bounds of reading. Neither waiting for a process counts against them nor for a processor. */
export const READER_LIMITS = {
  ...POOL_LIMITS,
  article_ms: 20_000,
  whole_page_ms: 20_000,
  heap_mb: 384,
  resident_mb: 800,
};

/** A text that is no page and no longer is read here, within a millisecond. */
const MAX_TEXT_BYTES_HERE = 4_096;

interface Extracted {
  /** Undefined: no attempt ended well. */
  readonly outcome: PackOutcome | undefined;
  /** Why an attempt gave nothing; for the log. */
  readonly failures: readonly string[];
}

export interface PageReader {
  /**
   * Reads a page or document in a process with bounded time and memory, but for a small text: first as an article, and when it was the search for
   * that which took too much, as the whole body. Rejects with the asker's reason when its signal aborts.
   */
  read(page: FetchedPage, asker: Asker): Promise<Extracted>;
}

export type ReadingProcess = WorkProcess<FetchedPage & { readonly article: boolean }, SentOutcome>;

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./extract-process.ts" : "./extract-process.js",
  import.meta.url,
);

/** Starts a process for reading documents. */
export const startReadingProcess = (limits: typeof READER_LIMITS): ReadingProcess => startWorkProcess(SCRIPT, limits);

/** Builds a reader with processes of its own, none of which keeps the process alive. */
export function createPageReader(limits = READER_LIMITS, start = startReadingProcess): PageReader {
  const attempt = createProcessPool("url", () => start(limits), limits);
  return {
    async read(page, asker) {
      const { content_type, body } = page.fetched;
      const isText = !isPage(content_type) && documentKind(content_type) === undefined;
      if (isText && body.byteLength <= MAX_TEXT_BYTES_HERE) {
        return { outcome: await pageOutcome({ ...page, article: false }, () => undefined), failures: [] };
      }
      const first = received(await attempt({ ...page, article: true }, asker, limits.article_ms));
      if (first.kind === "ok") return { outcome: first.result, failures: [] };
      if (first.stage !== "searching") return { outcome: undefined, failures: [first.reason] };
      const second = received(await attempt({ ...page, article: false }, asker, limits.whole_page_ms));
      if (second.kind === "ok") return { outcome: second.result, failures: [first.reason] };
      return { outcome: undefined, failures: [first.reason, second.reason] };
    },
  };
}
