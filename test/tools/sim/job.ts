import { z } from "zod";
import { RACE_CIRCUMSTANCES, RACES, playRace } from "./races.ts";
import { pairsOf, parseDecisions, singlesOf } from "./exhaustive.ts";
import { playSeed } from "./random-world.ts";
import { mutationOf } from "./mutants/list.ts";
import { type Host, openHost } from "./stores/host.ts";
import { SCENARIOS } from "./scenarios/list.ts";
import { playScenario } from "./scenarios/stage.ts";
import { LIFECYCLES, playLifecycle, type Played } from "./lifecycles.ts";
import type { World } from "./world.ts";

const share = { lifecycle: z.number().int(), shard: z.number().int(), shards: z.number().int() };
export const jobSpec = z.object({
  database_url: z.string(),
  redis_url: z.string(),
  mutant: z.string().optional(),
  /** Ends at the first violation. */
  hunt: z.boolean(),
  log: z.boolean(),
  work: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("scenarios") }),
    z.object({ kind: z.literal("seeds"), from: z.number().int(), count: z.number().int(), step: z.number().int() }),
    z.object({ kind: z.literal("singles"), ...share }),
    z.object({ kind: z.literal("pairs"), ...share }),
    z.object({ kind: z.literal("replay"), lifecycle: z.number().int(), decisions: z.string() }),
  ]),
});
export type JobSpec = z.infer<typeof jobSpec>;
export type Work = JobSpec["work"];

interface Violation {
  /** What of `npm run sim` plays it again. */
  readonly replay: string;
  readonly laws: readonly string[];
}

/** What a job has done so far; sums of several jobs' are what a command prints. */
export interface Tally {
  worlds: number;
  steps: number;
  boundaries: number;
  /** Boundaries of the fault-free lifecycles. */
  crossed: number;
  /** Faults that lifecycles were to meet at a boundary, and those that they met. */
  asked: number;
  fired: number;
  faults: number;
  runs: number;
  replayed: number;
  slowest_rest_ms: number;
  readonly violations: Violation[];
  /** How often production code said that it did something, by metric. */
  readonly reached: Record<string, number>;
  /** Faults that met an operation, each once. */
  readonly met: Set<string>;
}

export const emptyTally = (): Tally => ({
  worlds: 0,
  steps: 0,
  boundaries: 0,
  crossed: 0,
  asked: 0,
  fired: 0,
  faults: 0,
  runs: 0,
  replayed: 0,
  slowest_rest_ms: 0,
  violations: [],
  reached: {},
  met: new Set(),
});

/** Every such seed is played twice, and its lines are compared; so is every such scenario and race. */
const REPLAY_EVERY = 20;
const REPLAY_WRITTEN_EVERY = 5;

/** Does one job on a database of its own. */
export async function doJob(spec: JobSpec, onProgress: (tally: Tally) => void = () => undefined): Promise<Tally> {
  const { database_url, redis_url } = spec;
  const mutation = spec.mutant === undefined ? undefined : mutationOf(spec.mutant);
  const host = await openHost({ database_url, redis_url, mutations: mutation?.database ?? [] });
  const tally = emptyTally();
  try {
    for await (const _ of worlds(host, spec, tally)) {
      onProgress(tally);
      if (spec.hunt && tally.violations.length > 0) break;
    }
  } finally {
    await host.close();
  }
  return tally;
}

async function* worlds(host: Host, spec: JobSpec, tally: Tally): AsyncGenerator<void> {
  const { work, log } = spec;
  const judge = (played: PlayedWorld, replay: string) => {
    if (log) process.stdout.write(`${played.world.lines.join("\n")}\n`);
    count(tally, played, replay);
  };
  switch (work.kind) {
    case "scenarios": {
      let written = 0;
      const isOnce = () => spec.hunt || written++ % REPLAY_WRITTEN_EVERY > 0;
      for (const scenario of SCENARIOS) {
        judge(await twice(isOnce(), tally, () => playScenario(host, scenario)), `--scenarios # ${scenario.name}`);
        yield;
      }
      for (const race of RACES) {
        for (const [pause, isRedisUp] of RACE_CIRCUMSTANCES) {
          judge(
            await twice(isOnce(), tally, () => playRace(host, race, pause, isRedisUp)),
            `--scenarios # ${race.name}, ${pause ?? "no pause"}`,
          );
          yield;
        }
      }
      return;
    }
    case "seeds":
      for (let i = 0; i < work.count; i++) {
        const number = work.from + i * work.step;
        judge(await seed(host, number, !spec.hunt && i % REPLAY_EVERY === 0, tally), `--from ${number} --seeds 1`);
        yield;
      }
      return;
    case "replay":
      judge(
        await playLifecycle(host, LIFECYCLES[work.lifecycle] ?? LIFECYCLES[0], parseDecisions(work.decisions)),
        `--lifecycle ${work.lifecycle} --decisions ${work.decisions}`,
      );
      yield;
      return;
    case "singles":
    case "pairs": {
      const onLifecycle = (played: Played) => (tally.crossed += work.shard === 0 ? played.boundaries.length : 0);
      const all = work.kind === "singles" ? singlesOf(host, work, onLifecycle) : pairsOf(host, work, onLifecycle);
      for await (const { played, name } of all) {
        tally.asked += name.split(",").length;
        tally.fired += played.fired;
        judge(played, `--lifecycle ${work.lifecycle} --decisions ${name}`);
        yield;
      }
    }
  }
}

interface PlayedWorld {
  readonly world: World;
  readonly violations: readonly string[];
}

/** Plays it again, unless once is enough: the same world must come of it, line by line. */
async function twice(isOnce: boolean, tally: Tally, play: () => Promise<World>): Promise<PlayedWorld> {
  const world = await play();
  const violations = [...world.violations];
  if (isOnce || violations.length > 0) return { world, violations };
  const again = await play();
  const at = Array.from({ length: Math.max(world.lines.length, again.lines.length) }, (_, i) => i).find(
    (i) => world.lines[i] !== again.lines[i],
  );
  if (at !== undefined) violations.push(`it is not the same twice: ${world.lines[at]} / ${again.lines[at]}`);
  tally.replayed += 1;
  return { world, violations };
}

async function seed(host: Host, number: number, isTwice: boolean, tally: Tally): Promise<PlayedWorld> {
  return twice(!isTwice, tally, async () => {
    const { world, rest } = await playSeed(host, number);
    tally.slowest_rest_ms = Math.max(tally.slowest_rest_ms, rest?.quiet_after_ms ?? 0);
    return world;
  });
}

function count(tally: Tally, played: PlayedWorld, replay: string): void {
  const { world, violations } = played;
  tally.worlds += 1;
  tally.steps += world.steps;
  tally.boundaries += world.network.boundaries;
  tally.faults += world.faults;
  tally.runs += world.snapshot.runs.length;
  for (const [name, times] of world.counts) tally.reached[name] = (tally.reached[name] ?? 0) + times;
  for (const each of world.met) tally.met.add(each);
  if (violations.length > 0) tally.violations.push({ replay, laws: violations.slice(0, 5) });
}
