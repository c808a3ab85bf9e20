import type { Bench } from "./bench.ts";
import type { PaidRuns } from "./figures.ts";
import { measureBacklog } from "./paid-runs.ts";

/** As much code is compiled then as ever will be. */
const WARM_RUNS = 200;

export interface PaidWork extends PaidRuns {
  readonly round: number;
  readonly fsyncs_per_run: number;
}

/** A backlog of so many runs of 100 tenants and of one, in turn: what one worker does a second, and what a run costs. */
export async function measurePaidWork(
  bench: Bench,
  { runs, rounds }: { readonly runs: number; readonly rounds: number },
  progress: (line: string) => void,
): Promise<readonly PaidWork[]> {
  await measureBacklog(bench, WARM_RUNS, 100);
  const rows: PaidWork[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const tenants of round % 2 === 0 ? [1, 100] : [100, 1]) {
      const before = await fsyncs(bench);
      const paid = await measureBacklog(bench, runs, tenants);
      rows.push({ ...paid, round, fsyncs_per_run: ((await fsyncs(bench)) - before) / paid.runs });
      progress(`round ${round}, ${tenants} tenants: ${paid.per_second.toFixed(1)} runs/s`);
    }
  }
  return rows;
}

/** The submits of the backlog too, each of which is one. */
async function fsyncs(bench: Bench): Promise<number> {
  const [row] = await bench.db.query("SELECT sum(fsyncs) AS fsyncs FROM pg_stat_io WHERE object = 'wal'", []);
  return Number(row?.["fsyncs"]);
}

export function printPaidWork(rows: readonly PaidWork[], line: (text: string) => void): void {
  line("round  tenants  runs  runs/s  fsyncs a run  CPU a run, in us");
  for (const { round, tenants, runs, per_second, fsyncs_per_run, cpu_us } of rows) {
    const parts = Object.entries(cpu_us).map(([part, us]) => `${part} ${Math.round(us)}`);
    line(
      [round, tenants, runs, per_second.toFixed(1), fsyncs_per_run.toFixed(2), parts.join(", ")]
        .map((each, column) => (column < 5 ? String(each).padStart([5, 9, 6, 8, 14][column] ?? 0) : `  ${each}`))
        .join(""),
    );
  }
}
