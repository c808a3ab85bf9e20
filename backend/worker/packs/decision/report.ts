import { type DecisionInputs, needsPositive } from "#core/domain/packs/decision.ts";
import { dominatedOptions } from "./dominance.ts";
import { type Method, shares } from "./method.ts";
import type { Missing } from "./missing.ts";
import { rank } from "./ranking.ts";
import { sensitivityOf } from "./sensitivity.ts";
import { at, cellOf, fixed, sum, type Table } from "./table.ts";
import { topsis } from "./topsis.ts";
import { promethee } from "./promethee.ts";
import { simulate } from "./simulate.ts";
import { unmetMustHaves, without } from "./must-have.ts";
import { vikor } from "./vikor.ts";
import { pairWarnings, warningsOf, winWarnings } from "./warnings.ts";
import { weightsByPairs } from "./pairs.ts";
import { weightedSum } from "./weighted-sum.ts";

/** Who gave a part of the decision. */
type Source = "caller" | "model";

export interface Sources {
  readonly options: Source;
  readonly criteria: Source;
  readonly scores: Source;
}

/** What {@link rankedReport} takes, as one message. */
export interface Ranking {
  readonly inputs: DecisionInputs;
  readonly sources: Sources;
  readonly model: string | null;
}

/** The way to rank that the inputs ask for, for any table of theirs. */
function methodFor(inputs: DecisionInputs): (table: Table) => Method {
  if (inputs.method === "weighted_sum") return (table) => weightedSum(table, inputs.normalisation ?? "common");
  return { topsis, vikor, promethee }[inputs.method];
}

/** The least score that can be drawn for a criterion without a scale. */
const leastScore = (inputs: DecisionInputs): number => (needsPositive(inputs) ? Number.MIN_VALUE : -Number.MAX_VALUE);

function tableOf(inputs: DecisionInputs, weights: readonly number[] | undefined): Table {
  const options = inputs.options ?? [];
  const criteria = (inputs.criteria ?? []).map((criterion, index) => ({
    ...criterion,
    weight: weights?.[index] ?? criterion.weight ?? Number.NaN,
  }));
  const cell = (option: string, criterion: string) => {
    const score = cellOf(inputs, option, criterion);
    if (score === undefined) throw new RangeError("a cell is missing");
    return score;
  };
  return { options, criteria, rows: options.map((option) => criteria.map(({ name }) => cell(option, name))) };
}

function details(table: Table, method: Method): object {
  const weights = table.criteria.map(({ weight }) => weight);
  const parts = shares(weights);
  const explained = method.explain(weights);
  return {
    criteria: table.criteria.map(({ name, weight, direction }, index) => ({
      name,
      weight,
      direction,
      share: fixed(at(parts, index)),
    })),
    options: table.options.map((option, row) => {
      const { weighted, to_ideal, to_anti_ideal } = at(explained, row);
      return {
        option,
        ...(to_ideal === undefined ? {} : { distance_to_ideal: fixed(to_ideal) }),
        ...(to_anti_ideal === undefined ? {} : { distance_to_anti_ideal: fixed(to_anti_ideal) }),
        cells: table.criteria.map(({ name }, index) => ({
          criterion: name,
          score: at(at(table.rows, row), index),
          normalised: fixed(at(at(method.normalised, row), index)),
          weighted: fixed(at(weighted, index)),
        })),
      };
    }),
  };
}

/** Weight x score added up, where all criteria are on one scale: what a spreadsheet has. */
function totalOf(inputs: DecisionInputs, table: Table, option: string): { readonly total?: number } {
  const { method, normalisation = "common", criteria = [] } = inputs;
  if (method !== "weighted_sum" || normalisation !== "common" || criteria.some(({ scale }) => scale !== undefined))
    return {};
  const row = at(table.rows, table.options.indexOf(option));
  const total = sum(
    table.criteria.map(({ weight, direction }, index) => (direction === "max" ? 1 : -1) * weight * at(row, index)),
  );
  return Number.isFinite(total) ? { total: Number(total.toPrecision(12)) + 0 } : {};
}

function rankingOf(inputs: DecisionInputs, table: Table): object {
  const method = methodFor(inputs)(table);
  const { ranked, winner, margin } = rank(table, method);
  const dominated = dominatedOptions(table);
  const beaten = new Set(dominated.map(({ option }) => option));
  return {
    verdict: winner === null ? "TIE" : "WINNER",
    winner: winner === null ? null : at(table.options, winner),
    tied: winner === null ? ranked.filter(({ rank: place }) => place === 1).map(({ option }) => option) : [],
    margin,
    ranking: ranked.map((one) => ({ ...one, ...totalOf(inputs, table, one.option) })),
    pareto_front: table.options.filter((option) => !beaten.has(option)),
    dominated,
    sensitivity: winner === null ? [] : sensitivityOf(table, method, winner),
    ...(inputs.mode === "detailed" ? { details: details(table, method) } : {}),
  };
}

const NOTHING_LEFT = {
  verdict: "NO_OPTION",
  winner: null,
  tied: [],
  margin: 0,
  ranking: [],
  pareto_front: [],
  dominated: [],
  sensitivity: [],
};

/** The answer for a complete table. On a tie there is no winner, so nothing to be sensitive about. */
export function rankedReport(inputs: DecisionInputs, sources: Sources, model: string | null): object {
  const ahp = inputs.pairwise === undefined ? undefined : weightsByPairs(inputs.criteria ?? [], inputs.pairwise);
  const whole = tableOf(inputs, ahp?.weights);
  const excluded = unmetMustHaves(whole);
  const table = without(whole, new Set(excluded.map(({ option }) => option)));
  const isRanked = table.options.length > 0;
  const robustness =
    inputs.uncertainty && isRanked
      ? simulate(table, methodFor(inputs), inputs.uncertainty, leastScore(inputs))
      : undefined;
  const found = [
    ...(ahp === undefined ? [] : pairWarnings(ahp.consistency_ratio)),
    ...(table.options.length > 1 ? warningsOf(inputs, table, methodFor(inputs)) : []),
    ...(robustness === undefined ? [] : winWarnings(robustness.wins)),
  ];
  return {
    question: inputs.question,
    method: inputs.method,
    mode: inputs.mode,
    ...(isRanked ? rankingOf(inputs, table) : NOTHING_LEFT),
    ...(excluded.length === 0 ? {} : { excluded }),
    ...(found.length === 0 ? {} : { warnings: found }),
    ...(ahp === undefined ? {} : { consistency_ratio: ahp.consistency_ratio }),
    ...(robustness === undefined ? {} : { robustness }),
    sources,
    model,
  };
}

/** The answer when something is missing: what it is, and no ranking at all. */
export function needsInputReport(inputs: DecisionInputs, missing: readonly Missing[]): object {
  return {
    verdict: "NEEDS_INPUT",
    question: inputs.question,
    method: inputs.method,
    mode: inputs.mode,
    winner: null,
    missing,
  };
}
