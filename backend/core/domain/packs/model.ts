import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type Micros, micros } from "../money.ts";
import { type PackOffer, type Units, unitsWithin } from "../pack.ts";

/** Ceilings of one question to a model, whichever pack asks it. */
export const MODEL_LIMITS = {
  /** Of the model's name. */
  max_name_chars: 200,
  /** Requests for one answer, whatever the reason why one is asked for again. */
  tries: 3,
  /** What is told to the model of an answer of its own that was refused, and why. */
  max_repeated_chars: 2_000,
  max_errors_chars: 1_000,
  /** No answer fits into fewer: the model is not asked. */
  min_answer_tokens: 100,
} as const;

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** How many model tokens one `model_kilotoken` covers, once started. */
const TOKENS_PER_UNIT = 1_000;

/** Of every pack that uses a model. */
export const MODEL_PRICE: PackOffer["prices"][string] = {
  unit_micros: micros(2_000),
  per: "started 1,000 tokens of the model, prompt and answer, in all tries; charged where the run fails, too",
};

/** Units of so many tokens: what the endpoint counted, 0 where it does not say. */
export const kilotokens = (tokens: number): number => Math.ceil(tokens / TOKENS_PER_UNIT);

/** How many tokens of a model the cap covers beside `fixed`. */
export const tokensWithin = (prices: PackOffer["prices"], cap: Micros, fixed: Units): number =>
  unitsWithin(prices, cap, fixed, "model_kilotoken") * TOKENS_PER_UNIT;

/** About how many bytes of a prompt make one token. */
const BYTES_PER_TOKEN = 4;

export const jsonBytes = (value: unknown): number => utf8ToBytes(JSON.stringify(value) ?? "").byteLength;

/** How many tokens a prompt has, as well as that can be foretold. */
export const promptTokens = (messages: readonly Message[]): number => Math.ceil(jsonBytes(messages) / BYTES_PER_TOKEN);

/** The tokens of the least answer that may be asked for. */
export const leastAnswerTokens = (max_answer_tokens: number): number =>
  Math.min(MODEL_LIMITS.min_answer_tokens, max_answer_tokens);

/** No text has more tokens than bytes, and no character of what is repeated to a model more than four. */
const MOST_REPEATED = 4 * (MODEL_LIMITS.max_repeated_chars + MODEL_LIMITS.max_errors_chars);

/** The most tokens of one answer, with all its tries, to a prompt of so many bytes. */
export const mostTokens = (prompt_bytes: number, max_answer_tokens: number): number =>
  MODEL_LIMITS.tries * (prompt_bytes + max_answer_tokens + MOST_REPEATED);
