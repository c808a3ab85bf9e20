import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { limitWork, processorMs } from "./processor-time.ts";
import { watchResidentMemory } from "./resident-memory.ts";
import type { WorkMessage } from "./serve.ts";
import type { Asker } from "./turn.ts";

export type Attempt<Result> =
  | { readonly kind: "ok"; readonly result: Result }
  /** `stage`: the last one that was entered, if any was. */
  | { readonly kind: "failed"; readonly reason: string; readonly stage: string | undefined };

/** No process could be had to begin a request in, which says nothing about the request. */
export class NotBegun extends Error {
  override readonly name = "NotBegun";
}

/**
 * The process was killed while it worked, by none of its own limits: the machine ran out of memory, say. What the request
 * had to do with it cannot be known.
 */
export class ProcessLost extends Error {
  override readonly name = "ProcessLost";
}

export interface WorkProcess<Request, Result> {
  /**
   * Works on one request; never on two at once. The asker waits until the process has loaded its code; `ms` count from
   * then on, by the clock and by what it computes: both must be over. Rejects with the signal's reason when that aborts, with `NotBegun`, or with `ProcessLost`. That, and running
   * out of time or memory, is the end of the process.
   */
  work(request: Request, ms: number | undefined, asker: Asker): Promise<Attempt<Result>>;
  readonly ended: boolean;
  /** Resolves when the process has stopped. */
  end(): Promise<unknown>;
}

/** What a process may take, in MB: of V8's heap, of memory altogether, and of WebAssembly's. */
export interface MemoryLimits {
  readonly heap_mb: number;
  readonly resident_mb: number;
  readonly wasm_mb?: number;
}

/** Loading took 18 s on a processor that 25 processes shared. */
const LONGEST_LOADING_MS = 120_000;
const nobody = () => undefined;

/** Below the 8 MB of stack that systems give a process. */
const STACK_KB = 6_000;
const WASM_PAGES_PER_MB = 16;

const ROOT = new URL("../../../../", import.meta.url);
const PACKAGES = fileURLToPath(new URL("node_modules/", ROOT));

/**
 * What a process may read: code, and no more of this machine. The environment of its parent, which holds credentials,
 * is a file too.
 */
const READABLE = [
  fileURLToPath(new URL("backend/", ROOT)),
  fileURLToPath(new URL("package.json", ROOT)),
  PACKAGES,
  // Where the packages are linked to.
  `${realpathSync(PACKAGES)}/`,
];

/** The reason of a request that holds what cannot be cloned, a function say. */
export const NOT_SENT = "not-sent";

function sent(child: ChildProcess, request: object): boolean {
  try {
    child.send(request, nobody);
    return true;
  } catch {
    return false;
  }
}

/**
 * A process of its own: where V8 runs out of memory in a thread, it may take the whole process along. It has no
 * environment, reads code alone, writes no file, starts nothing, and gives way to this process, whose heartbeats must not wait for it.
 */
function startChild(script: URL, memory: MemoryLimits): ChildProcess {
  const wasm = memory.wasm_mb === undefined ? [] : [`--wasm-max-mem-pages=${memory.wasm_mb * WASM_PAGES_PER_MB}`];
  const child = fork(fileURLToPath(script), {
    env: {},
    execArgv: [
      "--permission",
      ...[...READABLE, fileURLToPath(new URL(".", script))].map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${memory.heap_mb}`,
      `--stack-size=${STACK_KB}`,
      ...wasm,
    ],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  giveWay(child);
  idle(child);
  return child;
}

function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already; its exit event says so.
  }
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

/** The request that a process works on, and who gets its messages. */
interface Line<Result> {
  ended: boolean;
  onMessage(message: WorkMessage<Result>): void;
  onEnd(reason: string): void;
}

/** The reason of a process that something else killed. */
const KILLED = "killed";

const FROM_OUTSIDE: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]);

/** V8 aborts when its heap is full. Other signals, such as SIGSEGV, come from what the process did itself. */
function reasonOf(signal: NodeJS.Signals | null): string {
  if (signal === "SIGABRT") return "out-of-memory";
  return signal !== null && FROM_OUTSIDE.has(signal) ? KILLED : "exit";
}

function listen<Result>(child: ChildProcess): Line<Result> {
  // Where this process has no file descriptor left, none was started, and its error event may never come.
  const line: Line<Result> = { ended: child.pid === undefined, onMessage: nobody, onEnd: nobody };
  const over = (reason: string) => {
    line.ended = true;
    line.onEnd(reason);
  };
  child.on("message", (message) => line.onMessage(message as WorkMessage<Result>));
  child.on("error", () => over(KILLED));
  child.on("exit", (_code, signal) => over(reasonOf(signal)));
  return line;
}

/** The messages of a process about one request. `giveUp` ends it with an error, `abandon` without one; both end the process. */
function hear<Result>(line: Line<Result>) {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Attempt<Result>>();
  // Nobody may await one of the two.
  for (const { promise } of [begun, ended]) promise.catch(nobody);
  let stage: string | undefined;
  line.onMessage = (message) => {
    if (message.kind === "begun") begun.resolve();
    else if (message.kind === "stage") ({ stage } = message);
    else if (message.kind === "ok") ended.resolve(message);
    else line.onEnd(message.error);
  };
  line.onEnd = (reason) => {
    if (reason !== "out-of-memory") begun.reject(new NotBegun(reason));
    begun.resolve();
    if (reason === KILLED) ended.reject(new ProcessLost(reason));
    ended.resolve({ kind: "failed", reason, stage });
  };
  return {
    begun: begun.promise,
    ended: ended.promise,
    giveUp: (reason: string) => {
      line.ended = true;
      line.onEnd(reason);
    },
    abandon: (reason: unknown) => {
      line.ended = true;
      begun.reject(reason);
      ended.reject(reason);
    },
  };
}

/** Starts a process that runs a script which serves requests. */
export function startWorkProcess<Request extends object, Result>(
  script: URL,
  memory: MemoryLimits,
): WorkProcess<Request, Result> {
  const child = startChild(script, memory);
  const line = listen<Result>(child);

  async function work(request: Request, ms: number | undefined, { signal, turn }: Asker): Promise<Attempt<Result>> {
    signal.throwIfAborted();
    const { begun, ended, giveUp, abandon } = hear(line);
    const onAbort = () => abandon(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(giveUp, LONGEST_LOADING_MS, "timeout");
    let unlimit: () => void = nobody;
    const unwatch = watchResidentMemory(child.pid ?? 0, memory.resident_mb, () => giveUp("out-of-memory"));
    busy(child);
    try {
      if (line.ended) throw new NotBegun("exit");
      if (!sent(child, request)) return { kind: "failed", reason: NOT_SENT, stage: undefined };
      await turn.wait(begun, "loading");
      clearTimeout(timer);
      if (ms !== undefined)
        unlimit = limitWork(
          ms,
          () => processorMs(child.pid ?? 0),
          () => giveUp("timeout"),
        );
      return await ended;
    } finally {
      idle(child);
      clearTimeout(timer);
      unlimit();
      unwatch();
      signal.removeEventListener("abort", onAbort);
      if (line.ended) child.kill("SIGKILL");
    }
  }

  return {
    work,
    get ended() {
      return line.ended;
    },
    async end() {
      line.ended = true;
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
