import type { PeerName, SystemName } from "./peer-order.ts";
import { SYSTEMS } from "./peer-order.ts";

/** One backlog of one system, worked off by one worker process. */
export interface PeerRow {
  readonly round: number;
  readonly system: SystemName;
  readonly concurrency: number;
  readonly runs: number;
  readonly per_second: number;
  /** Of a run, in microseconds, by part; the warm runs are left out, as in `per_second`. */
  readonly cpu_us: Readonly<Record<string, number>>;
  /** Of all runs, from the worker's start to its end. */
  readonly fsyncs_per_run: number;
  readonly transactions_per_run: number;
  readonly submits_per_second: number;
  /** Of a submit, in microseconds, by part. */
  readonly submit_cpu_us: Readonly<Record<string, number>>;
  readonly submit_fsyncs: number;
}

/** The parts that count: the fronts stand for services that others run. */
const COUNTED = ["worker", "postgres", "redis"] as const;
const SUBMIT_COUNTED = ["submitter", "postgres", "redis"] as const;
/** Rounds that differ by more say nothing. */
const NOISY = 2;

const total = (cpu_us: PeerRow["cpu_us"], parts: readonly string[]): number =>
  parts.reduce((sum, part) => sum + (cpu_us[part] ?? 0), 0);

const cpuOfRun = ({ cpu_us }: PeerRow): number => total(cpu_us, COUNTED);
const cpuOfSubmit = ({ submit_cpu_us }: PeerRow): number => total(submit_cpu_us, SUBMIT_COUNTED);

/** The middle one; of an even number the mean of the two in the middle. Undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.length === 0 ? undefined : middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** What the product has of a figure, over what a peer has, each round by itself. */
export interface PeerRatio {
  readonly what: string;
  readonly peer: PeerName;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly noisy: boolean;
}

export interface PeerAim {
  readonly aim: string;
  readonly found: number | undefined;
  readonly verdict: "yes" | "no" | "noisy" | "not measured";
}

/** At which concurrency a system does the most runs a second, by the median of its rounds. */
export function bestConcurrency(rows: readonly PeerRow[], system: SystemName): number | undefined {
  let best: { readonly concurrency: number; readonly per_second: number } | undefined;
  for (const concurrency of new Set(rows.map((row) => row.concurrency))) {
    const same = rows.filter((row) => row.system === system && row.concurrency === concurrency);
    const per_second = median(same.map((row) => row.per_second));
    if (per_second !== undefined && (best === undefined || per_second > best.per_second)) {
      best = { concurrency, per_second };
    }
  }
  return best?.concurrency;
}

/** The ratios of every figure, each system at its best concurrency: the median over the rounds of those within a round. */
export function peerRatios(rows: readonly PeerRow[]): readonly PeerRatio[] {
  const best = new Map(SYSTEMS.map((system) => [system, bestConcurrency(rows, system)]));
  const at = (system: SystemName, round: number) =>
    rows.find((row) => row.system === system && row.round === round && row.concurrency === best.get(system));
  const rounds = [...new Set(rows.map(({ round }) => round))];
  const figures: readonly (readonly [string, (row: PeerRow) => number])[] = [
    ["runs/s", (row) => row.per_second],
    ["CPU of a run", cpuOfRun],
    ["submits/s", (row) => row.submits_per_second],
    ["CPU of a submit", cpuOfSubmit],
  ];
  return figures.flatMap(([what, figure]) =>
    SYSTEMS.filter((system) => system !== "decisionproof").flatMap((peer) => {
      const found = rounds.flatMap((round) => {
        const [ours, theirs] = [at("decisionproof", round), at(peer, round)];
        return ours === undefined || theirs === undefined ? [] : [figure(ours) / figure(theirs)];
      });
      const middle = median(found);
      if (middle === undefined) return [];
      const [least, most] = [Math.min(...found), Math.max(...found)];
      return [{ what, peer, median: middle, least, most, noisy: most > NOISY * least }];
    }),
  );
}

interface Wanted {
  readonly aim: string;
  readonly what: string;
  readonly peer: PeerName;
  readonly holds: (ratio: number) => boolean;
}

const WANTED: readonly Wanted[] = [
  ...(["bullmq", "graphile-worker"] as const).flatMap((peer) => [
    { aim: `CPU of a run at most ${peer}'s`, what: "CPU of a run", peer, holds: (ratio: number) => ratio <= 1 },
    { aim: `more runs/s than ${peer}`, what: "runs/s", peer, holds: (ratio: number) => ratio > 1 },
  ]),
  { aim: "CPU of a run at most 1.1 times pg-boss's", what: "CPU of a run", peer: "pg-boss", holds: (x) => x <= 1.1 },
];

export function peerAims(ratios: readonly PeerRatio[]): readonly PeerAim[] {
  return WANTED.map(({ aim, what, peer, holds }) => {
    const ratio = ratios.find((each) => each.what === what && each.peer === peer);
    if (ratio === undefined) return { aim, found: undefined, verdict: "not measured" };
    const verdict = ratio.noisy ? "noisy" : holds(ratio.median) ? "yes" : "no";
    return { aim, found: ratio.median, verdict };
  });
}

export function printPeers(rows: readonly PeerRow[], print: (line: string) => void): void {
  print(
    "round  system           at  runs  runs/s  CPU of a run, us  (worker + Postgres + Redis; fronts)  fsyncs  transactions",
  );
  for (const row of rows) {
    const part = (name: string) => Math.round(row.cpu_us[name] ?? 0);
    print(
      `${String(row.round).padStart(5)}  ${row.system.padEnd(15)} ${String(row.concurrency).padStart(3)} ` +
        `${String(row.runs).padStart(5)} ${row.per_second.toFixed(1).padStart(7)} ${cpuOfRun(row).toFixed(0).padStart(17)}  ` +
        `${`(${part("worker")} + ${part("postgres")} + ${part("redis")}; ${part("fronts")})`.padEnd(38)} ` +
        `${row.fsyncs_per_run.toFixed(2).padStart(7)} ${row.transactions_per_run.toFixed(2).padStart(13)}`,
    );
  }
  print("\nround  system           submits/s  CPU of a submit, us  (submitter + Postgres + Redis; fronts)  fsyncs");
  for (const row of rows) {
    const part = (name: string) => Math.round(row.submit_cpu_us[name] ?? 0);
    print(
      `${String(row.round).padStart(5)}  ${row.system.padEnd(15)} ${row.submits_per_second.toFixed(1).padStart(10)} ` +
        `${cpuOfSubmit(row).toFixed(0).padStart(20)}  ` +
        `${`(${part("submitter")} + ${part("postgres")} + ${part("redis")}; ${part("fronts")})`.padEnd(39)} ` +
        row.submit_fsyncs.toFixed(2).padStart(6),
    );
  }
  const ratios = peerRatios(rows);
  print("\ndecisionproof over a peer, each at its best concurrency: median of the rounds (least to most)");
  for (const { what, peer, median: middle, least, most, noisy } of ratios) {
    const range = `(${least.toFixed(2)} to ${most.toFixed(2)})`;
    print(`  ${what.padEnd(16)} ${peer.padEnd(15)} ${middle.toFixed(2).padStart(6)} ${range}${noisy ? "  noisy" : ""}`);
  }
  for (const system of SYSTEMS)
    print(`  best concurrency of ${system}: ${bestConcurrency(rows, system) ?? "not measured"}`);
  print("");
  for (const { aim, found, verdict } of peerAims(ratios)) print(`  ${aim}: ${found?.toFixed(2) ?? "-"}, ${verdict}`);
}
