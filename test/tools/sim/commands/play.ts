import { emptyTally, type Tally, type Work } from "../job.ts";
import { inSlots, runJob } from "./run-jobs.ts";
import type { Servers } from "./servers.ts";

const PROGRESS_MS = 5_000;

/** Plays the work and prints what came of it; false when a law was broken. */
export async function play(
  servers: Servers,
  work: readonly Work[],
  options: { readonly jobs: number; readonly log: boolean },
): Promise<boolean> {
  const began_ms = performance.now();
  const tallies = new Map<Work, Tally>();
  const print = () => {
    const { worlds, runs, faults, violations } = total([...tallies.values()]);
    const seconds = Math.round((performance.now() - began_ms) / 1000);
    process.stderr.write(
      `${seconds} s: ${worlds} worlds, ${runs} runs, ${faults} faults, ${violations.length} violations\n`,
    );
  };
  const progress = setInterval(print, PROGRESS_MS);
  await inSlots(options.jobs, work, (each, slot) =>
    runJob(
      {
        database_url: servers.database_url,
        redis_url: servers.redisUrl(slot),
        hunt: false,
        log: options.log,
        work: each,
      },
      (tally) => {
        const known = tallies.get(each)?.violations.length ?? 0;
        for (const violation of tally.violations.slice(known)) reportViolation(violation);
        tallies.set(each, tally);
      },
    ),
  ).finally(() => clearInterval(progress));
  const all = total([...tallies.values()]);
  report(all, (performance.now() - began_ms) / 1000);
  return all.violations.length === 0;
}

function total(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const tally of tallies) {
    for (const name of [
      "worlds",
      "steps",
      "boundaries",
      "crossed",
      "asked",
      "fired",
      "faults",
      "runs",
      "replayed",
    ] as const) {
      sum[name] += tally[name];
    }
    sum.slowest_rest_ms = Math.max(sum.slowest_rest_ms, tally.slowest_rest_ms);
    sum.violations.push(...tally.violations);
    for (const [name, times] of Object.entries(tally.reached)) sum.reached[name] = (sum.reached[name] ?? 0) + times;
    for (const each of tally.met) sum.met.add(each);
  }
  return sum;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

/** At once: a long command may be ended before its summary. */
function reportViolation({ replay, laws }: Tally["violations"][number]): void {
  say(`\nVIOLATION  npm run sim -- --log ${replay}`);
  for (const law of laws) say(`  ${law}`);
}

function report(all: Tally, seconds: number): void {
  const reached = Object.entries(all.reached).toSorted(([a], [b]) => (a < b ? -1 : 1));
  say(`\nworlds               ${all.worlds} in ${seconds.toFixed(0)} s`);
  say(`runs                 ${all.runs}`);
  say(`steps                ${all.steps}, ${all.boundaries} calls of a store`);
  say(`boundaries           ${all.crossed} of the lifecycles; faults met at them ${all.fired}/${all.asked}`);
  say(`faults               ${all.faults}, ${all.met.size} kinds of fault at an operation`);
  say(`replayed             ${all.replayed} random worlds twice, line by line the same`);
  say(`slowest to rest      ${Math.round(all.slowest_rest_ms / 60_000)} min of a world's time`);
  say(`reached              ${reached.map(([name, times]) => `${name} ${times}`).join(", ")}`);
  say(`violations           ${all.violations.length}`);
}
