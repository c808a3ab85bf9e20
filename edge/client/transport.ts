import { type Bytes, fromUtf8, readUpTo } from "./bytes.ts";
import { apiError, ConnectionError, DecisionproofError, type Refusal } from "./errors.ts";
import type { CallOptions, Problem } from "./types.ts";

export interface ClientOptions {
  /** By default the environment variable DECISIONPROOF_API_KEY. */
  readonly apiKey?: string | undefined;
  /** Origin of the API, by default the environment variable DECISIONPROOF_BASE_URL. */
  readonly baseUrl?: string | undefined;
  /** How often a safe request is sent again; 4. */
  readonly maxRetries?: number | undefined;
  /** Of one attempt, its body included; 60 s. */
  readonly timeoutMs?: number | undefined;
  /** The longest pause that `Retry-After` may ask for; 60 s. An answer that asks for more is thrown at once. */
  readonly maxRetryDelayMs?: number | undefined;
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

export type Query = Readonly<Record<string, unknown>>;

export interface RequestOptions extends CallOptions {
  readonly query?: Query | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent with every attempt; a POST that has one is safe to send again. */
  readonly idempotencyKey?: string | undefined;
}

export interface ApiRequest extends RequestOptions {
  readonly method: "GET" | "POST" | "DELETE";
  /** From the root: `/v1/runs`. */
  readonly path: string;
  readonly body?: unknown;
  /** A POST that the API describes as safe to repeat. */
  readonly isSafe?: boolean;
}

export interface ApiResponse<T> {
  readonly data: T;
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string | undefined;
  /** How often the request was sent. */
  readonly attempts: number;
}

/** A response whose body is yet to be read. `end` must be called when it was read, or is not wanted. */
export interface OpenResponse {
  readonly response: Response;
  readonly attempts: number;
  /** Keeps the time limit from ending the attempt for as long again. */
  readonly renew: () => void;
  readonly end: () => void;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const RETRIED = new Set([429, 500, 502, 503, 504]);
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/;

const env = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } }).process?.env?.[name];

/** Requests of one client: headers, retries, time limits, problems. */
export class Transport {
  readonly origin: string;
  readonly #apiKey: string;
  readonly #fetch: NonNullable<ClientOptions["fetch"]>;
  readonly #limits: { readonly maxRetries: number; readonly timeoutMs: number; readonly maxRetryDelayMs: number };

  constructor(options: ClientOptions) {
    const apiKey = options.apiKey ?? env("DECISIONPROOF_API_KEY");
    const baseUrl = options.baseUrl ?? env("DECISIONPROOF_BASE_URL");
    if (!apiKey) throw new DecisionproofError("no API key: pass apiKey or set DECISIONPROOF_API_KEY");
    if (!baseUrl) throw new DecisionproofError("no address: pass baseUrl or set DECISIONPROOF_BASE_URL");
    const { protocol, hostname, origin } = new URL(baseUrl);
    if (protocol !== "https:" && !(protocol === "http:" && LOCAL.test(hostname)))
      throw new DecisionproofError("baseUrl must begin with https://: the API key is sent there");
    this.origin = origin;
    this.#apiKey = apiKey;
    // A browser's fetch wants no other `this`.
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    const { maxRetries = 4, timeoutMs = 60_000, maxRetryDelayMs = 60_000 } = options;
    this.#limits = { maxRetries, timeoutMs, maxRetryDelayMs };
  }

  /** The answer of success, parsed; text where it is no JSON. */
  async send<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    return this.#retried(request, async (open) => {
      const { response, attempts } = open;
      const bytes = await readUpTo(response.body, MAX_BODY_BYTES);
      if (bytes === undefined) throw new DecisionproofError(`the answer has more than ${MAX_BODY_BYTES} bytes`);
      const { status, headers } = response;
      const data = parsed(fromUtf8(bytes), headers) as T;
      return { data, status, headers, requestId: headers.get("x-request-id") ?? undefined, attempts };
    });
  }

  /** The bytes of an answer of success; undefined where they are more than `max`. */
  async download(request: ApiRequest, max: number): Promise<Bytes | undefined> {
    return this.#retried(request, ({ response }) => readUpTo(response.body, max));
  }

  /** An answer of success whose body the caller reads. */
  async open(request: ApiRequest): Promise<OpenResponse> {
    return this.#retried(request, (open) => Promise.resolve(open), true);
  }

  async #retried<T>(request: ApiRequest, read: (open: OpenResponse) => Promise<T>, staysOpen = false): Promise<T> {
    const { signal, maxRetries = this.#limits.maxRetries } = request;
    const isSafe = request.method !== "POST" || request.isSafe === true || request.idempotencyKey !== undefined;
    const last = isSafe ? maxRetries : 0;
    for (let retries = 0; ; retries++) {
      signal?.throwIfAborted();
      const attempted = { attempts: retries + 1, idempotencyKey: request.idempotencyKey };
      const outcome = await this.#attempt(request, attempted, read, staysOpen);
      if ("value" in outcome) return outcome.value;
      signal?.throwIfAborted();
      const { error, retryAfterMs, isRetried } = outcome;
      if (!isRetried || retries >= last || (retryAfterMs ?? 0) > this.#limits.maxRetryDelayMs) throw error;
      await pause(retryAfterMs ?? backoff(retries), signal);
    }
  }

  async #attempt<T>(
    request: ApiRequest,
    attempted: { readonly attempts: number; readonly idempotencyKey: string | undefined },
    read: (open: OpenResponse) => Promise<T>,
    staysOpen: boolean,
  ): Promise<Outcome<T>> {
    const { signal, timeoutMs = this.#limits.timeoutMs } = request;
    const limit = timeLimit(timeoutMs, signal);
    let isRead = false;
    try {
      const response = await this.#fetch(this.#urlOf(request), this.#initOf(request, limit.signal));
      const open = { ...limit, response, attempts: attempted.attempts };
      if (response.ok) {
        const value = await read(open);
        isRead = true;
        return { value };
      }
      const refusal = await refusalOf(response, attempted);
      const { status, retryAfterMs } = refusal;
      return { error: apiError(refusal), retryAfterMs, isRetried: RETRIED.has(status) };
    } catch (cause) {
      if (cause instanceof DecisionproofError) return { error: cause, retryAfterMs: undefined, isRetried: false };
      const why = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : "no complete answer";
      const error = new ConnectionError(`${request.method} ${request.path}: ${why}`, attempted, { cause });
      return { error, retryAfterMs: undefined, isRetried: true };
    } finally {
      if (!(staysOpen && isRead)) limit.end();
    }
  }

  #urlOf({ path, query = {} }: ApiRequest): string {
    const url = new URL(path, this.origin);
    // An address elsewhere, such as `//example.com`, would be sent the key.
    if (!path.startsWith("/") || url.origin !== this.origin) throw new DecisionproofError(`not a path: ${path}`);
    for (const [name, value] of Object.entries(query)) {
      const pairs: readonly (readonly [string, unknown])[] = Array.isArray(value)
        ? value.map((each) => [name, each])
        : typeof value === "object" && value !== null
          ? Object.entries(value).map(([key, each]) => [`${name}[${key}]`, each])
          : [[name, value]];
      for (const [key, each] of pairs)
        if (each !== undefined) url.searchParams.append(key, String(each as string | number | boolean));
    }
    return url.href;
  }

  #initOf({ method, body, headers, idempotencyKey }: ApiRequest, signal: AbortSignal): RequestInit {
    return {
      method,
      signal,
      // The API redirects nowhere, and the key is for nobody else.
      redirect: "manual",
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
        ...headers,
        authorization: `Bearer ${this.#apiKey}`,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }
}

type Outcome<T> =
  | { readonly value: T }
  | { readonly error: DecisionproofError; readonly retryAfterMs: number | undefined; readonly isRetried: boolean };

/** Aborts after the time, or with the caller's signal. */
function timeLimit(timeoutMs: number, signal: AbortSignal | undefined) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  let timer = setTimeout(() => controller.abort(), timeoutMs);
  signal?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    renew: () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), timeoutMs);
    },
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/** Throws the signal's reason when it aborts. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end);
  });
  signal?.throwIfAborted();
}

/** Half of it by chance, so that clients that failed together do not come back together. */
const backoff = (retries: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

/** What `Retry-After` says; a date is taken by the server's clock, where the answer has it. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1_000;
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const date = Date.parse(headers.get("date") ?? "");
  return Math.max(0, until - (Number.isNaN(date) ? Date.now() : date));
}

const isJson = (headers: Headers): boolean => /[/+]json\b/i.test(headers.get("content-type") ?? "");

function parsed(text: string, headers: Headers): unknown {
  if (!isJson(headers) || text === "") return text === "" ? undefined : text;
  return JSON.parse(text) as unknown;
}

async function refusalOf(
  response: Response,
  attempted: { readonly attempts: number; readonly idempotencyKey: string | undefined },
): Promise<Refusal> {
  const { status, headers } = response;
  const bytes = await readUpTo(response.body, MAX_BODY_BYTES);
  return { ...attempted, status, headers, retryAfterMs: retryAfterMs(headers), problem: problemOf(bytes, response) };
}

/** A proxy before the API may answer with a page. */
function problemOf(bytes: Uint8Array = new Uint8Array(), { status, statusText, headers }: Response): Problem {
  const unknown: Problem = {
    type: "about:blank",
    code: "unknown",
    title: statusText,
    status,
    detail: "The answer is no problem document.",
    instance: "",
    trace_id: "",
  };
  if (!isJson(headers)) return unknown;
  try {
    const document = JSON.parse(fromUtf8(bytes)) as Partial<Problem> | null;
    return typeof document?.code === "string" ? { ...unknown, ...document } : unknown;
  } catch {
    return unknown;
  }
}
