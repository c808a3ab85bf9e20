import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, which every Linux that Node runs on has at 100. */
const TICK_MS = 10;

export type CpuByPart = Readonly<Record<string, number>>;

interface Stat {
  readonly parent: number;
  readonly command: string;
  readonly cpu_ms: number;
}

/** CPU time, in ms, of processes with all that they started; of the part "fronts", this process alone. None without /proc. */
export function cpuOf(parts: Readonly<Record<string, number | null>>): CpuByPart {
  const { user, system } = process.cpuUsage();
  const used: Record<string, number> = { fronts: (user + system) / 1000 };
  const stats = allStats();
  for (const [name, pid] of Object.entries(parts)) {
    if (pid === null) continue;
    for (const [part, cpu_ms] of treeOf(name, pid, stats)) used[part] = (used[part] ?? 0) + cpu_ms;
  }
  return used;
}

export function cpuBetween(before: CpuByPart, after: CpuByPart): CpuByPart {
  return Object.fromEntries(
    Object.entries(after).map(([part, cpu_ms]) => [part, Math.max(0, cpu_ms - (before[part] ?? cpu_ms))]),
  );
}

// workerd apart from the Node process that hosts it: the one serves requests, the other should not.
function* treeOf(name: string, pid: number, stats: ReadonlyMap<number, Stat>): Generator<[string, number]> {
  const stat = stats.get(pid);
  if (stat === undefined) return;
  yield [stat.command === "workerd" ? `${name} (workerd)` : name, stat.cpu_ms];
  for (const [child, { parent }] of stats) if (parent === pid) yield* treeOf(name, child, stats);
}

function allStats(): ReadonlyMap<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of procs()) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      // proc(5): the parent; further on utime and stime of children that have ended.
      const ended_ms = (Number(fields[13]) + Number(fields[14])) * TICK_MS;
      const command = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
      stats.set(Number(name), { parent: Number(fields[1]), command, cpu_ms: ended_ms + runTime(name) });
    } catch {
      // It ended meanwhile.
    }
  }
  return stats;
}

// Ticks of 10 ms, cut off per process, would lose a fifth of twenty short-lived database backends.
function runTime(pid: string): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => {
    const [nanoseconds = "0"] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

function procs(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
