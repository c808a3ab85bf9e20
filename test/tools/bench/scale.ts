import type pg from "pg";
import { BACKEND_STATEMENTS } from "../../support/scale/backend-statements.ts";
import { EDGE_FILTERS, EDGE_STATEMENTS } from "../../support/scale/edge-statements.ts";
import { loadHistory } from "../../support/scale/history.ts";
import { connectToMeasure, measure, type Measured, type StatementCase } from "../../support/scale/measure.ts";
import { OPERATOR_FILTERS, OPERATOR_STATEMENTS } from "../../support/scale/operator-statements.ts";
import { createTestDatabase } from "../../dev/database.ts";
import { startPostgres } from "../../dev/postgres.ts";

const FEW = 1_000;
const MANY = 1_000_000;
const QUICK_MANY = 100_000;
const RATIO_AIM = 1.1;
const LEVELS = 2;
const ROUNDS = 5;

interface ScaleRow {
  readonly statement: string;
  readonly pages: readonly [few: number, many: number];
  readonly ms: readonly [few: number, many: number];
  readonly pages_ratio: number;
  readonly ms_ratio: number;
  /** How often an index was entered. */
  readonly lookups: number;
  readonly held: boolean;
  /** Of a report: by what it grows. */
  readonly report: string | undefined;
}

const cases = (): readonly (readonly [string, string, StatementCase])[] => [
  ...Object.entries({ ...EDGE_STATEMENTS, ...BACKEND_STATEMENTS, ...OPERATOR_STATEMENTS }).map(
    ([name, how]) => [name, name, how] as const,
  ),
  ...[...EDGE_FILTERS, ...OPERATOR_FILTERS].map(([name, what, how]) => [`${name} ${what}`, name, how] as const),
];

/** Every statement on few and on many closed runs: pages and time per call. */
export async function measureScale(
  stateDir: string,
  quick: boolean,
  progress: (line: string) => void,
): Promise<readonly ScaleRow[]> {
  const postgres = await startPostgres({
    stateDir,
    database: "dpp",
    fsync: false,
    log: () => undefined,
    onChange: () => undefined,
  });
  try {
    const clients: pg.Client[] = [];
    for (const runs of [FEW, quick ? QUICK_MANY : MANY]) {
      const began = performance.now();
      const { owner } = await createTestDatabase(postgres.url);
      await loadHistory(owner, runs);
      clients.push(await connectToMeasure(owner));
      progress(`${runs} runs loaded in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
    const [small, large] = clients;
    if (small === undefined || large === undefined) throw new Error("no database");
    const rows: ScaleRow[] = [];
    for (const [statement, name, how] of cases()) {
      const found = await interleaved(small, large, name, how);
      rows.push({ statement, ...found, report: how.report });
    }
    await Promise.all(clients.map((client) => client.end()));
    return rows;
  } finally {
    await postgres.stop();
  }
}

/** The middle of some rounds, few and many in turn, so that what else the machine does falls on both. */
async function interleaved(small: pg.Client, large: pg.Client, name: string, how: StatementCase) {
  const found: [Measured, Measured][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    found.push([await measure(small, name, how), await measure(large, name, how)]);
  }
  const middle = (which: 0 | 1, of: "pages" | "ms") =>
    found.map((pair) => pair[which][of]).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
  const pages = [middle(0, "pages"), middle(1, "pages")] as const;
  const ms = [middle(0, "ms"), middle(1, "ms")] as const;
  const [few, many] = found[0] ?? [];
  if (few === undefined || many === undefined) throw new Error("nothing was measured");
  // An index of a million entries has up to two levels more than one of a few, and rows lie further apart.
  const lookups = Math.min(few.lookups, many.lookups);
  const allowed = RATIO_AIM * pages[0] + LEVELS * (lookups + 1) + few.rows;
  return {
    pages,
    ms,
    lookups,
    pages_ratio: pages[1] / Math.max(pages[0], 1),
    ms_ratio: ms[1] / ms[0],
    held: pages[1] <= allowed,
  };
}

export function printScale(rows: readonly ScaleRow[], print: (line: string) => void): void {
  const width = Math.max(...rows.map(({ statement }) => statement.length));
  print(
    `Aim: at most ${RATIO_AIM} times the pages, ${LEVELS} for each time an index is entered, and one for each row.`,
  );
  print(`${"statement".padEnd(width)}  pages few   many  ratio  entered   ms few    many  ratio  aim`);
  for (const { statement, pages, ms, lookups, pages_ratio, ms_ratio, held, report } of rows) {
    const aim = report === undefined ? (held ? "held" : "NOT held") : `report: ${report}`;
    const figures = [
      String(pages[0]).padStart(9),
      String(pages[1]).padStart(6),
      pages_ratio.toFixed(2).padStart(6),
      String(lookups).padStart(8),
      ms[0].toFixed(2).padStart(8),
      ms[1].toFixed(2).padStart(7),
      ms_ratio.toFixed(2).padStart(6),
    ];
    print(`${statement.padEnd(width)}  ${figures.join(" ")}  ${aim}`);
  }
}
