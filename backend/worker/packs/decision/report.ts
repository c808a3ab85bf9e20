import type { DecisionInputs } from "#core/domain/packs/decision.ts";
import { dominatedOptions } from "./dominance.ts";
import { type Method, minMax, shares } from "./method.ts";
import type { Missing } from "./missing.ts";
import { rank } from "./ranking.ts";
import { sensitivityOf } from "./sensitivity.ts";
import { at, cellOf, fixed, type Table } from "./table.ts";
import { topsis } from "./topsis.ts";
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

const METHODS = { weighted_sum: weightedSum, topsis } as const;

function tableOf(inputs: DecisionInputs): Table {
  const options = inputs.options ?? [];
  const criteria = inputs.criteria ?? [];
  const cell = (option: string, criterion: string) => {
    const score = cellOf(inputs, option, criterion);
    if (score === undefined) throw new RangeError("a cell is missing");
    return score;
  };
  return { options, criteria, rows: options.map((option) => criteria.map(({ name }) => cell(option, name))) };
}

function details(table: Table, method: Method): object {
  const weights = table.criteria.map(({ weight }) => weight);
  const normalised = minMax(table);
  const parts = shares(weights);
  const explained = method.explain(weights);
  return {
    criteria: table.criteria.map((criterion, index) => ({ ...criterion, share: fixed(at(parts, index)) })),
    options: table.options.map((option, row) => {
      const { weighted, to_ideal, to_anti_ideal } = at(explained, row);
      return {
        option,
        ...(to_ideal === undefined ? {} : { distance_to_ideal: fixed(to_ideal) }),
        ...(to_anti_ideal === undefined ? {} : { distance_to_anti_ideal: fixed(to_anti_ideal) }),
        cells: table.criteria.map(({ name }, index) => ({
          criterion: name,
          score: at(at(table.rows, row), index),
          normalised: fixed(at(at(normalised, row), index)),
          weighted: fixed(at(weighted, index)),
        })),
      };
    }),
  };
}

/** The answer for a complete table: WINNER or TIE. On a tie there is no winner, so nothing to be sensitive about. */
export function rankedReport(inputs: DecisionInputs, sources: Sources, model: string | null): object {
  const table = tableOf(inputs);
  const method = METHODS[inputs.method](table);
  const { ranked, winner, margin } = rank(table, method);
  const dominated = dominatedOptions(table);
  const beaten = new Set(dominated.map(({ option }) => option));
  return {
    verdict: winner === null ? "TIE" : "WINNER",
    question: inputs.question,
    method: inputs.method,
    mode: inputs.mode,
    winner: winner === null ? null : at(table.options, winner),
    tied: winner === null ? ranked.filter(({ rank: place }) => place === 1).map(({ option }) => option) : [],
    margin,
    ranking: ranked,
    pareto_front: table.options.filter((option) => !beaten.has(option)),
    dominated,
    sensitivity: winner === null ? [] : sensitivityOf(table, method, winner),
    sources,
    model,
    ...(inputs.mode === "detailed" ? { details: details(table, method) } : {}),
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
