import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import { problem } from "../../edge/service/problem-schema.ts";
import { runView } from "#core/domain/run-view.ts";
import { expect } from "vitest";
import { type ProblemSlug, problemType } from "#core/domain/problem.ts";

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** Every caller has an address of its own, so that none uses up what the edge allows to one. */
function withAddress(given: RequestInit["headers"]): Headers {
  const headers = new Headers(given);
  const authorization = headers.get("authorization");
  if (authorization === null || headers.has("cf-connecting-ip")) return headers;
  const [a = 0, b = 0, c = 0] = createHash("sha256").update(authorization).digest();
  headers.set("cf-connecting-ip", `10.${a}.${b}.${c}`);
  return headers;
}

export async function call(url: string, init: RequestInit = {}): Promise<ApiResponse> {
  const response = await fetch(url, { redirect: "manual", ...init, headers: withAddress(init.headers) });
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "") && text !== "";
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

export const bearer = (api_key: string) => ({ Authorization: `Bearer ${api_key}` });

export const get = (url: string, api_key: string): Promise<ApiResponse> => call(url, { headers: bearer(api_key) });

/** `POST` to the cancel of the run at this URL, without a body unless `init` has one. */
export const cancelRun = (run_url: string, api_key: string, init: RequestInit = {}): Promise<ApiResponse> =>
  call(`${run_url}/cancel`, {
    method: "POST",
    ...init,
    headers: { ...Object.fromEntries(new Headers(init.headers)), ...bearer(api_key) },
  });

/** A body that costs 1.0000 USD at most. */
export const work = (change: Record<string, unknown> = {}) => ({
  pack_type: "decision",
  inputs: { question: "Which one?" },
  max_cost_usd: "1.0000",
  ...change,
});

export interface Post {
  readonly url: string;
  readonly api_key: string;
  readonly body?: unknown;
  readonly idempotency_key?: string;
  readonly headers?: Record<string, string>;
}

export const newIdempotencyKey = (): string => `test-${randomUUID()}`;

/** `POST /v1/runs`; a string or Blob is sent as it stands. */
export function post({
  url,
  api_key,
  body = work(),
  idempotency_key = newIdempotencyKey(),
  headers,
}: Post): Promise<ApiResponse> {
  return call(`${url}/v1/runs`, {
    method: "POST",
    headers: {
      ...bearer(api_key),
      "Content-Type": "application/json",
      "Idempotency-Key": idempotency_key,
      ...headers,
    },
    body: typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body),
  });
}

/** The 202 of a submit, checked against the schema that documents it. */
export function acceptedRun(answer: ApiResponse): z.output<typeof runView> {
  expect(answer.status, answer.text).toBe(202);
  return runView.parse(answer.body);
}

/** The problem document of an answer, which is of this kind. */
export function problemOf(answer: ApiResponse, status: number, slug: ProblemSlug): z.output<typeof problem> {
  expect([answer.status, answer.headers.get("content-type")], answer.text).toEqual([
    status,
    "application/problem+json",
  ]);
  const document = problem.parse(answer.body);
  expect([document.type, document.code]).toEqual([problemType(slug), slug]);
  expect(answer.headers.get("x-should-retry") !== null).toBe(status === 409);
  expect(document.status).toBe(status);
  return document;
}

export const pointers = (document: z.output<typeof problem>) =>
  (document.errors ?? []).map((error) => error.pointer ?? error.parameter ?? error.header);

const MOVES = /^(?:date|traceparent|ratelimit|x-ratelimit-(?:remaining|reset))$/;
/** The headers of an answer, without those that differ from one answer to the next of its kind. */
export const steadyHeaders = ({ headers }: ApiResponse): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !MOVES.test(name)));
