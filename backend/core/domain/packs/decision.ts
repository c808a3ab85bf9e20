import { z } from "zod";
import { lineUpTo, listUpTo, recordUpTo, textUpTo } from "../bounded.ts";
import { type Micros, micros } from "../money.ts";
import type { Estimate, PackOffer, Units } from "../pack.ts";
import { decisionData } from "./decision-data.ts";
import { DECISION_LIMITS, DECISION_MODEL_LIMITS } from "./decision-limits.ts";
import { fillingMessages } from "./decision-prompt.ts";
import {
  jsonBytes,
  kilotokens,
  leastAnswerTokens,
  MODEL_PRICE,
  mostTokens,
  promptTokens,
  tokensWithin,
} from "./model.ts";

/** The smallest table that can be ranked. */
const MIN_OPTIONS = 2;
const MIN_CRITERIA = 1;

// Of a lone surrogate no result can be written; a model can answer with one.
const NAME = /^[^\s\p{Cc}\p{Cs}](?:[^\p{Cc}\p{Cs}\u2028\u2029]*[^\s\p{Cc}\p{Cs}])?$/u;
const PROTO = "__proto__";

const decisionName = textUpTo(DECISION_LIMITS.max_name_chars)
  .min(1, { abort: true })
  .regex(NAME, "must be one line without space at either end, control characters or lone surrogates")
  .meta({ pattern: lineUpTo(DECISION_LIMITS.max_name_chars) })
  .refine((name) => name !== PROTO, "is a reserved name");

const decisionCriterion = z.strictObject({
  name: decisionName.describe("What is judged, as `scores` names it."),
  weight: z
    .number()
    .positive()
    .optional()
    .describe("Raw weight on any scale; weights are divided by their sum. Needed unless `pairwise` gives them."),
  direction: z.enum(["max", "min"]).describe("max: more is better; min: less is better."),
  scale: z
    .strictObject({ min: z.number().describe("Its lower end."), max: z.number().describe("Its upper end.") })
    .refine(({ min, max }) => min < max, "must have its lower end below its upper one")
    .optional()
    .describe("The range of scores that this criterion may have, such as 1 to 10; its scores are normalised by it."),
  at_least: z.number().optional().describe("Must-have: an option with a lower score is excluded."),
  at_most: z.number().optional().describe("Must-have: an option with a higher score is excluded."),
  indifference: z
    .number()
    .min(0)
    .optional()
    .describe("With `promethee`: a difference up to this counts nothing; 0 if left out."),
  preference: z
    .number()
    .positive()
    .optional()
    .describe(
      "With `promethee`: a difference from this on counts in full, and in between in part; any difference if left out.",
    ),
});

const comparisonOfCriteria = z.strictObject({
  criterion: textUpTo(DECISION_LIMITS.max_name_chars).describe("One of the criteria."),
  over: textUpTo(DECISION_LIMITS.max_name_chars).describe("Another."),
  times: z
    .number()
    .min(1 / 9)
    .max(9)
    .describe("How much more important the first is, from 1/9 to 9 (Saaty's scale)."),
});

const uncertainty = z.strictObject({
  weights: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Weights may be off by up to this share of themselves; 0 if left out."),
  scores: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Scores may be off by up to this share of their criterion's range; 0 if left out."),
  samples: z
    .int()
    .min(100)
    .max(DECISION_LIMITS.max_samples)
    .optional()
    .describe("How many rankings are drawn; 1,000 if left out."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe("Of the draws; 0 if left out. The same seed gives the same result."),
});

// z.record drops this one key without a word; a score that vanishes must be refused like any other unknown name.
function refuseProto(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, PROTO)) {
    context.addIssue({ code: "custom", path: [PROTO], message: "is a reserved name", input: value });
  }
  return value;
}

// More rows or cells than there can be names for are not checked.
const cells = z.preprocess(refuseProto, recordUpTo(DECISION_LIMITS.max_criteria, z.string(), z.number()));
const scores = z.preprocess(refuseProto, recordUpTo(DECISION_LIMITS.max_options, z.string(), cells));

const fields = z.strictObject({
  question: textUpTo(DECISION_LIMITS.max_question_chars)
    .regex(/\S/, "must not be empty or only white space")
    .describe("What is to be decided."),
  mode: z
    .enum(["brief", "detailed"])
    .default("brief")
    .describe("brief: the ranking; detailed: also how every option came to its place."),
  method: z
    .enum(["weighted_sum", "topsis", "vikor", "promethee"])
    .default("weighted_sum")
    .describe(
      "How the scores of an option become one. weighted_sum: weight x score, as in a spreadsheet; topsis: closeness to the best " +
        "of every criterion; vikor: a compromise between all criteria and the worst one; promethee: PROMETHEE II, by pairs.",
    ),
  normalisation: z
    .enum(["common", "min_max", "sum", "max"])
    .optional()
    .describe(
      "With `weighted_sum`, how scores of criteria without a `scale` are made comparable. common (if left out): all are on one " +
        "scale, so that the order is that of weight x score added up; min_max: each criterion from its worst score to its best; " +
        "sum and max: shares of the criterion's sum or largest score, which need scores above 0.",
    ),
  pairwise: listUpTo((DECISION_LIMITS.max_compared * (DECISION_LIMITS.max_compared - 1)) / 2, comparisonOfCriteria)
    .min(1)
    .optional()
    .describe(
      `Weights by comparing criteria in pairs (AHP), each pair once, of up to ${DECISION_LIMITS.max_compared} criteria; takes the place of weights.`,
    ),
  uncertainty: uncertainty.optional().describe("How often each option wins where weights and scores are uncertain."),
  options: listUpTo(DECISION_LIMITS.max_options, decisionName)
    .optional()
    .meta({ description: "What there is to choose from; each named once.", uniqueItems: true }),
  criteria: listUpTo(DECISION_LIMITS.max_criteria, decisionCriterion)
    .optional()
    .meta({ description: "What matters; each named once.", uniqueItems: true }),
  scores: scores.optional().describe("Raw scores by option, then by criterion, in the criterion's own unit."),
});

type Fields = z.output<typeof fields>;
type Refuse = (path: (string | number)[], message: string) => void;

/** Calls `refuse` for every repeated name and every score of an option or criterion that was not listed. */
function checkNames(inputs: Pick<Fields, "options" | "criteria" | "scores">, refuse: Refuse): void {
  const options = new Set<string>();
  for (const [index, name] of (inputs.options ?? []).entries()) {
    if (options.has(name)) refuse(["options", index], "is listed twice");
    options.add(name);
  }
  const criteria = new Set<string>();
  for (const [index, { name }] of (inputs.criteria ?? []).entries()) {
    if (criteria.has(name)) refuse(["criteria", index, "name"], "is listed twice");
    criteria.add(name);
  }
  for (const [option, row] of Object.entries(inputs.scores ?? {})) {
    if (!options.has(option)) {
      refuse(["scores", option], "is not one of the options");
      continue;
    }
    for (const criterion of Object.keys(row)) {
      if (!criteria.has(criterion)) refuse(["scores", option, criterion], "is not one of the criteria");
    }
  }
}

/** Refuses weights that are absent, given twice over, or compared in part. */
function checkWeights({ criteria = [], pairwise }: Fields, refuse: Refuse): void {
  for (const [index, { weight }] of criteria.entries()) {
    if (pairwise === undefined && weight === undefined)
      refuse(["criteria", index, "weight"], "is needed unless `pairwise` gives it");
    if (pairwise !== undefined && weight !== undefined)
      refuse(["criteria", index, "weight"], "must be left out where `pairwise` gives it");
  }
  if (pairwise === undefined) return;
  if (criteria.length > DECISION_LIMITS.max_compared)
    return refuse(["pairwise"], `can compare at most ${DECISION_LIMITS.max_compared} criteria`);
  const names = new Set(criteria.map(({ name }) => name));
  const pairs = new Set<string>();
  for (const [index, { criterion, over }] of pairwise.entries()) {
    if (!names.has(criterion)) refuse(["pairwise", index, "criterion"], "is not one of the criteria");
    if (!names.has(over) || over === criterion)
      refuse(["pairwise", index, "over"], "is not another one of the criteria");
    const pair = JSON.stringify([criterion, over].toSorted());
    if (pairs.has(pair)) refuse(["pairwise", index], "is compared twice");
    pairs.add(pair);
  }
  const needed = (names.size * (names.size - 1)) / 2;
  if (pairs.size < needed) refuse(["pairwise"], `must compare every pair of criteria once: ${needed} pairs`);
}

/** True where scores are divided by each other, but for those of criteria with a scale: they must be above 0. */
export const needsPositive = ({ method, normalisation }: Pick<Fields, "method" | "normalisation">): boolean =>
  method === "weighted_sum" && (normalisation === "sum" || normalisation === "max");

/** Refuses scores outside of their scale, and such as a normalisation cannot use. */
function checkScores(value: Fields, refuse: Refuse): void {
  const { criteria = [], scores: rows = {}, normalisation } = value;
  for (const { name, scale } of criteria) {
    for (const [option, row] of Object.entries(rows)) {
      const score = Object.hasOwn(row, name) ? row[name] : undefined;
      if (score === undefined) continue;
      if (scale !== undefined && (score < scale.min || score > scale.max))
        refuse(["scores", option, name], `must be from ${scale.min} to ${scale.max}, as its scale says`);
      else if (scale === undefined && needsPositive(value) && score <= 0)
        refuse(["scores", option, name], `must be above 0 for the normalisation ${normalisation}`);
    }
  }
}

/** How large the table can become: a side that is absent a model fills in, and it refuses more cells than it may. */
function largestTable({ options = [], criteria = [] }: Fields): { readonly options: number; readonly cells: number } {
  const { max_options, max_criteria } = DECISION_LIMITS;
  const [rows, columns] = [options.length || max_options, criteria.length || max_criteria];
  if (options.length > 0 && criteria.length > 0) return { options: rows, cells: rows * columns };
  const { max_cells } = DECISION_MODEL_LIMITS;
  const fitting = options.length > 0 ? rows : Math.min(rows, Math.floor(max_cells / Math.max(1, criteria.length)));
  return { options: fitting, cells: Math.min(max_cells, rows * columns) };
}

function checkSamples(value: Fields, refuse: Refuse): void {
  if (value.uncertainty === undefined) return;
  const { options, cells: scored } = largestTable(value);
  const steps = (value.uncertainty.samples ?? 1_000) * scored * (value.method === "promethee" ? options : 1);
  if (steps > DECISION_LIMITS.max_sample_steps)
    refuse(
      ["uncertainty", "samples"],
      `takes more than ${DECISION_LIMITS.max_sample_steps} samples x cells (x options with promethee), ` +
        `where options or criteria that are absent count as up to ${DECISION_MODEL_LIMITS.max_cells} cells`,
    );
}

const inputs = fields.superRefine((value, context) => {
  const refuse: Refuse = (path, message) => context.addIssue({ code: "custom", path, message, input: value });
  checkNames(value, refuse);
  checkWeights(value, refuse);
  checkScores(value, refuse);
  checkSamples(value, refuse);
});

export type DecisionInputs = z.output<typeof inputs>;

/** How many cells are needed and how many are scored. Names are read as own keys only. */
export function countCells(value: DecisionInputs): { readonly needed: number; readonly scored: number } {
  const options = value.options ?? [];
  const criteria = value.criteria ?? [];
  let scored = 0;
  for (const row of Object.values(value.scores ?? {})) scored += Object.keys(row).length;
  return { needed: options.length * criteria.length, scored };
}

/** True when options, criteria and every score are there, so that no model and no question back is needed. */
export function isComplete(value: DecisionInputs): boolean {
  const { needed, scored } = countCells(value);
  return (value.options ?? []).length >= MIN_OPTIONS && needed > 0 && scored === needed;
}

/**
 * True when a configured model may fill in what is absent: no score was given, and options and criteria are each
 * absent or usable. A half-filled table is never completed by a model, nor a very large one.
 */
export function wantsModel(value: DecisionInputs): boolean {
  const { needed, scored } = countCells(value);
  return scored === 0 && (value.options ?? []).length !== 1 && needed <= DECISION_MODEL_LIMITS.max_cells;
}

/** Units of a decision whose table a model filled in; `tokens` is what its endpoint counted, 0 where it does not say. */
export function modelledUnits(cells: number, tokens: number): Units {
  return { base: 1, cell: cells, model_kilotoken: kilotokens(tokens) };
}

/** The parts that are absent or too few, or, where both sides of the table are there, its scores. */
function missingParts(value: DecisionInputs): readonly string[] {
  const missing = [];
  if ((value.options ?? []).length < MIN_OPTIONS) missing.push("/options");
  if ((value.criteria ?? []).length < MIN_CRITERIA) missing.push("/criteria");
  const { needed, scored } = countCells(value);
  if (needed === 0 || scored < needed) missing.push("/scores");
  return missing;
}

/** Of the least table that can come of these inputs: two options, one criterion, or as many as were given. */
const leastCells = ({ options = [], criteria = [] }: DecisionInputs): number =>
  Math.max(MIN_OPTIONS, options.length) * Math.max(MIN_CRITERIA, criteria.length);

/** What a model would use to fill in the rest. */
function modelEstimate(value: DecisionInputs): Estimate {
  const { options = [], criteria = [] } = value;
  const { max_cells, max_answer_tokens } = DECISION_MODEL_LIMITS;
  const prompt = fillingMessages(value, needsPositive(value));
  const isGiven = options.length >= MIN_OPTIONS && criteria.length >= MIN_CRITERIA;
  const least = leastCells(value);
  const tokens = promptTokens(prompt) + leastAnswerTokens(max_answer_tokens);
  const most = isGiven ? least : Math.max(least, max_cells);
  return {
    exact: false,
    units: modelledUnits(least, tokens),
    likely: { model_kilotoken: kilotokens(tokens) },
    most_units: modelledUnits(most, mostTokens(jsonBytes(prompt), max_answer_tokens)),
  };
}

/** How many tokens of a model the cap covers beside the least table. */
export function decisionTokensWithin(value: DecisionInputs, cap: Micros): number {
  return tokensWithin(decisionOffer.prices, cap, { base: 1, cell: leastCells(value) });
}

export const decisionOffer: PackOffer<DecisionInputs> = {
  type: "decision",
  version: "1.1.0",
  title: "Decision",
  summary:
    "Ranks options by weighted criteria (weighted sum, TOPSIS, VIKOR or PROMETHEE II), with must-haves, weights by pairs (AHP) and " +
    "uncertainty (Monte Carlo): winner and margin, Pareto front, dominated options, warnings, and for each criterion the smallest " +
    "change of weight that changes the winner. By default the winner is that of weight x score added up. Says what is missing, invents nothing; " +
    "where something is missing and nobody fills it in, the answer is NEEDS_INPUT and costs nothing.",
  inputs,
  data: decisionData,
  prices: {
    base: { unit_micros: micros(10_000), per: "run" },
    cell: { unit_micros: micros(500), per: "scored cell (one option under one criterion)" },
    model_kilotoken: MODEL_PRICE,
  },
  reliability:
    "Share of the needed cells that are scored: 1 for a ranking, 0 for NEEDS_INPUT. It does not judge the scores.",
  examples: [
    {
      title: "Two options by weight x score",
      inputs: {
        question: "Which database should hold the orders?",
        mode: "brief",
        method: "weighted_sum",
        options: ["Postgres", "DynamoDB"],
        criteria: [
          { name: "monthly cost", weight: 2, direction: "min", scale: { min: 0, max: 200 } },
          { name: "query power", weight: 3, direction: "max", scale: { min: 1, max: 10 } },
        ],
        scores: {
          Postgres: { "monthly cost": 120, "query power": 9 },
          DynamoDB: { "monthly cost": 80, "query power": 5 },
        },
      },
    },
    {
      title: "Must-haves, weights by pairs, and how sure the winner is",
      inputs: {
        question: "Which laptop should we buy?",
        mode: "detailed",
        method: "topsis",
        options: ["Light 13", "Work 15", "Game 17"],
        criteria: [
          { name: "price", direction: "min", at_most: 2_000 },
          { name: "battery hours", direction: "max" },
          { name: "screen", direction: "max" },
        ],
        pairwise: [
          { criterion: "price", over: "battery hours", times: 2 },
          { criterion: "price", over: "screen", times: 4 },
          { criterion: "battery hours", over: "screen", times: 2 },
        ],
        uncertainty: { weights: 0.2, scores: 0.1, seed: 7 },
        scores: {
          "Light 13": { price: 1_300, "battery hours": 15, screen: 6 },
          "Work 15": { price: 1_600, "battery hours": 11, screen: 8 },
          "Game 17": { price: 2_400, "battery hours": 5, screen: 9 },
        },
      },
    },
    {
      title: "A bare question: a model fills in the table, or the answer says what is missing, for nothing",
      inputs: { question: "Rent a van or hire movers for a small flat?", mode: "brief", method: "weighted_sum" },
    },
  ],
  estimate(value) {
    if (isComplete(value)) return { units: { base: 1, cell: countCells(value).needed }, exact: true };
    const needs_input = missingParts(value);
    return wantsModel(value) ? { ...modelEstimate(value), needs_input } : { units: {}, exact: true, needs_input };
  },
};
