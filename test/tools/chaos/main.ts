import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Evidence, Violation } from "./checker/evidence.ts";
import { judge } from "./checker/judge.ts";
import { collect } from "./collect.ts";
import { quiesce, countOpen } from "./quiesce.ts";
import { readHistory, scribe } from "./history.ts";
import { startKiller } from "./killer.ts";
import { workAway } from "./load.ts";
import { grantFirst, operate } from "./operator.ts";
import { outages } from "./outages.ts";
import { seeded } from "./seeded.ts";
import { summarize } from "./summary.ts";
import { createWorld, instancesOf, logsOf, type World } from "./world.ts";

const HOME = ".dev/chaos";
const STATE_DIR = `${HOME}/state`;
const PROGRESS_MS = 5_000;
const SHOWN = 20;
const USAGE =
  "usage: npm run chaos -- [--minutes M] [--outages SECONDS] [--seed S] [--clients N] [--regions 2] [--keep]";

const settings = z.object({
  /** 0: nothing is killed, and the outages alone are played. */
  minutes: z.coerce.number().nonnegative().max(10_000).default(2),
  /** How long each store refuses, and hangs, once the rest is over; 0 leaves that out. */
  outages: z.coerce.number().nonnegative().max(90).default(30),
  seed: z.coerce.number().int().nonnegative(),
  clients: z.coerce.number().int().min(1).max(200).default(16),
  /** 2: a shield in each of two regions, with an edge, workers and a reaper of its own; one Postgres. */
  regions: z.coerce.number().int().min(1).max(2).default(1),
  keep: z.boolean().default(false),
});
type Settings = z.infer<typeof settings>;

function options(): Settings {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      options: {
        minutes: text,
        outages: text,
        seed: text,
        clients: text,
        regions: text,
        keep: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    if (values.help === true) {
      console.log(USAGE);
      process.exit(0);
    }
    return settings.parse({ seed: Date.now() % 1_000_000, ...values });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

/** Lets everything loose on the world until the time is up or somebody presses Ctrl-C. */
async function rage(world: World, { seed, clients, minutes }: Settings, dir: string) {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  const began = performance.now();
  const timer = setTimeout(interrupt, minutes * 60_000);
  const scribes = new Map<string, ReturnType<typeof scribe>>();
  const scribeOf = (name: string) => {
    const one = scribe(dir, name);
    scribes.set(name, one);
    return one;
  };
  const operatorScribe = scribeOf("operator");
  await grantFirst(world, operatorScribe);
  const killer = startKiller(world, seeded(seed, "killer"), scribeOf("killer"), stop.signal);
  const names = Array.from({ length: clients }, (_, index) => `client-${String(index).padStart(3, "0")}`);
  const printProgress = () => {
    const elapsed = (performance.now() - began) / 1000;
    const kills = [...killer.kills.values()].reduce((sum, count) => sum + count, 0);
    const known = world.tenants.reduce((sum, each) => sum + each.runs.length, 0);
    void countOpen(world).then((open) =>
      console.log(`${elapsed.toFixed(0).padStart(5)} s  ${known} runs accepted, ${open ?? "?"} open, ${kills} kills`),
    );
  };
  const ticker = setInterval(printProgress, PROGRESS_MS);
  try {
    await Promise.all([
      killer.done,
      operate(world, seeded(seed, "operator"), operatorScribe, stop.signal),
      ...names.map((name) => workAway(world, name, seeded(seed, name), scribeOf(name), stop.signal)),
    ]);
  } finally {
    // Whoever failed, the others end too: what is paused must wake.
    stop.abort();
    await killer.done;
    clearTimeout(timer);
    clearInterval(ticker);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
    for (const each of scribes.values()) each.close();
  }
  return { minutes: (performance.now() - began) / 60_000, kills: killer.kills };
}

function keepEvidence(dir: string, evidence: Evidence, violations: readonly Violation[]): void {
  const plain = { ...evidence, most_open: [...evidence.most_open], restricted: [...evidence.restricted] };
  writeFileSync(join(dir, "evidence.json"), JSON.stringify(plain));
  writeFileSync(join(dir, "violations.json"), JSON.stringify(violations, undefined, 2));
  for (const log of logsOf(STATE_DIR))
    if (existsSync(log)) copyFileSync(log, join(dir, relative(STATE_DIR, log).replaceAll("/", "-")));
}

/** Stores that are out for less than a lease, in a system of its own in which nobody dies. */
async function endureOutages({ outages: seconds, seed }: Settings): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  const { lines, violations } = await outages(`${HOME}/outages`, seconds, seed, stop.signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);
  console.log(`\n${lines.join("\n")}`);
  for (const each of violations.slice(0, SHOWN)) {
    console.log(`\nVIOLATION ${each.rule}\n  ${each.subject} ${JSON.stringify(each.detail)}`);
  }
  if (violations.length > 0) process.exitCode = 1;
  else console.log("verdict            no attempt burned, no work lost");
}

async function main(): Promise<void> {
  const wanted = options();
  if (wanted.minutes > 0) await breakAll(wanted);
  if (wanted.outages > 0) await endureOutages(wanted);
}

async function breakAll(wanted: Settings): Promise<void> {
  const { seed, clients, minutes, regions, keep } = wanted;
  const dir = join(HOME, `${new Date().toISOString().replaceAll(/[:.]/g, "-")}-seed-${seed}`);
  mkdirSync(dir, { recursive: true });
  console.log(
    `chaos for ${minutes} minutes with ${clients} clients, ${regions} regions, seed ${seed}; history in ${dir}`,
  );
  const world = await createWorld(STATE_DIR, seed, regions);
  try {
    const { kills, ...raged } = await rage(world, wanted, dir);
    world.calm();
    const unrest = await quiesce(world, console.log);
    const evidence = await collect(world);
    const history = readHistory(dir);
    const judged = judge(evidence, history);
    const violations = [...judged.violations, ...(unrest === undefined ? [] : [unrest])];
    const verdict = { ...judged, violations };
    const { hasCancel: has_cancel } = world;
    const outcome = { restarts: world.restarts(), lost: world.lost(), has_cancel, regions: instancesOf(regions) };
    console.log(`\n${summarize({ evidence, verdict, history, kills, ...outcome, ...raged }).join("\n")}`);
    for (const each of violations.slice(0, SHOWN)) console.log(`\nVIOLATION ${each.rule}\n  ${each.subject}`);
    if (violations.length === 0) {
      console.log("verdict            nothing lost, nothing charged twice, nothing adrift");
      if (!keep) rmSync(dir, { recursive: true, force: true });
    } else {
      keepEvidence(dir, evidence, violations);
      console.log(`\nverdict            VIOLATED, seed ${seed}; all of it in ${dir}`);
      process.exitCode = 1;
    }
  } finally {
    await world.stop();
  }
}

await main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
