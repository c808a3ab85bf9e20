import { chargeFor, type PackOutcome } from "#core/domain/pack.ts";
import {
  countCells,
  type DecisionInputs,
  decisionOffer,
  decisionTokensWithin,
  isComplete,
  modelledUnits,
  needsPositive,
  wantsModel,
} from "#core/domain/packs/decision.ts";
import { DECISION_MODEL_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { fillingMessages } from "#core/domain/packs/decision-prompt.ts";
import { kilotokens } from "#core/domain/packs/model.ts";
import { answerChecker } from "./decision/check-answer.ts";
import type { Sources } from "./decision/report.ts";
import { reportOutcome, type ReportRequest } from "./decision/report-outcome.ts";
import { resultOf } from "./isolation/result-of.ts";
import { createOutcomePool } from "./isolation/outcome-pool.ts";
import type { PoolLimits } from "./isolation/process-pool.ts";
import type { Isolated } from "./isolation/process-pool.ts";
import type { Asker } from "./isolation/turn.ts";
import { askModel, type Question } from "./model/ask-model.ts";
import { modelFailed } from "./model/failures.ts";
import type { ModelSettings } from "./model/request.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";

/** A table with no more cells, filled or not, is reported on here, within milliseconds, unless it is drawn many times. */
const MAX_CELLS_HERE = 40;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./decision/rank-process.ts" : "./decision/rank-process.js",
  import.meta.url,
);

type Report = (request: ReportRequest, asker: Asker) => Promise<PackOutcome>;

/** Reports from a process where it would keep others waiting. */
const reportBy =
  (isolated: Isolated<ReportRequest, PackOutcome>): Report =>
  async (request, asker) => {
    const { needed, scored } = countCells(request.inputs);
    const isSmall = Math.max(needed, scored) <= MAX_CELLS_HERE && request.inputs.uncertainty === undefined;
    if (isSmall) return reportOutcome(request);
    return resultOf(await isolated(request, asker), "the ranking");
  };

function sourcesOf(given: DecisionInputs): Sources {
  return {
    options: given.options?.length ? "caller" : "model",
    criteria: given.criteria?.length ? "caller" : "model",
    scores: countCells(given).scored > 0 ? "caller" : "model",
  };
}

async function modelled(
  inputs: DecisionInputs,
  { model, check }: { readonly model: ModelSettings; readonly check: ReturnType<typeof answerChecker> },
  report: Report,
  context: PackContext,
): Promise<PackOutcome> {
  const { cap } = context;
  const tokens = decisionTokensWithin(inputs, cap);
  const beyond = (began: boolean) =>
    costExceedsCap(`max_cost_usd covers at most ${tokens} tokens of the model beside the table.`, began);
  const { max_answer_tokens } = DECISION_MODEL_LIMITS;
  const question: Question = {
    messages: fillingMessages(inputs, needsPositive(inputs)),
    tokens,
    max_answer_tokens,
    format: "json_object",
    onUse: (used) => context.owe({ model_kilotoken: kilotokens(used) }),
  };
  const asked = await askModel(model, question, context, (answer, asker) => check({ ...answer, inputs }, asker));
  if (asked.kind === "beyond") return beyond(asked.was_asked);
  if (asked.kind === "failed") return modelFailed(asked);
  const { answer } = asked;
  const units = modelledUnits(countCells(answer).scored, asked.tokens);
  if (chargeFor(decisionOffer.prices, units, cap) === undefined) return beyond(true);
  return report({ inputs: answer, sources: sourcesOf(inputs), model: model.model, spent: units }, context);
}

/** The processes in which it works. */
export const decisionPool = (limits?: PoolLimits) =>
  createOutcomePool<ReportRequest>("decision", SCRIPT, MEMORY, limits);

/** The `decision` pack. Without a model it is a pure function of its inputs. */
export function decisionPack(
  model?: ModelSettings,
  isolated = decisionPool(),
  check = answerChecker(),
): Pack<DecisionInputs> {
  const report = reportBy(isolated);
  return {
    offer: decisionOffer,
    async run(inputs, context) {
      context.signal.throwIfAborted();
      const mayAsk = !context.is_free && !isComplete(inputs) && wantsModel(inputs);
      if (model !== undefined && mayAsk) return await modelled(inputs, { model, check }, report, context);
      return report({ inputs, sources: sourcesOf(inputs), model: null, spent: {} }, context);
    },
  };
}
