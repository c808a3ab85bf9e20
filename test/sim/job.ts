import { z } from "zod";
import { DUEL_CIRCUMSTANCES, DUELS, fight } from "./duels.ts";
import { pairsOf, parseDecisions, singlesOf } from "./exhaustive.ts";
import { playSeed } from "./random-world.ts";
import { mutationOf } from "./mutants/list.ts";
import { type Host, openHost } from "./stores/host.ts";
import { playScript, SCRIPTS } from "./scripts.ts";
import { STORIES, tell, type Told } from "./stories.ts";
import type { World } from "./world.ts";

const share = { story: z.number().int(), shard: z.number().int(), shards: z.number().int() };
export const jobSpec = z.object({
  database_url: z.string(),
  redis_url: z.string(),
  mutant: z.string().optional(),
  /** Ends at the first violation. */
  hunt: z.boolean(),
  log: z.boolean(),
  work: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("scripts") }),
    z.object({ kind: z.literal("seeds"), from: z.number().int(), count: z.number().int(), step: z.number().int() }),
    z.object({ kind: z.literal("singles"), ...share }),
    z.object({ kind: z.literal("pairs"), ...share }),
    z.object({ kind: z.literal("telling"), story: z.number().int(), decisions: z.string() }),
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
  /** Boundaries of fault-free stories, each of which met every fault. */
  crossed: number;
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
  faults: 0,
  runs: 0,
  replayed: 0,
  slowest_rest_ms: 0,
  violations: [],
  reached: {},
  met: new Set(),
});

/** Every such seed is played twice, and its lines are compared. */
const REPLAY_EVERY = 20;

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

async function* worlds(host: Host, { work, log }: JobSpec, tally: Tally): AsyncGenerator<void> {
  const judge = (played: Played, replay: string) => {
    if (log) process.stdout.write(`${played.world.lines.join("\n")}\n`);
    count(tally, played, replay);
  };
  switch (work.kind) {
    case "scripts": {
      for (const script of SCRIPTS) {
        const world = await playScript(host, script);
        judge({ world, violations: world.violations }, `--scripts (${script.name})`);
        yield;
      }
      for (const duel of DUELS) {
        for (const [pause, isRedisUp] of DUEL_CIRCUMSTANCES) {
          const world = await fight(host, duel, pause, isRedisUp);
          judge({ world, violations: world.violations }, `--scripts (${duel.name}, ${pause ?? "no pause"})`);
          yield;
        }
      }
      return;
    }
    case "seeds":
      for (let i = 0; i < work.count; i++) {
        const number = work.from + i * work.step;
        judge(await seed(host, number, i % REPLAY_EVERY === 0, tally), `--from ${number} --seeds 1`);
        yield;
      }
      return;
    case "telling":
      judge(
        await tell(host, STORIES[work.story] ?? STORIES[0], parseDecisions(work.decisions)),
        `--story ${work.story} --decisions ${work.decisions}`,
      );
      yield;
      return;
    case "singles":
    case "pairs": {
      const onStory = (told: Told) => (tally.crossed += work.shard === 0 ? told.boundaries.length : 0);
      const all = work.kind === "singles" ? singlesOf(host, work, onStory) : pairsOf(host, work, onStory);
      for await (const { told, name } of all) {
        judge(told, `--story ${work.story} --decisions ${name}`);
        yield;
      }
    }
  }
}

interface Played {
  readonly world: World;
  readonly violations: readonly string[];
}

async function seed(host: Host, number: number, twice: boolean, tally: Tally): Promise<Played> {
  const { world, rest } = await playSeed(host, number);
  const violations = [...world.violations];
  if (twice && violations.length === 0) {
    const again = await playSeed(host, number);
    const at = world.lines.findIndex((line, i) => line !== again.world.lines[i]);
    if (at >= 0 || again.world.lines.length !== world.lines.length) {
      violations.push(`seed ${number} is not the same twice: ${world.lines[at]} / ${again.world.lines[at]}`);
    }
    tally.replayed += 1;
  }
  tally.slowest_rest_ms = Math.max(tally.slowest_rest_ms, rest?.quiet_after_ms ?? 0);
  return { world, violations };
}

function count(tally: Tally, played: Played, replay: string): void {
  const { world, violations } = played;
  tally.worlds += 1;
  tally.steps += world.steps;
  tally.boundaries += world.network.boundaries;
  tally.faults += world.faults;
  tally.runs += world.books.runs.length;
  for (const [name, times] of world.counts) tally.reached[name] = (tally.reached[name] ?? 0) + times;
  for (const each of world.met) tally.met.add(each);
  if (violations.length > 0) tally.violations.push({ replay, laws: violations.slice(0, 5) });
}
