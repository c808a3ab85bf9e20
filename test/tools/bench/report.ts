import type { Cell, PaidRuns } from "./figures.ts";
import type { Machine } from "./machine.ts";

export interface Ratio {
  readonly what: string;
  readonly clients: number;
  readonly tenants: number;
  readonly p50: number;
  readonly p95: number;
  /** How many times less it does per second. */
  readonly throughput: number;
}

export interface Aim {
  readonly aim: string;
  readonly found: number;
  readonly held: boolean;
}

export interface Report {
  readonly machine: Machine;
  readonly cells: readonly Cell[];
  readonly ratios: readonly Ratio[];
  readonly paid_runs: readonly PaidRuns[];
  readonly aims: readonly Aim[];
  readonly errors: number;
  readonly seconds: number;
}

const PAIRS = [
  ["submit", "submit-http"],
  ["submit", "submit-direct"],
  ["submit", "hello-post"],
  ["submit-http", "submit-direct"],
  ["read", "read-http"],
  ["read", "hello-get"],
] as const;

const RATIO_AIM = 1.5;
const P95_AIM_MS = 150;
const PAID_AIM = 300;

export function ratiosOf(cells: readonly Cell[]): Ratio[] {
  return PAIRS.flatMap(([of, to]) =>
    cells
      .filter(({ work }) => work === of)
      .flatMap((cell) => {
        const same = cells.filter(({ work, clients }) => work === to && clients === cell.clients);
        const floor = same.find(({ tenants }) => tenants === cell.tenants) ?? same[0];
        if (floor === undefined) return [];
        const { clients, tenants } = cell;
        return {
          what: `${of} / ${to}`,
          clients,
          tenants,
          p50: cell.p50_ms / floor.p50_ms,
          p95: cell.p95_ms / floor.p95_ms,
          throughput: floor.per_second / cell.per_second,
        };
      }),
  );
}

export function aimsOf(cells: readonly Cell[], ratios: readonly Ratio[], paid: readonly PaidRuns[]): Aim[] {
  const submits = cells.filter(({ work, clients }) => work === "submit" && clients === 100);
  const floors = ratios.filter(({ what }) => what === "submit / submit-http");
  return [
    ...floors.map(({ clients, tenants, p50 }) => ({
      aim: `submit p50 within ${RATIO_AIM}x of its floor, ${clients} clients, ${tenants} tenants`,
      found: p50,
      held: p50 <= RATIO_AIM,
    })),
    ...submits.map(({ tenants, p95_ms }) => ({
      aim: `submit p95 under ${P95_AIM_MS} ms at 100 clients, ${tenants} tenants`,
      found: p95_ms,
      held: p95_ms < P95_AIM_MS,
    })),
    ...paid.map(({ what, tenants, per_second }) => ({
      aim: `${PAID_AIM} paid runs/s with one worker, ${what}, ${tenants} tenants`,
      found: per_second,
      held: per_second >= PAID_AIM,
    })),
  ];
}

export function printReport(report: Report, print: (line: string) => void): void {
  const { machine } = report;
  print(
    `${machine.cores} cores (${machine.cpu}), ${machine.memory_gib} GiB, load ${machine.load_before.toFixed(1)} before`,
  );
  print(`node ${machine.node}, miniflare ${machine.miniflare}, Postgres ${machine.postgres}, ${machine.redis}`);
  print(
    "All of it shares these cores: the load, workerd, the HTTP fronts (one Node process), Postgres, Redis, the worker.",
  );
  const wide = (cell: Cell): readonly unknown[] => [
    cell.work,
    cell.clients,
    cell.tenants,
    cell.per_second.toFixed(0),
    cell.p50_ms.toFixed(2),
    cell.p95_ms.toFixed(2),
    cell.p99_ms.toFixed(2),
    cell.requests,
    cell.errors,
    shown(cell.round_trips, 1),
  ];
  const head = [
    "work",
    "clients",
    "tenants",
    "per s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "requests",
    "errors",
    "round trips",
  ];
  table("Requests", head, report.cells.map(wide), print);
  table(
    "CPU per request, microseconds",
    ["work", "clients", "tenants", "by process"],
    report.cells.map((cell) => [cell.work, cell.clients, cell.tenants, shown(cell.cpu_us, 0)]),
    print,
  );
  table(
    "Paid runs with one worker process",
    ["what", "tenants", "runs", "seconds", "per s", "errors", "CPU per run, microseconds"],
    report.paid_runs.map((paid) => [
      paid.what,
      paid.tenants,
      paid.runs,
      paid.seconds.toFixed(2),
      paid.per_second.toFixed(0),
      paid.errors,
      shown(paid.cpu_us, 0),
    ]),
    print,
  );
  table(
    "Ratios (throughput: how many times less per second)",
    ["ratio", "clients", "tenants", "p50", "p95", "throughput"],
    report.ratios.map(({ what, clients, tenants, p50, p95, throughput }) => [
      what,
      clients,
      tenants,
      p50.toFixed(2),
      p95.toFixed(2),
      throughput.toFixed(2),
    ]),
    print,
  );
  table(
    "Aims",
    ["aim", "found", "held"],
    report.aims.map(({ aim, found, held }) => [aim, found.toFixed(2), held ? "yes" : "no"]),
    print,
  );
  print(`\n${report.errors} errors, ${report.seconds.toFixed(0)} s`);
}

function shown(values: Readonly<Record<string, number>>, digits: number): string {
  return Object.entries(values)
    .map(([name, value]) => [name, value.toFixed(digits)] as const)
    .filter(([, value]) => Number(value) > 0)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  print: (line: string) => void,
) {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const left = (column: number): boolean => column === 0 || column === head.length - 1;
  print(`\n${title}`);
  for (const row of all) {
    const line = row.map((text, column) =>
      left(column) ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    print(`  ${line.join("  ").trimEnd()}`);
  }
}
