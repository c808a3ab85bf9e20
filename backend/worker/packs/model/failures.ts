import type { PackOutcome } from "#core/domain/pack.ts";
import type { Asked, ModelFailure } from "./ask-model.ts";

const DETAILS: Readonly<Record<ModelFailure, string>> = {
  MODEL_UNAVAILABLE: "The model could not be reached, or did not answer in time.",
  MODEL_CONTEXT_EXCEEDED: "The inputs are longer than the model can read.",
  MODEL_REFUSED: "The model, or a filter of its service, refused to answer.",
  MODEL_OUTPUT_TOO_LONG: "The model's answer was longer than it may be.",
  MODEL_OUTPUT_INVALID: "The model answered, but with nothing valid in any try.",
};

/**
 * How a run ends whose model failed it. What was wrong with an answer is not told: it names members as the model did, and
 * could hold the answer.
 */
export const modelFailed = ({ reason_code }: Extract<Asked<never>, { kind: "failed" }>): PackOutcome => ({
  kind: "pack_failed",
  reason_code,
  detail: DETAILS[reason_code],
});
