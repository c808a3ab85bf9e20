import { setTimeout as delay } from "node:timers/promises";
import { leastAnswerTokens, type Message, MODEL_LIMITS, promptTokens } from "#core/domain/packs/model.ts";
import { waitOf } from "#core/domain/retry-after.ts";
import type { Log } from "#core/ports/log.ts";
import type { Asker } from "../isolation/turn.ts";
import { cut } from "../page/decode-text.ts";
import { type AnswerText, tokensOf, type Verdict } from "./completion.ts";
import { readCapped } from "./read-capped.ts";
import {
  type ChatRequest,
  type Dialect,
  endpointOf,
  firstDialect,
  type ModelSettings,
  nextDialect,
  requestBody,
} from "./request.ts";

/** Bounds of the requests to a model, beside those that its caller is told of. */
export const REQUEST_LIMITS = {
  timeout_ms: 60_000,
  backoff_ms: 250,
  /** An endpoint that asks for a longer wait is not waited for. */
  max_wait_ms: 20_000,
  max_response_bytes: 1_000_000,
} as const;

export interface Question {
  readonly messages: readonly Message[];
  /** Of prompt and answer, in all tries: what is paid for. */
  readonly tokens: number;
  readonly max_answer_tokens: number;
  /** What is asked of the endpoint first, where it takes it. */
  readonly format: Dialect["format"];
  /** Of the answer, for the format `json_schema`. */
  readonly schema?: object;
  /** What is asked instead of that, once the endpoint is known. */
  readonly dialect?: Dialect | undefined;
  /** Called with the tokens that are used by now, those of a prompt as soon as it is sent. */
  readonly onUse: (tokens: number) => void;
}

export type ModelFailure =
  | "MODEL_UNAVAILABLE"
  | "MODEL_CONTEXT_EXCEEDED"
  | "MODEL_REFUSED"
  | "MODEL_OUTPUT_TOO_LONG"
  | "MODEL_OUTPUT_INVALID";

/** `tokens` is what the endpoint counted in all tries, `dialect` what it took. */
export type Asked<Answer> =
  | {
      readonly kind: "ok";
      readonly answer: Answer;
      readonly tokens: number;
      readonly tries: number;
      readonly dialect: Dialect;
    }
  /** The tokens that are paid for did not suffice, or, where the model was not asked, cannot. */
  | { readonly kind: "beyond"; readonly was_asked: boolean }
  | { readonly kind: "failed"; readonly reason_code: ModelFailure };

type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unavailable"; readonly retry: boolean; readonly wait_ms: number }
  | { readonly kind: "context" }
  | { readonly kind: "filtered" }
  | { readonly kind: "other_dialect"; readonly dialect: Dialect };

const again = (wait_ms = 0): Reply => ({ kind: "unavailable", retry: wait_ms <= REQUEST_LIMITS.max_wait_ms, wait_ms });
const isContextError = (status: number, text: string): boolean =>
  status === 413 || /context[_ ]length|context window|maximum context/i.test(text);

/** As Azure's endpoint refuses a prompt. */
const isFiltered = (text: string): boolean => /content_filter|content management policy/i.test(text);

/** What a status other than 2xx means. */
function refusalOf(response: Response, text: string, dialect: Dialect, log: Log): Reply {
  const { status, headers } = response;
  log.warn("the model's endpoint refused a request", { status, ...dialect });
  if (status === 429 || status >= 500) return again(waitOf(headers.get("retry-after") ?? undefined, Date.now()));
  if ([400, 413, 422].includes(status) && isContextError(status, text)) return { kind: "context" };
  if (status === 400 && isFiltered(text)) return { kind: "filtered" };
  const other = status === 400 || status === 422 ? nextDialect(dialect, text) : undefined;
  return other === undefined
    ? { kind: "unavailable", retry: false, wait_ms: 0 }
    : { kind: "other_dialect", dialect: other };
}

async function post(
  settings: ModelSettings,
  body: string,
  dialect: Dialect,
  { signal, log }: Asker & { readonly log: Log },
): Promise<Reply> {
  try {
    const response = await fetch(endpointOf(settings.url), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
      },
      body,
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs ?? REQUEST_LIMITS.timeout_ms)]),
    });
    const text = await readCapped(response, REQUEST_LIMITS.max_response_bytes);
    if (!response.ok) {
      const refusal = refusalOf(response, text ?? "", dialect, log);
      settings.onRequest?.(refusal.kind === "unavailable" ? "refused" : "answered");
      return refusal;
    }
    settings.onRequest?.("answered");
    // Too long to be an answer: what was not read is as good as none.
    return { kind: "text", text: text ?? "" };
  } catch (error) {
    signal.throwIfAborted();
    settings.onRequest?.("unanswered");
    log.warn("the model's endpoint did not answer", { error: error instanceof Error ? error.name : "unknown" });
    return again();
  }
}

/** How long the answer may be when prompt and answer together have so many tokens, as well as that can be foretold. */
function answerTokens(messages: readonly Message[], tokens: number, most: number): number {
  return Math.min(most, tokens - promptTokens(messages));
}

/** The question again, with what was wrong with the answer. */
function corrected(messages: readonly Message[], said: string, errors: string): readonly Message[] {
  const wrong = cut(errors, MODEL_LIMITS.max_errors_chars);
  return [
    ...messages,
    ...(said === "" ? [] : [{ role: "assistant" as const, content: cut(said, MODEL_LIMITS.max_repeated_chars) }]),
    { role: "user", content: `That answer was refused: ${wrong}. Answer again, in full, with the JSON alone.` },
  ];
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<unknown> =>
  delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());

/** One request, in the first dialect of the endpoint that it takes. */
async function request(
  settings: ModelSettings,
  chat: ChatRequest,
  first: Dialect,
  asker: Asker & { readonly log: Log },
) {
  for (let dialect = first; ;) {
    const body = requestBody(settings.model, chat, dialect);
    const reply = await post(settings, body, dialect, asker);
    if (reply.kind !== "other_dialect") return { reply, dialect, request_bytes: Buffer.byteLength(body) };
    ({ dialect } = reply);
  }
}

/**
 * Asks a model until `check` takes its answer, for at most so many tokens as are paid for. Bounded tries; rejects only
 * when the asker's signal aborts, or where `check` does.
 */
export async function askModel<Answer>(
  settings: ModelSettings,
  { messages, tokens, max_answer_tokens, format, schema, onUse, ...question }: Question,
  asker: Asker & { readonly log: Log },
  check: (answer: AnswerText, asker: Asker) => Promise<Verdict<Answer>>,
): Promise<Asked<Answer>> {
  let dialect = question.dialect ?? firstDialect(format);
  let asked = messages;
  let spent = 0;
  for (let tries = 1; ; tries += 1) {
    const max_tokens = answerTokens(asked, tokens - spent, max_answer_tokens);
    if (max_tokens < leastAnswerTokens(max_answer_tokens)) return { kind: "beyond", was_asked: tries > 1 };
    onUse(spent + promptTokens(asked));
    const sent = await request(settings, { messages: asked, max_tokens, schema }, dialect, asker);
    const { reply, request_bytes } = sent;
    ({ dialect } = sent);
    if (reply.kind !== "text") onUse(spent);
    if (reply.kind === "context") return { kind: "failed", reason_code: "MODEL_CONTEXT_EXCEEDED" };
    if (reply.kind === "filtered") return { kind: "failed", reason_code: "MODEL_REFUSED" };
    if (reply.kind === "unavailable") {
      if (!reply.retry || tries === MODEL_LIMITS.tries) return { kind: "failed", reason_code: "MODEL_UNAVAILABLE" };
      const ms = Math.max(reply.wait_ms, REQUEST_LIMITS.backoff_ms * 2 ** (tries - 1));
      await (settings.pause ?? pauseFor)(ms, asker.signal);
      continue;
    }
    // Before it is judged, which may end the run: the caller's schema decides what that takes.
    spent += tokensOf(reply, { max_tokens, request_bytes });
    onUse(spent);
    const verdict = await check(reply, asker);
    if (verdict.kind === "ok") return { kind: "ok", answer: verdict.answer, tokens: spent, tries, dialect };
    if (verdict.kind === "refused") return { kind: "failed", reason_code: "MODEL_REFUSED" };
    if (verdict.kind === "cut")
      return max_tokens < max_answer_tokens
        ? { kind: "beyond", was_asked: true }
        : { kind: "failed", reason_code: "MODEL_OUTPUT_TOO_LONG" };
    if (tries === MODEL_LIMITS.tries) return { kind: "failed", reason_code: "MODEL_OUTPUT_INVALID" };
    asked = corrected(messages, verdict.said, verdict.errors);
  }
}
