import type { Tally, Work } from "../job.ts";
import { MUTANTS, mutationOf } from "../mutants/list.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { STORIES } from "../stories.ts";
import { inSlots, runJob } from "./run-jobs.ts";
import type { Servers } from "./servers.ts";

/** What a mutant has to get through, the quick ones first; the first violation ends it. */
const TRIALS: readonly Work[] = [
  { kind: "scripts" },
  { kind: "seeds", from: 1, step: 1, count: 40 },
  ...STORIES.map((_, story): Work => ({ kind: "singles", story, shard: 0, shards: 1 })),
  { kind: "seeds", from: 41, step: 1, count: 400 },
  { kind: "pairs", story: 0, shard: 0, shards: 8 },
];

interface Fate {
  readonly mutant: Mutant;
  readonly killed_by: string | undefined;
  readonly seconds: number;
}

/** Takes each guard away in turn; false when one is not missed that should be. */
export async function hunt(
  servers: Servers,
  options: { readonly jobs: number; readonly name: string | undefined },
): Promise<boolean> {
  const prey = options.name === undefined ? MUTANTS : [mutationOf(options.name)];
  const fates: Fate[] = [];
  await inSlots(options.jobs, prey, async (mutant, slot) => {
    const fate = await chase(servers, mutant, slot);
    fates.push(fate);
    process.stdout.write(`${line(fate)}\n`);
  });
  const mattering = fates.filter(({ mutant }) => mutant.backed_by === undefined);
  const backed = fates.filter(({ mutant }) => mutant.backed_by !== undefined);
  const killed = mattering.filter(({ killed_by }) => killed_by !== undefined);
  process.stdout.write(`\nkilled               ${killed.length} / ${mattering.length}\n`);
  process.stdout.write(
    `backed by another    ${backed.length}, of which ${backed.filter((each) => each.killed_by !== undefined).length} were missed all the same\n`,
  );
  return killed.length === mattering.length;
}

async function chase(servers: Servers, mutant: Mutant, slot: number): Promise<Fate> {
  const began_ms = performance.now();
  let killed_by: string | undefined;
  // One that is backed is not expected to be missed: it gets the quick trials alone.
  for (const work of mutant.backed_by === undefined ? TRIALS : TRIALS.slice(0, 3)) {
    let last: Tally | undefined;
    const { database_url } = servers;
    const spec = { database_url, redis_url: servers.redisUrl(slot), mutant: mutant.name, hunt: true, log: false, work };
    await runJob(spec, (tally) => (last = tally));
    const violation = last?.violations[0];
    if (violation !== undefined) {
      killed_by = `${violation.replay}: ${violation.laws[0]}`;
      break;
    }
  }
  return { mutant, killed_by, seconds: (performance.now() - began_ms) / 1000 };
}

function line({ mutant, killed_by, seconds }: Fate): string {
  const took = `${seconds.toFixed(0)} s`.padStart(6);
  if (killed_by !== undefined)
    return `killed    ${took}  ${mutant.name}\n                  ${killed_by.split("\n")[0]?.slice(0, 160)}`;
  if (mutant.backed_by !== undefined)
    return `backed    ${took}  ${mutant.name}\n                  by ${mutant.backed_by}`;
  return `SURVIVED  ${took}  ${mutant.name}`;
}
