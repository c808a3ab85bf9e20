import { micros } from "#core/domain/money.ts";
import { chargeFor, type PackOutcome, priceOf } from "#core/domain/pack.ts";
import { type ExtractInputs, extractOffer, extractTokensWithin, extractUnits } from "#core/domain/packs/extract.ts";
import { EXTRACT_LIMITS } from "#core/domain/packs/extract-limits.ts";
import { extractionMessages } from "#core/domain/packs/extract-prompt.ts";
import { kilotokens } from "#core/domain/packs/model.ts";
import { type UrlInputs, urlOffer } from "#core/domain/packs/url.ts";
import { WrittenJson, writeJson } from "#core/domain/written-json.ts";
import { Rejected } from "./eval/rejected.ts";
import type { Extracted, Source } from "./extract/judge.ts";
import { extractPool, judgeBy } from "./extract/judge-pool.ts";
import { type Asked, askModel, type Question } from "./model/ask-model.ts";
import { modelFailed } from "./model/failures.ts";
import { MODEL_NOT_CONFIGURED } from "./model/not-configured.ts";
import type { ModelSettings } from "./model/request.ts";
import { costExceedsCap, type Pack, type PackContext } from "./pack.ts";

type Judge = ReturnType<typeof judgeBy>;
type Done = Extract<PackOutcome, { kind: "done" }>;

const failed = (reason_code: string, detail: string): PackOutcome => ({ kind: "pack_failed", reason_code, detail });

/** What the cap leaves for a page: without the base, and without the first tokens of the model. */
function pageCap({ cap }: PackContext) {
  const beside = priceOf(extractOffer.prices, { base: 1, model_kilotoken: 1 });
  return micros(Math.max(0, cap - beside) + priceOf(urlOffer.prices, { base: 1 }));
}

async function pageSource(
  url: string,
  { readPage, judge }: { readonly readPage: Pack<UrlInputs>; readonly judge: Judge },
  context: PackContext,
): Promise<Source | PackOutcome> {
  const outcome = await readPage.run({ url, format: "markdown" }, { ...context, cap: pageCap(context) });
  if (outcome.kind !== "done") return outcome;
  const written = outcome.data instanceof WrittenJson ? outcome.data.written : writeJson(outcome.data);
  if (!(written instanceof Uint8Array)) throw new Error("a page could not be written");
  const read = await judge<"page">({ kind: "page", written }, context);
  if (read.kind === "source") return read.source;
  if (read.needs === "scripts")
    return failed("PAGE_NEEDS_SCRIPTS", "The page shows nothing before its scripts run, which this does not do.");
  return read.needs === "ocr"
    ? failed("NO_TEXT", "The PDF has no text, only pictures of pages.")
    : failed("NO_TEXT", "The page or document has no text.");
}

function textSource(text: string): Source {
  return { text, about: { kind: "text", chars: text.length, truncated: false } };
}

function doneOf(asked: Extract<Asked<Extracted>, { kind: "ok" }>, source: Source, model: string): Done {
  const { tries, tokens } = asked;
  const { value, grounding } = asked.answer;
  const { values, found } = grounding;
  const bytes = source.about.kind === "page" ? source.about.bytes : undefined;
  const share = values === 0 ? 1 : found / values;
  return {
    kind: "done",
    data: { value, source: source.about, grounding, model, tries, tokens },
    artifacts: [],
    units: extractUnits(bytes, tokens),
    reliability: source.about.truncated ? share / 2 : share,
  };
}

async function extracted(
  model: ModelSettings,
  { schema, instructions }: ExtractInputs,
  source: Source,
  judge: Judge,
  context: PackContext,
): Promise<PackOutcome> {
  const { cap } = context;
  const bytes = source.about.kind === "page" ? source.about.bytes : undefined;
  const tokens = extractTokensWithin(cap, bytes);
  const beyond = (began: boolean) =>
    costExceedsCap(`max_cost_usd covers at most ${tokens} tokens of the model, prompt and answer.`, began);
  const question: Question = {
    messages: extractionMessages({ schema, instructions }, source.text),
    tokens,
    max_answer_tokens: EXTRACT_LIMITS.max_answer_tokens,
    // Endpoints that can bind an answer to JSON bind it to an object.
    ...(schema["type"] === "object" ? { format: "json_schema", schema } : { format: "none" }),
    onUse: (used) => context.owe({ model_kilotoken: kilotokens(used) }),
  };
  const asked = await askModel<Extracted>(model, question, context, async (answer, asker) => {
    const judged = await judge<"answer">({ kind: "answer", schema, source: source.text, answer }, asker);
    return judged.verdict;
  });
  if (asked.kind === "beyond") return beyond(asked.was_asked || bytes !== undefined);
  if (asked.kind === "failed") return modelFailed(asked);
  const done = doneOf(asked, source, model.model);
  return chargeFor(extractOffer.prices, done.units, cap) === undefined ? beyond(true) : done;
}

/** The `extract` pack. What a page, a schema or an answer may make long is left to processes. */
export function extractPack(
  model: ModelSettings | undefined,
  readPage: Pack<UrlInputs>,
  isolated = extractPool(),
): Pack<ExtractInputs> {
  const judge = judgeBy(isolated);
  return {
    offer: extractOffer,
    async run(inputs, context): Promise<PackOutcome> {
      context.signal.throwIfAborted();
      if (model === undefined || context.is_free) return MODEL_NOT_CONFIGURED;
      let began = false;
      try {
        await judge<"schema">({ kind: "schema", schema: inputs.schema }, context);
        began = true;
        const { text, url = "" } = inputs;
        const source = text === undefined ? await pageSource(url, { readPage, judge }, context) : textSource(text);
        return "text" in source ? await extracted(model, inputs, source, judge, context) : source;
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        const { reason_code, detail } = error;
        return { kind: began ? "pack_failed" : "input_rejected", reason_code, detail };
      }
    },
  };
}
