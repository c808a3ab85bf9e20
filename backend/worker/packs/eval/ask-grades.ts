import { z } from "zod";
import { EVAL_LIMITS } from "#core/domain/packs/eval-limits.ts";
import { gradingMessages } from "#core/domain/packs/eval-prompt.ts";
import { kilotokens, promptTokens } from "#core/domain/packs/model.ts";
import { type Asked, askModel, type Question } from "../model/ask-model.ts";
import { type AnswerText, answeredJson, UNREADABLE, type Verdict, verdictOn } from "../model/completion.ts";
import type { Dialect, ModelSettings } from "../model/request.ts";
import type { PackContext } from "../pack.ts";
import type { Grade, Grades, Grading } from "./grades.ts";

/** Gradings that a model is asked for at once. */
const AT_ONCE = 4;
/** No grade is as long, whatever the endpoint puts around it. */
const MAX_ANSWER_CHARS = 65_536;

const grade = z.object({ reason: z.string(), score: z.number().min(0).max(1) });
const SCHEMA = {
  type: "object",
  properties: { reason: { type: "string" }, score: { type: "number", minimum: 0, maximum: 1 } },
  required: ["reason", "score"],
  additionalProperties: false,
};

function judge(content: string): { readonly answer: Grade } | { readonly errors: string } {
  const { data } = grade.safeParse(answeredJson(content));
  if (data === undefined) return { errors: "it is no JSON object with a text as reason and a score from 0 to 1" };
  const reason = data.reason.toWellFormed().slice(0, EVAL_LIMITS.max_note_chars).toWellFormed();
  return { answer: { score: data.score, reason } };
}

const check = (answer: AnswerText): Promise<Verdict<Grade>> =>
  Promise.resolve(answer.text.length > MAX_ANSWER_CHARS ? UNREADABLE : verdictOn(answer, judge));

/** What one grading takes, as well as that can be foretold. */
const foretold = (grading: Grading): number => promptTokens(gradingMessages(grading)) + EVAL_LIMITS.max_grade_tokens;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The next ones, as many at once as the tokens that are left are likely to suffice for, and one at least. */
function nextOf(gradings: readonly Grading[], at: number, left: number): readonly Grading[] {
  for (let count = AT_ONCE; count > 1; count--) {
    const next = gradings.slice(at, at + count);
    if (sum(next.map(foretold)) <= left) return next;
  }
  return gradings.slice(at, at + 1);
}

type Asking = Asked<Grade>;
type Failed = Exclude<Asking, { kind: "ok" }>;

/** The answers to all, in their order, or the first failure, with which the other requests end. */
async function allOrNone(
  asks: readonly ((context: PackContext) => Promise<Asking>)[],
  context: PackContext,
): Promise<readonly Extract<Asking, { kind: "ok" }>[] | Failed> {
  const stop = new AbortController();
  const own = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  let failure: Failed | undefined;
  const fail = (failed: Failed): undefined => {
    failure ??= failed;
    stop.abort();
  };
  const asked = await Promise.all(
    asks.map(async (ask) => {
      try {
        const one = await ask(own);
        return one.kind === "ok" ? one : fail(one);
      } catch (error) {
        if (failure === undefined) throw error;
        return undefined;
      }
    }),
  );
  return failure ?? asked.filter((one) => one !== undefined);
}

/** Has a model grade outputs, for at most so many tokens as are paid for; what it used in all. */
export async function askGrades(
  model: ModelSettings,
  gradings: readonly Grading[],
  tokens: number,
  context: PackContext,
): Promise<{ readonly kind: "ok"; readonly grades: Grades; readonly tokens: number } | Failed> {
  const grades: Record<string, Grade> = {};
  const used: number[] = [];
  let dialect: Dialect | undefined;
  for (let at = 0; at < gradings.length;) {
    const next = nextOf(gradings, at, tokens - sum(used));
    const all = sum(next.map(foretold));
    const left = tokens - sum(used);
    const asks = next.map((grading, index) => {
      const question: Question = {
        messages: gradingMessages(grading),
        tokens: left - (all - foretold(grading)),
        max_answer_tokens: EVAL_LIMITS.max_grade_tokens,
        format: "json_schema",
        schema: SCHEMA,
        dialect,
        onUse: (now) => {
          used[at + index] = now;
          context.owe({ model_kilotoken: kilotokens(sum(used)) });
        },
      };
      return (own: PackContext) => askModel(model, question, own, check);
    });
    const asked = await allOrNone(asks, context);
    if ("kind" in asked) return asked.kind === "beyond" ? { ...asked, was_asked: asked.was_asked || at > 0 } : asked;
    for (const [index, one] of asked.entries()) grades[next[index]?.key ?? ""] = one.answer;
    dialect = asked[0]?.dialect;
    at += next.length;
  }
  return { kind: "ok", grades, tokens: sum(used) };
}
