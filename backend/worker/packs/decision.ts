import type { PackOutcome, Units } from "#core/domain/pack.ts";
import {
  countCells,
  type DecisionInputs,
  decisionOffer,
  isComplete,
  TOKENS_PER_UNIT,
  wantsModel,
} from "#core/domain/packs/decision.ts";
import { missingOf } from "./decision/missing.ts";
import { askModel, MODEL_LIMITS, type ModelSettings } from "./decision/model.ts";
import { needsInputReport, rankedReport, type Sources } from "./decision/report.ts";
import type { Pack } from "./pack.ts";

const FAILURES = {
  MODEL_UNAVAILABLE: "The model that turns a question into options, criteria and scores could not be reached.",
  MODEL_OUTPUT_INVALID: "The model answered, but not with a complete and valid table of options, criteria and scores.",
} as const;

function done(data: object, units: Units, reliability: number): PackOutcome {
  return { kind: "done", data, artifacts: [], units, reliability };
}

function sourcesOf(given: DecisionInputs): Sources {
  return {
    options: given.options?.length ? "caller" : "model",
    criteria: given.criteria?.length ? "caller" : "model",
    scores: countCells(given).scored > 0 ? "caller" : "model",
  };
}

async function modelled(inputs: DecisionInputs, model: ModelSettings, signal: AbortSignal): Promise<PackOutcome> {
  const answer = await askModel(model, inputs, signal);
  if (answer.kind === "failed") {
    return { kind: "pack_failed", reason_code: answer.reason_code, detail: FAILURES[answer.reason_code] };
  }
  const units = {
    base: 1,
    cell: countCells(answer.inputs).scored,
    model_kilotoken: Math.ceil(answer.tokens / TOKENS_PER_UNIT),
  };
  return done(rankedReport(answer.inputs, sourcesOf(inputs), model.model), units, 1);
}

/** The `decision` pack. Without a model it is a pure function of its inputs. */
export function decisionPack(model?: ModelSettings): Pack<DecisionInputs> {
  return {
    offer: decisionOffer,
    async run(inputs, { signal }) {
      signal.throwIfAborted();
      if (isComplete(inputs)) {
        const units = { base: 1, cell: countCells(inputs).scored };
        return done(rankedReport(inputs, sourcesOf(inputs), null), units, 1);
      }
      const sides = (inputs.options?.length ?? 0) * (inputs.criteria?.length ?? 0);
      if (model !== undefined && wantsModel(inputs) && sides <= MODEL_LIMITS.max_cells) {
        return await modelled(inputs, model, signal);
      }
      return done(needsInputReport(inputs, missingOf(inputs)), { base: 1 }, 0);
    },
  };
}
