import { z } from "zod";

/** What a request for a completion was bounded by. */
interface Bounds {
  /** Of the answer. */
  readonly max_tokens: number;
  /** Bytes of the request: it has no more tokens than that. */
  readonly request_bytes: number;
}

/** The text that an endpoint answered with. */
export interface AnswerText {
  readonly text: string;
}

type Completion =
  | { readonly kind: "said"; readonly content: string }
  /** It ended where `max_tokens` were reached. */
  | { readonly kind: "cut" }
  /** By the model, or by a filter before or behind it. */
  | { readonly kind: "refused" }
  | { readonly kind: "unreadable" };

/** Beside what was sent, the template of a chat has some tokens of its own. */
const TEMPLATE_TOKENS = 1_000;

const envelope = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish().catch(null) }),
        finish_reason: z.string().nullish().catch(null),
      }),
    )
    .min(1),
});
const counted = z.object({ usage: z.object({ total_tokens: z.int().min(0) }) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON of an answer, bare or in a code fence; undefined for any other text. */
export const answeredJson = (content: string): unknown => parsed(content.replace(/^\s*```(?:json)?|```\s*$/g, ""));

/** What the endpoint counted; 0 when it does not say, or says what cannot be. */
export function tokensOf({ text }: AnswerText, { max_tokens, request_bytes }: Bounds): number {
  const tokens = counted.safeParse(parsed(text)).data?.usage.total_tokens ?? 0;
  return tokens <= request_bytes + TEMPLATE_TOKENS + max_tokens ? tokens : 0;
}

/** Reads the body of a chat completion. Time grows with the text. */
function readCompletion({ text }: AnswerText): Completion {
  const [choice] = envelope.safeParse(parsed(text)).data?.choices ?? [];
  if (choice === undefined) return { kind: "unreadable" };
  const { message, finish_reason } = choice;
  if (finish_reason === "content_filter" || message.refusal) return { kind: "refused" };
  if (finish_reason === "length") return { kind: "cut" };
  return typeof message.content === "string" ? { kind: "said", content: message.content } : { kind: "unreadable" };
}

/** What a pack makes of an answer: its own, or why it cannot use it. */
export type Verdict<Answer> =
  | { readonly kind: "ok"; readonly answer: Answer }
  | { readonly kind: "cut" }
  | { readonly kind: "refused" }
  /** `said` and `errors` are told to the model when it is asked again. */
  | { readonly kind: "invalid"; readonly said: string; readonly errors: string };

/** Judges what a model said by `judge`, which gives the answer, or what is wrong with it. */
export function verdictOn<Answer>(
  answer: AnswerText,
  judge: (content: string) => { readonly answer: Answer } | { readonly errors: string },
): Verdict<Answer> {
  const completion = readCompletion(answer);
  const { kind } = completion;
  if (kind === "unreadable") return { kind: "invalid", said: "", errors: "there was no message with a text" };
  if (kind !== "said") return { kind };
  const judged = judge(completion.content);
  if ("answer" in judged) return { kind: "ok", answer: judged.answer };
  return { kind: "invalid", said: completion.content, errors: judged.errors };
}

/** The verdict on an answer that could not be read within the bounds of time and memory. */
export const UNREADABLE: Verdict<never> = { kind: "invalid", said: "", errors: "it is too long to read" };
