import { createProcessPool, POOL_LIMITS } from "../isolation/process-pool.ts";
import { startWorkProcess, type WorkProcess } from "../isolation/work-process.ts";
import type { DocumentRequest, Reading } from "./read-document.ts";

/** Bounds of reading. Waiting for a process counts against none of them: the caller's signal ends that. */
export const READER_LIMITS = {
  ...POOL_LIMITS,
  article_ms: 20_000,
  whole_page_ms: 20_000,
  heap_mb: 384,
  resident_mb: 800,
};

interface Extracted {
  readonly reading: Reading | undefined;
  /** Why an attempt gave nothing; for the log. */
  readonly faults: readonly string[];
}

export interface PageReader {
  /**
   * Reads a document in a process with bounded time and memory: first as an article, and when it was the search for
   * that which took too much, as the whole body. Rejects with the signal's reason when that aborts.
   */
  read(request: Omit<DocumentRequest, "article">, signal: AbortSignal): Promise<Extracted>;
}

export type ReadingProcess = WorkProcess<DocumentRequest, Reading>;

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./extract-process.ts" : "./extract-process.js",
  import.meta.url,
);

/** Starts a process for reading documents. */
export const startReadingProcess = (limits: typeof READER_LIMITS): ReadingProcess => startWorkProcess(SCRIPT, limits);

/** Builds a reader with processes of its own, none of which keeps the process alive. */
export function createPageReader(limits = READER_LIMITS, start = startReadingProcess): PageReader {
  const attempt = createProcessPool(() => start(limits), limits);
  return {
    async read(request, signal) {
      const first = await attempt({ ...request, article: true }, signal, limits.article_ms);
      if (first.kind === "ok") return { reading: first.answer, faults: [] };
      if (first.stage !== "searching") return { reading: undefined, faults: [first.fault] };
      const second = await attempt({ ...request, article: false }, signal, limits.whole_page_ms);
      if (second.kind === "ok") return { reading: second.answer, faults: [first.fault] };
      return { reading: undefined, faults: [first.fault, second.fault] };
    },
  };
}
