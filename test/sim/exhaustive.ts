import { type Decision, FAULTS, INTRUSIONS } from "./faults.ts";
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
  const { boundaries } = plain;
  const names = boundaries.flatMap(({ index }) =>
    [...FAULTS, ...(story === 0 ? INTRUSIONS : ["cancel"])].map((name) => `${index}:${name}`),
  );
  for (const name of names.filter((_, i) => i % shards === shard)) {
    yield { name, told: await tell(host, storyOf(story), parseDecisions(name)) };
  }
}

/** Every boundary x every fault or cancel, then every boundary that follows x every fault. */
export async function* pairsOf(
  host: Host,
  { story, shard, shards }: Shard,
  onStory: (told: Told) => void,
): AsyncGenerator<Telling> {
  const plain = await tell(host, storyOf(story), new Map());
  onStory(plain);
  const { boundaries } = plain;
  const firsts = boundaries.flatMap(({ index }) =>
    [...FAULTS, "cancel"].map((name) => ({ index, name: `${index}:${name}` })),
  );
  for (const first of firsts.filter((_, i) => i % shards === shard)) {
    const after = await tell(host, storyOf(story), parseDecisions(first.name));
    yield { name: first.name, told: after };
    for (const { index } of after.boundaries.filter((each) => each.index > first.index)) {
      for (const fault of FAULTS) {
        const name = `${first.name},${index}:${fault}`;
        yield { name, told: await tell(host, storyOf(story), parseDecisions(name)) };
      }
    }
  }
}
