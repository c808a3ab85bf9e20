import { availableParallelism } from "node:os";
import type { DocumentRequest, Reading } from "./read-document.ts";
import { type ReadingProcess, startReadingProcess } from "./reading-process.ts";
import { createSlots } from "./slots.ts";

/** Bounds of reading. Waiting for a process counts against none of them: the caller's signal ends that. */
export const READER_LIMITS = {
  article_ms: 10_000,
  whole_page_ms: 10_000,
  memory_mb: 384,
  processes: Math.min(4, Math.max(2, availableParallelism())),
  /** A process is not used for ever, whatever its libraries may keep. */
  reads_per_process: 100,
  /** So long a process waits for the next document; it saves that the loading of the parser. */
  idle_ms: 60_000,
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

type Start = (memory_mb: number) => ReadingProcess;

/** Processes that are started when needed and kept for the next document; each serves one caller at a time. */
function createProcesses(limits: typeof READER_LIMITS, start: Start) {
  const slots = createSlots(limits.processes);
  const reads = new WeakMap<ReadingProcess, number>();
  const idle = new Map<ReadingProcess, NodeJS.Timeout>();

  function keep(process: ReadingProcess): void {
    const expire = () => {
      idle.delete(process);
      void process.end();
    };
    idle.set(process, setTimeout(expire, limits.idle_ms).unref());
  }

  function warm(): ReadingProcess | undefined {
    for (const [process, timer] of [...idle].toReversed()) {
      clearTimeout(timer);
      idle.delete(process);
      if (!process.ended) return process;
    }
    return undefined;
  }

  return {
    async take(signal: AbortSignal): Promise<ReadingProcess> {
      await slots.take(signal);
      const process = warm() ?? start(limits.memory_mb);
      reads.set(process, (reads.get(process) ?? 0) + 1);
      return process;
    },
    async giveBack(process: ReadingProcess): Promise<void> {
      const spent = (reads.get(process) ?? 0) >= limits.reads_per_process;
      if (process.ended || spent) await process.end();
      else keep(process);
      slots.release();
    },
  };
}

/** Builds a reader with processes of its own, none of which keeps the process alive. */
export function createPageReader(limits = READER_LIMITS, start: Start = startReadingProcess): PageReader {
  const processes = createProcesses(limits, start);

  async function attempt(request: DocumentRequest, ms: number, signal: AbortSignal) {
    const process = await processes.take(signal);
    try {
      return await process.read(request, ms, signal);
    } finally {
      void processes.giveBack(process);
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
