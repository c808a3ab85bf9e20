import { type Boundary, type Decision, FAULTS, INTRUSIONS } from "./faults.ts";
import type { Host } from "./stores/host.ts";
import { STORIES, type Story, tell, type Told } from "./stories.ts";

/** The decisions of a telling as one word: "7:lose-reply,12:cancel". */
export function parseDecisions(text: string): ReadonlyMap<number, Decision> {
  const parts = text.split(",").filter((part) => part !== "");
  return new Map(
    parts.map((part) => {
      const [index = "", name = ""] = part.split(":");
      const fault = FAULTS.find((each) => each === name);
      const intrusion = INTRUSIONS.find((each) => each === name);
      if (!/^\d+$/.test(index) || (fault === undefined && intrusion === undefined)) {
        throw new Error(`no such decision: ${part}; those are INDEX:NAME of ${[...FAULTS, ...INTRUSIONS].join(" ")}`);
      }
      return [Number(index), { fault, intrusion }];
    }),
  );
}

export interface Shard {
  readonly story: number;
  readonly shard: number;
  readonly shards: number;
}

interface Telling {
  readonly name: string;
  readonly told: Told;
}

const storyOf = (index: number): Story => STORIES[index] ?? STORIES[0];

/** Every boundary of the story x every fault, and every cancel; of the first story x every other intrusion too. */
export async function* singlesOf(
  host: Host,
  { story, shard, shards }: Shard,
  onStory: (told: Told) => void,
): AsyncGenerator<Telling> {
  const plain = await tell(host, storyOf(story), new Map());
  onStory(plain);
  // The reaper's idle steps are the same in every story: they are broken in the first, and where it has work to do.
  const isTold = story === 0 || storyOf(story).at !== undefined;
  const boundaries = plain.boundaries.filter(({ process }) => isTold || process !== "reaper");
  const names = boundaries.flatMap(({ index }) =>
    [...FAULTS, ...(story === 0 ? INTRUSIONS : ["cancel"])].map((name) => `${index}:${name}`),
  );
  for (const name of names.filter((_, i) => i % shards === shard)) {
    yield { name, told: await tell(host, storyOf(story), parseDecisions(name)) };
  }
}

/** Not the looks of audit, retention and dead letters: they change nothing, and are broken one by one. */
const ASIDE = /^(audit-|judge-runs|open-findings|outlived-runs|count-dead)/;
const isOfTheRun = ({ operation }: Boundary): boolean => !ASIDE.test(operation);

/** Every boundary x every fault or cancel, then every boundary that follows x every fault. */
export async function* pairsOf(
  host: Host,
  { story, shard, shards }: Shard,
  onStory: (told: Told) => void,
): AsyncGenerator<Telling> {
  const plain = await tell(host, storyOf(story), new Map());
  onStory(plain);
  const firsts = plain.boundaries
    .filter(isOfTheRun)
    .flatMap(({ index }) => [...FAULTS, "cancel"].map((name) => ({ index, name: `${index}:${name}` })));
  for (const first of firsts.filter((_, i) => i % shards === shard)) {
    const after = await tell(host, storyOf(story), parseDecisions(first.name));
    yield { name: first.name, told: after };
    for (const { index } of after.boundaries.filter((each) => each.index > first.index && isOfTheRun(each))) {
      for (const fault of FAULTS) {
        const name = `${first.name},${index}:${fault}`;
        yield { name, told: await tell(host, storyOf(story), parseDecisions(name)) };
      }
    }
  }
}

/** The default: of the first story, which every run lives, one single fault in so many, and of each other one. */
const ONE_IN_FIRST = 4;
const ONE_IN = 8;

/** A share of the singles of every story. */
export const SAMPLE: readonly Shard[] = STORIES.map((_, story) => ({
  story,
  shard: 0,
  shards: story === 0 ? ONE_IN_FIRST : ONE_IN,
}));
