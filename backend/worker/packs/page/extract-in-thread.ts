import { Worker } from "node:worker_threads";
import type { PageRequest } from "./extract-page.ts";
import type { ThreadAnswer } from "./extract-thread.ts";
import type { PageContent } from "./page-content.ts";

/** Bounds of reading one page. */
export const EXTRACT_LIMITS = {
  max_parsed_chars: 2_000_000,
  article_ms: 10_000,
  whole_page_ms: 10_000,
  memory_mb: 768,
  stack_mb: 16,
} as const;

export interface Extracted {
  readonly page: PageContent | undefined;
  /** Why an attempt gave nothing; for the log. */
  readonly faults: readonly string[];
}

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const THREAD = new URL(
  import.meta.url.endsWith(".ts") ? "./extract-thread.ts" : "./extract-thread.js",
  import.meta.url,
);

function inThread(request: PageRequest, ms: number, signal: AbortSignal): Promise<PageContent | string> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, {
      workerData: request,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: EXTRACT_LIMITS.memory_mb, stackSizeMb: EXTRACT_LIMITS.stack_mb },
    });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      void thread.terminate();
      settle();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    const timer = setTimeout(() => finish(() => resolve("timeout")), ms);
    signal.addEventListener("abort", onAbort, { once: true });
    thread.once("message", (answer: ThreadAnswer) =>
      finish(() => resolve(answer.kind === "ok" ? answer.page : answer.error)),
    );
    thread.once("error", (error: NodeJS.ErrnoException) => finish(() => resolve(error.code ?? error.name)));
    thread.once("exit", () => finish(() => resolve("exit")));
  });
}

/**
 * Reads a page in a thread of its own with bounded time and memory: first as an article, and when that takes too much,
 * as the whole body. Rejects with the signal's reason when that aborts.
 */
export async function extractInThread(request: PageRequest, signal: AbortSignal): Promise<Extracted> {
  const faults: string[] = [];
  const attempts = [
    { article: true, ms: EXTRACT_LIMITS.article_ms },
    { article: false, ms: EXTRACT_LIMITS.whole_page_ms },
  ];
  for (const { article, ms } of attempts) {
    signal.throwIfAborted();
    const page = await inThread({ ...request, article }, ms, signal);
    if (typeof page !== "string") return { page, faults };
    faults.push(page);
  }
  return { page: undefined, faults };
}
