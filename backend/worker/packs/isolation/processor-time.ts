import { readFile } from "node:fs/promises";

/** Linux counts in hundredths of a second. */
const MS_PER_TICK = 10;
/** Of the fields after the name, which may hold spaces: user and system time. */
const [USER, SYSTEM] = [11, 12];

/** What all threads of a process have computed so far, in ms; undefined when it is gone, or where there is no /proc. */
export async function processorMs(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[USER]) + Number(fields[SYSTEM]);
  return Number.isNaN(ticks) ? undefined : ticks * MS_PER_TICK;
}

/** By the clock, of the time that work may compute. */
const MOST_TIMES = 4;

/**
 * Calls `onExcess` when work has taken `ms` by the clock and as much of the processor: what else runs on this machine
 * ends no work before it has taken four times as long. Where `used_ms` is unknown the clock decides. Call the returned function when the work is over.
 */
export function limitWork(ms: number, used_ms: () => Promise<number | undefined>, onExcess: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const began_ms = performance.now();
  const before = used_ms();
  const wait = (left_ms: number) => {
    timer = setTimeout(() => void look(), left_ms);
  };
  const look = async () => {
    const [from, to] = await Promise.all([before, used_ms()]);
    if (over) return;
    const left_ms = from === undefined || to === undefined ? 0 : ms - (to - from);
    if (left_ms > 0 && performance.now() - began_ms < MOST_TIMES * ms) wait(Math.max(left_ms, ms / 10));
    else onExcess();
  };
  wait(ms);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
