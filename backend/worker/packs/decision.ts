import { chargeFor, type PackOutcome, type Units } from "#core/domain/pack.ts";
import {
  countCells,
  type DecisionInputs,
  decisionOffer,
  decisionTokensWithin,
  isComplete,
  modelledUnits,
  wantsModel,
} from "#core/domain/packs/decision.ts";
import { missingOf } from "./decision/missing.ts";
import { askModel, type ModelSettings } from "./decision/model.ts";
import { needsInputReport, rankedReport, type Ranking, type Sources } from "./decision/report.ts";
import { answerOf } from "./isolation/answer-of.ts";
import { createProcessPool, type Isolated } from "./isolation/process-pool.ts";
import { startWorkProcess } from "./isolation/work-process.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";

/** A table that is no larger is ranked here, within milliseconds. */
const MAX_CELLS_HERE = 400;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./decision/rank-process.ts" : "./decision/rank-process.js",
  import.meta.url,
);

const createRanker = (): Isolated<Ranking, object> =>
  createProcessPool(() => startWorkProcess<Ranking, object>(SCRIPT, MEMORY));

type Rank = (ranking: Ranking, signal: AbortSignal) => Promise<object>;

/** Ranks in a process where it would keep others waiting. */
const rankBy =
  (isolated: Isolated<Ranking, object>): Rank =>
  async (ranking, signal) => {
    const { inputs, sources, model } = ranking;
    if (countCells(inputs).scored <= MAX_CELLS_HERE) return rankedReport(inputs, sources, model);
    return answerOf(await isolated(ranking, signal), "the ranking");
  };

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

async function modelled(
  inputs: DecisionInputs,
  model: ModelSettings,
  rank: Rank,
  { signal, cap }: Pick<PackContext, "signal" | "cap">,
): Promise<PackOutcome> {
  const tokens = decisionTokensWithin(inputs, cap);
  const beyond = () => costExceedsCap(`max_cost_usd covers at most ${tokens} tokens of the model beside the table.`);
  const answer = await askModel(model, inputs, tokens, signal);
  if (answer.kind === "beyond") return beyond();
  if (answer.kind === "failed") {
    return { kind: "pack_failed", reason_code: answer.reason_code, detail: FAILURES[answer.reason_code] };
  }
  const units = modelledUnits(countCells(answer.inputs).scored, answer.tokens);
  if (chargeFor(decisionOffer.prices, units, cap) === undefined) return beyond();
  const ranking = { inputs: answer.inputs, sources: sourcesOf(inputs), model: model.model };
  return done(await rank(ranking, signal), units, 1);
}

/** The `decision` pack. Without a model it is a pure function of its inputs. */
export function decisionPack(model?: ModelSettings, isolated = createRanker()): Pack<DecisionInputs> {
  const rank = rankBy(isolated);
  return {
    offer: decisionOffer,
    async run(inputs, { signal, cap }) {
      signal.throwIfAborted();
      if (isComplete(inputs)) {
        const units = { base: 1, cell: countCells(inputs).scored };
        return done(await rank({ inputs, sources: sourcesOf(inputs), model: null }, signal), units, 1);
      }
      if (model !== undefined && wantsModel(inputs)) return await modelled(inputs, model, rank, { signal, cap });
      return done(needsInputReport(inputs, missingOf(inputs)), {}, 0);
    },
  };
}
