import { chargeFor, type PackOutcome } from "#core/domain/pack.ts";
import { type EvalInputs, evalOffer, evalTokensWithin, evalUnits } from "#core/domain/packs/eval.ts";
import { WrittenJson } from "#core/domain/written-json.ts";
import { askGrades } from "./eval/ask-grades.ts";
import type { EvalErrand } from "./eval/evaluate.ts";
import { gradingList } from "./eval/grades.ts";
import { resultOf } from "./isolation/result-of.ts";
import { createOutcomePool } from "./isolation/outcome-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import { modelFailed } from "./model/failures.ts";
import { MODEL_NOT_CONFIGURED } from "./model/not-configured.ts";
import type { ModelSettings } from "./model/request.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";

/** What a run may count and compare is limited before it, and a scoring within those limits keeps well below that. */
const MEMORY = { heap_mb: 384, resident_mb: 800 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./eval/score-process.ts" : "./eval/score-process.js",
  import.meta.url,
);

/** The processes in which it works. */
export const evalPool = (limits?: PoolLimits) => createOutcomePool<EvalErrand>("eval", SCRIPT, MEMORY, limits);

type Work = (errand: EvalErrand, context: PackContext) => Promise<PackOutcome>;

const isGraded = ({ metrics }: EvalInputs): boolean => metrics.some(({ metric }) => metric === "model_graded");

function gradingsIn(data: unknown) {
  const read = data instanceof WrittenJson && data.written instanceof Uint8Array;
  return gradingList.parse(read ? JSON.parse(new TextDecoder().decode(data.written)) : data);
}

/** Scores what a model graded first: patterns and schemas are checked before it is asked. */
async function graded(
  inputs: EvalInputs,
  model: ModelSettings | undefined,
  work: Work,
  context: PackContext,
): Promise<PackOutcome> {
  if (model === undefined || context.is_free) return MODEL_NOT_CONFIGURED;
  const prepared = await work({ kind: "gradings", inputs }, context);
  if (prepared.kind !== "done") return prepared;
  const tokens = evalTokensWithin(inputs, context.cap);
  const beyond = (began: boolean) =>
    costExceedsCap(`max_cost_usd covers at most ${tokens} tokens of the model beside the scoring.`, began);
  const asked = await askGrades(model, gradingsIn(prepared.data), tokens, context);
  if (asked.kind === "beyond") return beyond(asked.was_asked);
  if (asked.kind === "failed") return modelFailed(asked);
  if (chargeFor(evalOffer.prices, evalUnits(inputs, asked.tokens), context.cap) === undefined) return beyond(true);
  const { grades, tokens: used } = asked;
  return work({ kind: "scores", inputs, graded: { model: model.model, tokens: used, grades } }, context);
}

/** The `eval` pack: a pure function of its inputs, and of what a model says; worked out in a process that ends with the signal. */
export function evalPack(isolated = evalPool(), model?: ModelSettings): Pack<EvalInputs> {
  const work: Work = async (errand, context) => resultOf(await isolated(errand, context), "the scoring");
  return {
    offer: evalOffer,
    run: (inputs, context) =>
      isGraded(inputs) ? graded(inputs, model, work, context) : work({ kind: "scores", inputs }, context),
  };
}
