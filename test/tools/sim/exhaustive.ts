import { type Boundary, type Decision, FAULTS, INTRUSIONS } from "./faults.ts";
import type { Host } from "./stores/host.ts";
import { LIFECYCLES, type Lifecycle, playLifecycle, type Played } from "./lifecycles.ts";

/** The decisions of a play as one word: "7:lose-reply,12:cancel". */
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
  readonly lifecycle: number;
  readonly shard: number;
  readonly shards: number;
}

interface FaultedRun {
  readonly name: string;
  readonly played: Played;
}

const lifecycleOf = (index: number): Lifecycle => LIFECYCLES[index] ?? LIFECYCLES[0];

/** Every boundary of the lifecycle x every fault, and every cancel; of the first lifecycle x every other intrusion too. */
export async function* singlesOf(
  host: Host,
  { lifecycle, shard, shards }: Shard,
  onLifecycle: (played: Played) => void,
): AsyncGenerator<FaultedRun> {
  const plain = await playLifecycle(host, lifecycleOf(lifecycle), new Map());
  onLifecycle(plain);
  // The reaper's idle steps are the same in every lifecycle: they are broken in the first, and where it has work to do.
  const breaksReaper = lifecycle === 0 || lifecycleOf(lifecycle).at !== undefined;
  const boundaries = plain.boundaries.filter(({ process }) => breaksReaper || process !== "reaper");
  const names = boundaries.flatMap(({ index }) =>
    [...FAULTS, ...(lifecycle === 0 ? INTRUSIONS : ["cancel"])].map((name) => `${index}:${name}`),
  );
  for (const name of names.filter((_, i) => i % shards === shard)) {
    yield { name, played: await playLifecycle(host, lifecycleOf(lifecycle), parseDecisions(name)) };
  }
}

/** Not the looks of audit, retention and dead letters: they change nothing, and are broken one by one. */
const ASIDE = /^(audit-|judge-runs|open-findings|runs-past-retention|count-dead)/;
const isOfTheRun = ({ operation }: Boundary): boolean => !ASIDE.test(operation);

/** Every boundary x every fault or cancel, then every boundary that follows x every fault. */
export async function* pairsOf(
  host: Host,
  { lifecycle, shard, shards }: Shard,
  onLifecycle: (played: Played) => void,
): AsyncGenerator<FaultedRun> {
  const plain = await playLifecycle(host, lifecycleOf(lifecycle), new Map());
  onLifecycle(plain);
  const firsts = plain.boundaries
    .filter(isOfTheRun)
    .flatMap(({ index }) => [...FAULTS, "cancel"].map((name) => ({ index, name: `${index}:${name}` })));
  for (const first of firsts.filter((_, i) => i % shards === shard)) {
    const after = await playLifecycle(host, lifecycleOf(lifecycle), parseDecisions(first.name));
    yield { name: first.name, played: after };
    for (const { index } of after.boundaries.filter((each) => each.index > first.index && isOfTheRun(each))) {
      for (const fault of FAULTS) {
        const name = `${first.name},${index}:${fault}`;
        yield { name, played: await playLifecycle(host, lifecycleOf(lifecycle), parseDecisions(name)) };
      }
    }
  }
}

/** The default: of the first lifecycle, which every run lives, one single fault in so many, and of each other one. */
const ONE_IN_FIRST = 4;
const ONE_IN = 8;

/** A share of the singles of every lifecycle. */
export const SAMPLE: readonly Shard[] = LIFECYCLES.map((_, lifecycle) => ({
  lifecycle,
  shard: 0,
  shards: lifecycle === 0 ? ONE_IN_FIRST : ONE_IN,
}));
