import type { Tally, Work } from "../job.ts";
import { MUTANTS } from "../mutants/list.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { LIFECYCLES } from "../lifecycles.ts";
import { inSlots, runJob } from "./run-jobs.ts";
import type { Servers } from "./servers.ts";

/** A statement that Postgres or its wrapper does not take at all says nothing of the guard that it lacks. */
const BROKEN_STATEMENT = /could not determine data type|bind message supplies|syntax error|does not exist|ZodError/;

/** What is expected to notice nothing: a look, not a proof. */
const LOOKS: readonly Work[] = [{ kind: "scenarios" }];

/** What a mutant has to get through, the quick ones first; the first violation ends it. */
const TRIALS: readonly Work[] = [
  { kind: "scenarios" },
  { kind: "seeds", from: 1, step: 1, count: 30 },
  ...LIFECYCLES.map((_, lifecycle): Work => ({ kind: "singles", lifecycle, shard: 0, shards: 1 })),
  { kind: "seeds", from: 31, step: 1, count: 90 },
];

interface Fate {
  readonly mutant: Mutant;
  readonly killed_by: string | undefined;
  readonly seconds: number;
}

/** Takes each guard away in turn; false when one is not missed that should be. */
export async function hunt(
  servers: Servers,
  options: { readonly jobs: number; readonly part: string; readonly skip: number },
): Promise<boolean> {
  const prey = MUTANTS.filter(({ name }) => name.includes(options.part)).slice(options.skip);
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
  return killed.length === mattering.length && prey.length > 0;
}

async function chase(servers: Servers, mutant: Mutant, slot: number): Promise<Fate> {
  const began_ms = performance.now();
  let killed_by: string | undefined;
  for (const work of mutant.backed_by === undefined ? TRIALS : LOOKS) {
    let last: Tally | undefined;
    const { database_url } = servers;
    const spec = { database_url, redis_url: servers.redisUrl(slot), mutant: mutant.name, hunt: true, log: false, work };
    await runJob(spec, (tally) => (last = tally));
    const violation = last?.violations[0];
    if (violation !== undefined && violation.laws.some((law) => BROKEN_STATEMENT.test(law))) {
      throw new Error(`${mutant.name} does not even run: ${violation.laws[0]}`);
    }
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
