import { countCells, type DecisionInputs, decisionOffer, isComplete } from "#core/domain/packs/decision.ts";
import { DECISION_MODEL_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { z } from "zod";
import { type AnswerText, answeredJson, type Verdict, verdictOn } from "../model/completion.ts";

/** What a model answered to a decision that lacks something. */
export interface Filling extends AnswerText {
  readonly inputs: DecisionInputs;
}

const proposal = z.object({ options: z.unknown(), criteria: z.unknown(), scores: z.unknown() }).partial();

// The caller's part of the table is kept as it is; the whole table must be valid by the callers' own schema.
function judge(content: string, inputs: DecisionInputs): { answer: DecisionInputs } | { errors: string } {
  const proposed = proposal.safeParse(answeredJson(content));
  if (!proposed.success) return { errors: "it is no JSON object" };
  const table = decisionOffer.inputs.safeParse({
    ...inputs,
    options: inputs.options?.length ? inputs.options : proposed.data.options,
    criteria: inputs.criteria?.length ? inputs.criteria : proposed.data.criteria,
    scores: proposed.data.scores,
  });
  if (!table.success)
    return { errors: table.error.issues.map(({ path, message }) => `/${path.join("/")} ${message}`).join("; ") };
  if (!isComplete(table.data)) return { errors: "a score of some option under some criterion is missing" };
  const { max_cells } = DECISION_MODEL_LIMITS;
  if (countCells(table.data).needed > max_cells) return { errors: `there are more than ${max_cells} cells` };
  return { answer: table.data };
}

/** Judges a model's answer. Pure; time grows with it. */
export const accept = ({ inputs, ...answer }: Filling): Verdict<DecisionInputs> =>
  verdictOn(answer, (content) => judge(content, inputs));
