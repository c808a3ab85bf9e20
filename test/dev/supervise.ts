import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const RESTART_MS = 200;
const RESTART_AFTER_FAILURE_MS = 1_000;
const STOP_MS = 8_000;

export interface Service {
  name: string;
  /** Clears what a dead predecessor left and starts the process. */
  spawn(): Promise<ChildProcess>;
  /** Resolves once the service answers; aborted when its process ends first. */
  ready(signal: AbortSignal): Promise<void>;
  stopSignal: NodeJS.Signals;
  onChange: () => void;
  log: (line: string) => void;
}

export interface Supervisor {
  pid(): number | null;
  stop(): Promise<void>;
}

// A shell that waits for the end of its standard input outlives this process just long enough to end the child.
function guard(child: ChildProcess): ChildProcess {
  const dog = spawn("/bin/sh", ["-c", 'read -r _; kill -INT "$0" 2>/dev/null', String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  dog.on("error", () => undefined);
  dog.stdin?.on("error", () => undefined);
  return dog;
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export async function supervise(service: Service): Promise<Supervisor> {
  let stopping = false;
  let current: ChildProcess | null = null;
  let dog: ChildProcess | null = null;
  let restarting: Promise<void> = Promise.resolve();

  const onExit = (child: ChildProcess): void => {
    if (current !== child) return;
    current = null;
    dog?.kill("SIGKILL");
    dog = null;
    service.onChange();
    if (!stopping) restarting = restart();
  };

  const launch = async (): Promise<void> => {
    const child = await service.spawn();
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    const gone = new AbortController();
    child.once("exit", () => gone.abort(new Error(`${service.name} ended while it started`)));
    dog = guard(child);
    const watch = dog;
    try {
      await service.ready(gone.signal);
    } catch (error) {
      watch.kill("SIGKILL");
      await terminate(child, service.stopSignal);
      throw error;
    }
    current = child;
    child.once("exit", () => onExit(child));
    if (ended(child)) onExit(child);
    else service.onChange();
  };

  const restart = async (): Promise<void> => {
    service.log(`${service.name} ended; starting it again`);
    for (let wait_ms = RESTART_MS; !stopping; wait_ms = RESTART_AFTER_FAILURE_MS) {
      await sleep(wait_ms);
      if (stopping) return;
      try {
        return await launch();
      } catch (error) {
        service.log(`${service.name} did not come back: ${String(error)}`);
      }
    }
  };

  await launch();
  return {
    pid: () => current?.pid ?? null,
    stop: async () => {
      stopping = true;
      await restarting;
      const watch = dog;
      if (current) await terminate(current, service.stopSignal);
      if (watch && !ended(watch)) await once(watch, "exit");
    },
  };
}

async function terminate(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (ended(child)) return;
  const exit = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exit;
  clearTimeout(timer);
}

export async function poll(signal: AbortSignal, limit_ms: number, probe: () => Promise<void>): Promise<void> {
  const until = Date.now() + limit_ms;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await sleep(10, undefined, { signal }).catch(() => undefined);
  }
}
