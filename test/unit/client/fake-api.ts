import { vi } from "vitest";
import { type ClientOptions, Decisionproof } from "../../../edge/client/client.ts";

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

type Answer = Response | Error | ((sent: Sent) => Response | Promise<Response>);

/** A client of an API that gives these answers one after the other, and what it was sent. An Error is a lost connection. */
export function fakeApi(answers: readonly Answer[], options: ClientOptions = {}) {
  const sent: Sent[] = [];
  const left = [...answers];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { method = "", headers, body, signal } = init;
    const request: Sent = {
      url,
      method,
      headers: new Headers(headers),
      body: typeof body === "string" ? JSON.parse(body) : undefined,
      signal: signal as AbortSignal,
    };
    sent.push(request);
    signal?.throwIfAborted();
    const answer = left.shift();
    if (answer === undefined) throw new Error(`the test has no answer to ${method} ${url}`);
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(request) : answer;
  };
  const dpp = new Decisionproof({ apiKey: "dpp_test_key", baseUrl: "https://api.example", fetch, ...options });
  return { dpp, sent };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(
    JSON.stringify({ type: `https://x.example/problems/${code}`, code, title: "T", status, detail: "Why." }),
    {
      status,
      headers: { "content-type": "application/problem+json", "x-request-id": "req-1", ...headers },
    },
  );

/** An answer that never comes: it ends when the request is aborted. */
export const never = ({ signal }: Sent): Promise<Response> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

export const RUN_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

export const run = (change: object = {}) => ({
  run_id: RUN_ID,
  pack_type: "char",
  status: "QUEUED",
  money_state: "RESERVED",
  result: null,
  error: null,
  ...change,
});

/** Of time that passes only as timers are waited for, with chance in the middle. */
export function fakeTime(): { readonly pauses: () => readonly number[] } {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const timers = vi.spyOn(globalThis, "setTimeout");
  // The limit of an attempt is a timer too.
  return { pauses: () => timers.mock.calls.map(([, ms]) => Number(ms)).filter((ms) => ms !== 60_000) };
}

/** Spies go first: the spy on `setTimeout` would put the fake one back. */
export function realTime(): void {
  vi.restoreAllMocks();
  vi.useRealTimers();
}

/** What a promise comes to while all timers run. */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  const outcome = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await vi.runAllTimersAsync();
  const found = await outcome;
  if ("error" in found) throw found.error;
  return found.value;
}

/** The error that a promise comes to. */
export const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
};
