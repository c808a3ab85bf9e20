import { availableParallelism } from "node:os";
import { publishPool } from "./pool-events.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Asker } from "./turn.ts";
import { type Attempt, NotBegun, type WorkProcess } from "./work-process.ts";

/** Bounds of a pool of so many processes; left out, as many as there are processors, from 2 to 4. */
export const poolLimits = (processes = Math.min(4, Math.max(2, availableParallelism()))) => ({
  processes,
  /** A process is replaced after so many requests, since libraries may leak. */
  uses_per_process: 100,
  /** So long a process waits for the next request; it saves that the loading of the libraries. */
  idle_ms: 60_000,
});
export type PoolLimits = ReturnType<typeof poolLimits>;

/** Those of a pool whose user says nothing else. */
export const POOL_LIMITS = poolLimits();

/**
 * Works on a request in a process that serves nobody else meanwhile, for `ms` at most, if given. Askers take turns by
 * their key, and waiting for a process, or for a new one to load its code, is not
 * work. Rejects with the signal's reason when that aborts, with `NotBegun` where no process could be had, and with
 * `ProcessLost` where it was killed.
 */
export type Isolated<Request, Result> = (request: Request, asker: Asker, ms?: number) => Promise<Attempt<Result>>;

/** Some failures to start a process are thrown, such as one for want of memory: the place is free again. */
function begin<Member>(start: () => Member, slots: Slots): Member {
  try {
    return start();
  } catch (error) {
    slots.release();
    throw new NotBegun("start", { cause: error });
  }
}

/** The reason of a process that ended with an error, for its pool's events. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof NotBegun) return "not-begun";
  return signal.aborted ? "aborted" : "killed";
}

/** Publishes what goes on in a pool. */
function createMeter(pool: string, size: number) {
  const use = { busy: 0, waiting: 0 };
  const change = (what: keyof typeof use, by: 1 | -1) => {
    use[what] += by;
    publishPool({ pool, kind: "used", ...use, size });
  };
  const during = async <T>(what: keyof typeof use, promise: Promise<T>): Promise<T> => {
    change(what, 1);
    try {
      return await promise;
    } finally {
      change(what, -1);
    }
  };
  return {
    waits: (promise: Promise<unknown>) => during("waiting", promise),
    async works<Result>(member: { readonly ended: boolean }, work: Promise<Attempt<Result>>, signal: AbortSignal) {
      let reason = "exit";
      try {
        const attempt = await during("busy", work);
        if (attempt.kind === "failed") ({ reason } = attempt);
        return attempt;
      } catch (error) {
        reason = reasonOf(error, signal);
        throw error;
      } finally {
        if (member.ended) publishPool({ pool, kind: "ended", reason });
      }
    },
  };
}

/**
 * Processes that are started when needed and kept for the next request; none of them keeps this process alive. `pool` is the
 * name of it in its events.
 */
export function createProcessPool<Request, Result>(
  pool: string,
  start: () => WorkProcess<Request, Result>,
  limits = POOL_LIMITS,
): Isolated<Request, Result> {
  type Member = WorkProcess<Request, Result>;
  const slots = createSlots(limits.processes);
  const uses = new WeakMap<Member, number>();
  const idle = new Map<Member, NodeJS.Timeout>();
  const meter = createMeter(pool, limits.processes);

  function keep(member: Member): void {
    const expire = () => {
      idle.delete(member);
      void member.end();
    };
    idle.set(member, setTimeout(expire, limits.idle_ms).unref());
  }

  function warm(): Member | undefined {
    for (const [member, timer] of [...idle].toReversed()) {
      clearTimeout(timer);
      idle.delete(member);
      if (!member.ended) return member;
    }
    return undefined;
  }

  async function giveBack(member: Member): Promise<void> {
    const spent = (uses.get(member) ?? 0) >= limits.uses_per_process;
    try {
      if (member.ended || spent) await member.end();
      else keep(member);
    } catch {
      // Its exit could not be waited for; it is used no more.
    } finally {
      slots.release();
    }
  }

  return async (request, asker, ms) => {
    const { signal, turn } = asker;
    signal.throwIfAborted();
    if (!slots.tryTake()) await meter.waits(turn.wait(slots.take(turn.key, signal)));
    const member = warm() ?? begin(start, slots);
    uses.set(member, (uses.get(member) ?? 0) + 1);
    try {
      return await meter.works(member, member.work(request, ms, asker), signal);
    } finally {
      void giveBack(member);
    }
  };
}
