import type { Bench, Observed } from "./bench.ts";
import { type Cell, figures } from "./figures.ts";
import type { BenchTenant, LoadOrder, WorkName } from "./load-order.ts";
import { MAX_OPEN_RUNS, runsOf } from "./tenants.ts";

const CLIENTS = [1, 16, 100] as const;
const TENANTS = [1, 100] as const;
const STAGE_CLIENTS = 1;
/** Runs that the crowd has from the start, for reads. */
const CROWD_RUNS = 1_000;

export interface Pace {
  readonly rounds: number;
  readonly warm_ms: number;
  readonly measure_ms: number;
}

const SUBMITS: readonly WorkName[] = ["submit", "submit-http", "submit-direct"];
const READS: readonly WorkName[] = ["read", "read-http"];
const HELLOS: readonly WorkName[] = ["hello-post", "hello-get"];
const STAGES: readonly WorkName[] = ["admit-http", "admit-direct", "submit-run-http", "submit-run-direct"];

/**
 * Every work at each number of clients and tenants. A work and its floors take turns, so that whatever else this
 * machine does meanwhile falls on all of them: the ratio of two holds better than either.
 */
export async function measureCells(bench: Bench, pace: Pace, progress: (line: string) => void): Promise<Cell[]> {
  const cells: Cell[] = [];
  const crowd = await gatherCrowd(bench);
  for (const tenant_count of TENANTS) {
    for (const clients of CLIENTS) {
      progress(`${clients} clients, ${tenant_count} tenants`);
      const works = [...SUBMITS, ...(tenant_count === TENANTS[0] ? HELLOS : [])];
      cells.push(...(await inTurns(bench, pace, works, clients, tenant_count, crowd)));
      cells.push(...(await inTurns(bench, pace, READS, clients, tenant_count, crowd)));
    }
  }
  progress("stages");
  cells.push(...(await inTurns(bench, pace, STAGES, STAGE_CLIENTS, 1, crowd)));
  return cells;
}

interface Crowd {
  readonly tenants: readonly BenchTenant[];
  readonly run_ids: LoadOrder["run_ids"];
}

async function gatherCrowd(bench: Bench): Promise<Crowd> {
  const tenants = await bench.tenants(Math.max(...TENANTS));
  const once = { clients: 16, run_ids: [], warm_ms: 0, measure_ms: 30_000, most: CROWD_RUNS };
  await bench.load({ work: "submit", tenants, ...once });
  return { tenants, run_ids: await runsOf(bench.db, tenants) };
}

async function inTurns(
  bench: Bench,
  pace: Pace,
  works: readonly WorkName[],
  clients: number,
  tenant_count: number,
  crowd: Crowd,
): Promise<Cell[]> {
  const seen = new Map<WorkName, Observed[]>(works.map((work) => [work, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const work of works) {
      const tenants = await tenantsFor(bench, work, tenant_count, crowd.tenants);
      // Fewer requests than open runs: a refusal would be counted as an error.
      const most = READS.includes(work) || HELLOS.includes(work) ? Infinity : MAX_OPEN_RUNS * tenants.length - clients;
      seen.get(work)?.push(await bench.load({ work, clients, tenants, run_ids: crowd.run_ids, most, ...pace }));
    }
  }
  return [...seen].map(([work, rounds]) => cellOf(work, clients, tenant_count, rounds));
}

/** One tenant's open runs fill up, so each round of submits has a fresh one; a crowd has room for all of them. */
async function tenantsFor(
  bench: Bench,
  work: WorkName,
  count: number,
  crowd: readonly BenchTenant[],
): Promise<readonly BenchTenant[]> {
  if (count > 1 || HELLOS.includes(work)) return crowd;
  return READS.includes(work) ? crowd.slice(0, 1) : bench.tenants(1);
}

function cellOf(work: string, clients: number, tenants: number, rounds: readonly Observed[]): Cell {
  const sum = (value: (round: Observed) => number): number => rounds.reduce((total, round) => total + value(round), 0);
  const answered = sum((round) => round.answered);
  const perAnswer = (of: (round: Observed) => Readonly<Record<string, number>>, scale: number) =>
    Object.fromEntries(
      Object.keys(rounds[0] === undefined ? {} : of(rounds[0])).map((name) => [
        name,
        answered === 0 ? 0 : (sum((round) => of(round)[name] ?? 0) * scale) / answered,
      ]),
    );
  return {
    work,
    clients,
    tenants,
    ...figures(
      rounds.map((round) => round.latencies_ms),
      sum((round) => round.measured_ms),
      sum((round) => round.failed),
    ),
    round_trips: perAnswer((round) => round.round_trips, 1),
    cpu_us: perAnswer((round) => round.cpu_by_part_ms, 1000),
  };
}
