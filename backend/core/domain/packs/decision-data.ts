import { z } from "zod";
import { DECISION_LIMITS } from "./decision-limits.ts";
import { MODEL_LIMITS } from "./model.ts";

const { max_question_chars, max_options, max_criteria, max_name_chars } = DECISION_LIMITS;

const name = z.string().max(max_name_chars);
const option = name.describe("One of the options.");
const criterion = name.describe("One of the criteria.");
/** Of each criterion its spread and the option that it would turn, each option that turns the winner, pairs and draws. */
const MAX_WARNINGS = 2 * max_criteria + max_options + 2;

const share = z.number().min(0).max(1);
const listOf = <Item extends z.ZodType>(max: number, item: Item) => z.array(item).max(max);

const asked = {
  question: z.string().max(max_question_chars).describe("What was to be decided."),
  method: z.enum(["weighted_sum", "topsis", "vikor", "promethee"]).describe("How the scores of an option became one."),
  mode: z.enum(["brief", "detailed"]).describe("As in the inputs."),
};
const source = z.enum(["caller", "model"]);

const ranked = z.strictObject({
  option,
  rank: z.int().min(1).max(max_options).describe("From 1; equal scores share a rank, and the next one is skipped."),
  score: share.describe("0 to 1, more is better; rounded to nine decimals."),
  total: z
    .number()
    .optional()
    .describe(
      "With `weighted_sum` by one common scale: weight x score added up, less where less is better, as in a spreadsheet.",
    ),
});

const excluded = z.strictObject({
  option,
  criterion,
  score: z.number().describe("Its score."),
  at_least: z.number().optional().describe("What it must be at least."),
  at_most: z.number().optional().describe("What it may be at most."),
});

const warning = z.strictObject({
  code: z
    .enum(["SMALL_SPREAD", "UNEQUAL_SPREADS", "RANK_REVERSAL", "INCONSISTENT_PAIRS", "UNCERTAIN_WINNER"])
    .describe("What to be careful with."),
  criterion: criterion.optional(),
  option: option.optional(),
  detail: z.string().max(600).describe("What was found, in words."),
});

const robustness = z.strictObject({
  samples: z.int().min(1).describe("How many rankings were drawn."),
  seed: z.int().min(0).describe("Of the draws."),
  wins: listOf(
    max_options,
    z.strictObject({ option, share: share.describe("In which share of the draws it leads; ties are shared.") }),
  ).describe("Every option that was ranked, in their order."),
});

const dominated = z.strictObject({
  option,
  by: listOf(max_options, name).describe("The options that are as good on every criterion and better on one."),
});

const sensitivity = z.strictObject({
  criterion,
  weight: z.number().describe("Its raw weight."),
  switch_weight: z
    .number()
    .nullable()
    .describe("The nearest raw weight at which another option catches up; null where no weight changes the winner."),
  change: z.number().nullable().describe("`switch_weight` less `weight`; null where no weight changes the winner."),
  new_winners: listOf(max_options, name).describe("Who leads just beyond `switch_weight`."),
});

const cell = z.strictObject({
  criterion,
  score: z.number().describe("The raw score."),
  normalised: share.describe("Its score from 0, the worst, to 1, the best, as the method normalises it."),
  weighted: z.number().describe("What the cell contributes under the method."),
});

const details = z.strictObject({
  criteria: listOf(
    max_criteria,
    z.strictObject({
      name: criterion,
      weight: z.number().describe("Its raw weight."),
      direction: z.enum(["max", "min"]).describe("max: more is better; min: less is better."),
      share: share.describe("The weight as a share of all weights."),
    }),
  ).describe("The criteria, as listed in the inputs."),
  options: listOf(
    max_options,
    z.strictObject({
      option,
      distance_to_ideal: z.number().min(0).optional().describe("With `topsis`: from the best of every column."),
      distance_to_anti_ideal: z.number().min(0).optional().describe("With `topsis`: from the worst of every column."),
      cells: listOf(max_criteria, cell).describe("One for each criterion."),
    }),
  ).describe("The options, as listed in the inputs."),
});

const ranking = z
  .strictObject({
    verdict: z
      .enum(["WINNER", "TIE", "NO_OPTION"])
      .describe("WINNER: one option leads; TIE: several share the first place; NO_OPTION: every option is excluded."),
    ...asked,
    winner: name.nullable().describe("The option that leads; null for a TIE, and for NO_OPTION."),
    tied: listOf(max_options, name).describe("The options that share the first place of a TIE; otherwise empty."),
    margin: share.describe("The first score less the second; 0 for a TIE; the score where only one option is ranked."),
    ranking: listOf(max_options, ranked).describe("Every option that is not excluded, the best first."),
    excluded: listOf(max_options * max_criteria, excluded)
      .optional()
      .describe("Each must-have that an option does not meet; those options are not ranked."),
    warnings: listOf(MAX_WARNINGS, warning)
      .optional()
      .describe("Why the ranking may mislead; absent where nothing was found."),
    consistency_ratio: z
      .number()
      .min(0)
      .optional()
      .describe("With `pairwise`: Saaty's ratio; above 0.1 the comparisons contradict each other too much."),
    robustness: robustness.optional().describe("With `uncertainty`: how often each option wins."),
    pareto_front: listOf(max_options, name).describe("The options that no other one dominates."),
    dominated: listOf(max_options, dominated).describe("The options that another one dominates, whatever the weights."),
    sensitivity: listOf(max_criteria, sensitivity).describe(
      "For each criterion the smallest change of its weight that changes the winner; empty for a TIE.",
    ),
    sources: z
      .strictObject({
        options: source.describe("Who gave the options."),
        criteria: source.describe("Who gave the criteria."),
        scores: source.describe("Who gave the scores."),
      })
      .describe("Who gave each part."),
    model: z
      .string()
      .max(MODEL_LIMITS.max_name_chars)
      .nullable()
      .describe("The model that filled in what was missing, or null."),
    details: details.optional().describe("With the mode `detailed`: how every option came to its place."),
  })
  .meta({ title: "DecisionRanking" });

const needsInput = z
  .strictObject({
    verdict: z.literal("NEEDS_INPUT").describe("Something is missing. Nothing is charged."),
    ...asked,
    winner: z.null().describe("Always null."),
    missing: listOf(
      max_options * max_criteria + 2,
      z.strictObject({
        pointer: z.string().describe("JSON Pointer into the inputs."),
        needs: z.string().describe("What is needed there, in words."),
        option: option.optional().describe("The option of a missing score."),
        criterion: criterion.optional().describe("The criterion of a missing score."),
      }),
    )
      .min(1)
      .describe("What to fill in before the options can be ranked."),
  })
  .meta({ title: "DecisionNeedsInput" });

/** The `data` of a decision. */
export const decisionData = z.discriminatedUnion("verdict", [ranking, needsInput]);
