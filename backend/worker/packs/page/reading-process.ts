import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ReadMessage } from "./extract-process.ts";
import type { DocumentRequest, Reading } from "./read-document.ts";

export type Attempt =
  | { readonly kind: "ok"; readonly reading: Reading }
  /** `searching`: the document was parsed, and it was the search for an article that failed. */
  | { readonly kind: "fault"; readonly fault: string; readonly searching: boolean };

export interface ReadingProcess {
  /**
   * Reads one document; never two at once. Rejects with the signal's reason when that aborts. That, and running out of
   * time or memory, is the end of the process.
   */
  read(request: DocumentRequest, ms: number, signal: AbortSignal): Promise<Attempt>;
  readonly ended: boolean;
  /** Resolves when the process has stopped. */
  end(): Promise<unknown>;
}

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./extract-process.ts" : "./extract-process.js",
  import.meta.url,
);
/** Below the 8 MB of stack that systems give a process. */
const STACK_KB = 6_000;

/** A process of its own: where V8 runs out of memory in a thread, it may take the whole process along. */
function startChild(memory_mb: number): ChildProcess {
  const child = fork(fileURLToPath(SCRIPT), {
    env: {},
    execArgv: [`--max-old-space-size=${memory_mb}`, `--stack-size=${STACK_KB}`],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  idle(child);
  return child;
}

// Only a child at work keeps this process alive.
function idle(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function busy(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

/** Starts a process for reading documents of up to `memory_mb` of heap. */
export function startReadingProcess(memory_mb: number): ReadingProcess {
  const child = startChild(memory_mb);
  let ended = false;
  let onMessage: (message: ReadMessage) => void = () => undefined;
  let onEnd: (fault: string) => void = () => undefined;
  const over = (fault: string) => {
    ended = true;
    onEnd(fault);
  };
  child.on("message", (message) => onMessage(message as ReadMessage));
  child.on("error", () => over("error"));
  // V8 aborts when its heap is full.
  child.on("exit", (_code, signal) => over(signal === "SIGABRT" ? "out-of-memory" : "exit"));

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
    busy(child);
    try {
      if (ended) return { kind: "fault", fault: "exit", searching };
      child.send(request);
      return await promise;
    } finally {
      idle(child);
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (ended) child.kill("SIGKILL");
    }
  }

  return {
    read,
    get ended() {
      return ended;
    },
    async end() {
      ended = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
