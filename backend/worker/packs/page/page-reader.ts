import { availableParallelism } from "node:os";
import type { DocumentRequest, Reading } from "./read-document.ts";
import { type ReadingThread, startReadingThread } from "./reading-thread.ts";
import { createSlots } from "./slots.ts";

/** Bounds of reading. Waiting for a thread counts against none of them: the caller's signal ends that. */
export const READER_LIMITS = {
  article_ms: 10_000,
  whole_page_ms: 10_000,
  memory_mb: 384,
  threads: Math.min(4, Math.max(2, availableParallelism())),
  /** A thread is not used for ever, whatever its libraries may keep. */
  reads_per_thread: 100,
  /** So long a thread waits for the next document; it saves that the loading of the parser. */
  idle_ms: 60_000,
};

interface Extracted {
  readonly reading: Reading | undefined;
  /** Why an attempt gave nothing; for the log. */
  readonly faults: readonly string[];
}

export interface PageReader {
  /**
   * Reads a document in a thread with bounded time and memory: first as an article, and when it was the search for
   * that which took too much, as the whole body. Rejects with the signal's reason when that aborts.
   */
  read(request: Omit<DocumentRequest, "article">, signal: AbortSignal): Promise<Extracted>;
}

type Start = (memory_mb: number) => ReadingThread;

/** Threads that are started when needed and kept for the next document; each serves one caller at a time. */
function createThreads(limits: typeof READER_LIMITS, start: Start) {
  const slots = createSlots(limits.threads);
  const reads = new WeakMap<ReadingThread, number>();
  const idle = new Map<ReadingThread, NodeJS.Timeout>();

  function keep(thread: ReadingThread): void {
    const expire = () => {
      idle.delete(thread);
      void thread.end();
    };
    idle.set(thread, setTimeout(expire, limits.idle_ms).unref());
  }

  function warm(): ReadingThread | undefined {
    for (const [thread, timer] of [...idle].toReversed()) {
      clearTimeout(timer);
      idle.delete(thread);
      if (!thread.ended) return thread;
    }
    return undefined;
  }

  return {
    async take(signal: AbortSignal): Promise<ReadingThread> {
      await slots.take(signal);
      const thread = warm() ?? start(limits.memory_mb);
      reads.set(thread, (reads.get(thread) ?? 0) + 1);
      return thread;
    },
    async giveBack(thread: ReadingThread): Promise<void> {
      const spent = (reads.get(thread) ?? 0) >= limits.reads_per_thread;
      if (thread.ended || spent) await thread.end();
      else keep(thread);
      slots.release();
    },
  };
}

/** Builds a reader with threads of its own, none of which keeps the process alive. */
export function createPageReader(limits = READER_LIMITS, start: Start = startReadingThread): PageReader {
  const threads = createThreads(limits, start);

  async function attempt(request: DocumentRequest, ms: number, signal: AbortSignal) {
    const thread = await threads.take(signal);
    try {
      return await thread.read(request, ms, signal);
    } finally {
      void threads.giveBack(thread);
    }
  }

  return {
    async read(request, signal) {
      const first = await attempt({ ...request, article: true }, limits.article_ms, signal);
      if (first.kind === "ok") return { reading: first.reading, faults: [] };
      if (!first.searching) return { reading: undefined, faults: [first.fault] };
      const second = await attempt({ ...request, article: false }, limits.whole_page_ms, signal);
      if (second.kind === "ok") return { reading: second.reading, faults: [first.fault] };
      return { reading: undefined, faults: [first.fault, second.fault] };
    },
  };
}
