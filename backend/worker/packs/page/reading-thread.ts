import { Worker } from "node:worker_threads";
import type { ThreadMessage } from "./extract-thread.ts";
import type { DocumentRequest, Reading } from "./read-document.ts";

export type Attempt =
  | { readonly kind: "ok"; readonly reading: Reading }
  /** `searching`: the document was parsed, and it was the search for an article that failed. */
  | { readonly kind: "fault"; readonly fault: string; readonly searching: boolean };

export interface ReadingThread {
  /**
   * Reads one document; never two at once. Rejects with the signal's reason when that aborts. That, and running out of
   * time or memory, is the end of the thread.
   */
  read(request: DocumentRequest, ms: number, signal: AbortSignal): Promise<Attempt>;
  readonly ended: boolean;
  /** Resolves when the thread has stopped. */
  end(): Promise<unknown>;
}

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./extract-thread.ts" : "./extract-thread.js",
  import.meta.url,
);
const STACK_MB = 16;

function startWorker(memory_mb: number): Worker {
  const worker = new Worker(SCRIPT, {
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memory_mb, stackSizeMb: STACK_MB },
  });
  // Only a thread at work keeps the process alive.
  worker.unref();
  return worker;
}

// The copy keeps the body for another attempt, and what lies beside it in a pooled buffer out of the thread.
function send(worker: Worker, request: DocumentRequest): void {
  const body = new Uint8Array(request.body);
  worker.postMessage({ ...request, body }, [body.buffer]);
}

/** Starts a thread for reading documents of up to `memory_mb` of heap. */
export function startReadingThread(memory_mb: number): ReadingThread {
  const worker = startWorker(memory_mb);
  let ended = false;
  let onMessage: (message: ThreadMessage) => void = () => undefined;
  let onEnd: (fault: string) => void = () => undefined;
  const over = (fault: string) => {
    ended = true;
    onEnd(fault);
  };
  worker.on("message", (message: ThreadMessage) => onMessage(message));
  worker.on("error", (error: NodeJS.ErrnoException) => over(error.code ?? error.name));
  worker.on("exit", () => over("exit"));

  async function read(request: DocumentRequest, ms: number, signal: AbortSignal): Promise<Attempt> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Attempt>();
    let searching = false;
    onMessage = (message) => {
      if (message.kind === "searching") searching = true;
      else if (message.kind === "ok") resolve(message);
      else resolve({ kind: "fault", fault: message.error, searching });
    };
    onEnd = (fault) => resolve({ kind: "fault", fault, searching });
    const onAbort = () => {
      ended = true;
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => over("timeout"), ms);
    worker.ref();
    try {
      if (ended) return { kind: "fault", fault: "exit", searching };
      send(worker, request);
      return await promise;
    } finally {
      worker.unref();
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (ended) void worker.terminate();
    }
  }

  return {
    read,
    get ended() {
      return ended;
    },
    end() {
      ended = true;
      return worker.terminate();
    },
  };
}
