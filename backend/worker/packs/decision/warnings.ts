import { type DecisionInputs, needsPositive } from "#core/domain/packs/decision.ts";
import type { Method } from "./method.ts";
import { without } from "./must-have.ts";
import { rank } from "./ranking.ts";
import { at, column, type Table } from "./table.ts";

export interface Warning {
  readonly code: "SMALL_SPREAD" | "UNEQUAL_SPREADS" | "RANK_REVERSAL" | "INCONSISTENT_PAIRS" | "UNCERTAIN_WINNER";
  readonly criterion?: string;
  readonly option?: string;
  readonly detail: string;
}

/** A spread below this share of the largest score is small. */
const SMALL = 0.1;
/** Spreads of criteria of one scale are rarely more than this many times each other. */
const UNEQUAL = 20;
/** Saaty's bound. */
const CONSISTENT = 0.1;
const SURE = 0.8;
const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

const spreadOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** True where the scores of each criterion are stretched over its own best and worst. */
const isStretched = ({ method, normalisation }: DecisionInputs): boolean =>
  method === "vikor" || (method === "weighted_sum" && normalisation === "min_max");

function spreadWarnings(inputs: DecisionInputs, table: Table): Warning[] {
  const open = table.criteria.flatMap(({ name, scale }, index) =>
    scale === undefined || inputs.method === "vikor" ? [{ name, values: column(table, index) }] : [],
  );
  if (isStretched(inputs)) {
    return open.flatMap(({ name, values }): Warning[] => {
      const share = spreadOf(values) / Math.max(...values.map(Math.abs));
      if (!(share > 0 && share < SMALL)) return [];
      const detail = `Its scores differ by ${percent(share)} of the largest, and count from 0 to 1 as if that were all the difference there can be.`;
      return [{ code: "SMALL_SPREAD", criterion: name, detail }];
    });
  }
  if (inputs.method !== "weighted_sum" || (inputs.normalisation ?? "common") !== "common") return [];
  const spreads = open
    .map(({ name, values }) => ({ name, spread: spreadOf(values) }))
    .filter(({ spread }) => spread > 0 && Number.isFinite(spread));
  const least = Math.min(...spreads.map(({ spread }) => spread));
  return spreads.flatMap(({ name, spread }): Warning[] => {
    if (spread < UNEQUAL * least) return [];
    const detail = `Its scores differ ${Math.round(spread / least)} times as much as another criterion's: if they are in another unit, give each a scale, or choose a normalisation.`;
    return [{ code: "UNEQUAL_SPREADS", criterion: name, detail }];
  });
}

const winnerOf = (table: Table, methodOf: (table: Table) => Method): string | undefined => {
  const { winner } = rank(table, methodOf(table));
  return winner === null ? undefined : at(table.options, winner);
};

/** A new option that is worse than all others on one criterion, and as bad as the worst on the rest. */
function withWorse(table: Table, criterion: number): Table {
  const row = table.criteria.map(({ direction }, index) => {
    const values = column(table, index);
    const worst = direction === "max" ? Math.min(...values) : Math.max(...values);
    const step = index === criterion ? spreadOf(values) || Math.abs(worst) || 1 : 0;
    return direction === "max" ? worst - step : worst + step;
  });
  return { ...table, options: [...table.options, "\n"], rows: [...table.rows, row] };
}

/** Where the winner depends on options that cannot win: it should not, and with some methods it does. */
function reversalWarnings(inputs: DecisionInputs, table: Table, methodOf: (table: Table) => Method): Warning[] {
  const isIndependent =
    inputs.method === "weighted_sum" && !["min_max", "sum", "max"].includes(inputs.normalisation ?? "common");
  const winner = isIndependent ? undefined : winnerOf(table, methodOf);
  if (winner === undefined) return [];
  const removed = table.options.flatMap((option): Warning[] => {
    if (option === winner || table.options.length < 3) return [];
    const other = winnerOf(without(table, new Set([option])), methodOf);
    if (other === undefined || other === winner) return [];
    return [
      {
        code: "RANK_REVERSAL",
        option,
        detail: `Without this option, which does not win, ${other} would.`.slice(0, 600),
      },
    ];
  });
  const added = table.criteria.flatMap(({ name, scale }, index): Warning[] => {
    if (needsPositive(inputs) || (scale !== undefined && inputs.method === "weighted_sum")) return [];
    const more = withWorse(table, index);
    const other = more.rows.flat().every(Number.isFinite) ? winnerOf(more, methodOf) : undefined;
    if (other === undefined || other === winner || other === "\n") return [];
    return [
      {
        code: "RANK_REVERSAL",
        criterion: name,
        detail: `One more option that is worse than all on this criterion would make ${other} win.`,
      },
    ];
  });
  return [...removed, ...added];
}

/** What a reader of the ranking should know of its table and method. */
export const warningsOf = (inputs: DecisionInputs, table: Table, methodOf: (table: Table) => Method): Warning[] => [
  ...spreadWarnings(inputs, table),
  ...reversalWarnings(inputs, table, methodOf),
];

export const pairWarnings = (ratio: number): Warning[] =>
  ratio <= CONSISTENT
    ? []
    : [
        {
          code: "INCONSISTENT_PAIRS",
          detail: `The comparisons contradict each other: consistency ratio ${ratio}, above ${CONSISTENT}.`,
        },
      ];

export function winWarnings(wins: readonly { readonly option: string; readonly share: number }[]): Warning[] {
  const most = Math.max(...wins.map(({ share }) => share));
  const leader = wins.find(({ share }) => share === most);
  if (leader === undefined || most >= SURE) return [];
  return [
    {
      code: "UNCERTAIN_WINNER",
      option: leader.option,
      detail: `It wins most often, yet only in ${percent(most)} of the draws.`,
    },
  ];
}
