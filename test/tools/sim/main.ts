import { Command, InvalidArgumentError } from "commander";
import { hunt } from "./commands/hunt.ts";
import { play } from "./commands/play.ts";
import { withServers } from "./commands/servers.ts";
import type { Work } from "./job.ts";
import { SAMPLE } from "./exhaustive.ts";
import { LIFECYCLES } from "./lifecycles.ts";

const DEFAULT_SEEDS = 60;

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError("must be a whole number.");
  return number;
};

const program = new Command("npm run sim --")
  .description(
    "The production use cases, SQL and Lua in simulated worlds, where every call of a store may fail.\n" +
      "Without options: every written scenario and race, every single fault of the first lifecycle and a sample of the others, and a few random worlds.",
  )
  .option("--seeds <n>", "this many random worlds, and nothing else", count)
  .option("--from <seed>", "the first random world", count, 1)
  .option("--scenarios", "the written scenarios and the races alone")
  .option("--singles", "every single fault at every boundary of every lifecycle")
  .option("--pairs", "every pair of faults of the first lifecycle")
  .option("--mutate [part]", "take each guard away in turn (or those whose name holds this) and see that it is missed")
  .option("--skip <n>", "with --mutate: leave out the first n", count, 0)
  .option("--lifecycle <n>", "the lifecycle to play", count)
  .option("--decisions <list>", "play the lifecycle with INDEX:FAULT,INDEX:FAULT", "")
  .option("--log", "print every line of the worlds that are played")
  .option("--jobs <n>", "worlds played at once", count, 2);

interface Options {
  readonly seeds?: number;
  readonly from: number;
  readonly scenarios?: boolean;
  readonly singles?: boolean;
  readonly pairs?: boolean;
  readonly skip: number;
  readonly mutate?: string | true;
  readonly lifecycle?: number;
  readonly decisions: string;
  readonly log?: boolean;
  readonly jobs: number;
}

function workOf(options: Options): readonly Work[] {
  const { seeds, from, lifecycle, decisions, jobs } = options;
  const shards = Array.from({ length: jobs }, (_, shard) => ({ shard, shards: jobs }));
  if (lifecycle !== undefined) return [{ kind: "replay", lifecycle, decisions }];
  if (options.scenarios === true) return [{ kind: "scenarios" }];
  if (options.pairs === true) return shards.map((shard) => ({ kind: "pairs", lifecycle: 0, ...shard }));
  const random = (number: number): readonly Work[] =>
    shards.map(({ shard, shards: step }) => ({
      kind: "seeds",
      from: from + shard,
      step,
      count: Math.ceil((number - shard) / step),
    }));
  if (seeds !== undefined) return random(seeds);
  const singles = LIFECYCLES.flatMap((_, index) =>
    shards.map((shard): Work => ({ kind: "singles", lifecycle: index, ...shard })),
  );
  if (options.singles === true) return singles;
  return [
    { kind: "scenarios" },
    ...SAMPLE.map((shard): Work => ({ kind: "singles", ...shard })),
    ...random(DEFAULT_SEEDS),
  ];
}

const options = program.parse().opts<Options>();
await withServers(async (servers) => {
  const { mutate, jobs, skip } = options;
  const isSound =
    mutate === undefined
      ? await play(servers, workOf(options), { jobs, log: options.log === true })
      : await hunt(servers, { jobs, skip, part: mutate === true ? "" : mutate });
  process.exitCode = isSound ? 0 : 1;
});
