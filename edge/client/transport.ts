import { type Bytes, fromUtf8, readUpTo } from "./bytes.ts";
import { type ApiError, apiError, type Attempted, ConnectionError, DecisionproofError, requestIdOf } from "./errors.ts";
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

type Scalar = string | number | boolean | undefined;
export type Query = Readonly<Record<string, Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>>>;

export interface RequestOptions extends CallOptions {
  readonly query?: Query | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent with every attempt; a POST that has one is safe to send again. */
  readonly idempotencyKey?: string | undefined;
}

interface ApiRequest extends RequestOptions {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
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
interface OpenResponse {
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

/** A path of the API, such as `/v1/keys/{id}/rotate`. */
export const pathTo = (...parts: readonly string[]): string => `/v1/${parts.map(encodeURIComponent).join("/")}`;

/** Requests of one client: headers, retries, time limits, problems. */
export class Transport {
  readonly origin: string;
  readonly #apiKey: string;
  readonly #fetch: NonNullable<ClientOptions["fetch"]>;
  readonly #limits: { readonly maxRetries: number; readonly timeoutMs: number; readonly maxRetryDelayMs: number };

  constructor(options: ClientOptions) {
    const apiKey = options.apiKey ?? env("DECISIONPROOF_API_KEY");
    const baseUrl = options.baseUrl ?? env("DECISIONPROOF_BASE_URL");
    if (!apiKey || !baseUrl)
      throw new DecisionproofError("pass apiKey and baseUrl, or set DECISIONPROOF_API_KEY and DECISIONPROOF_BASE_URL");
    const { protocol, hostname, origin } = new URL(baseUrl);
    if (protocol !== "https:" && !(protocol === "http:" && LOCAL.test(hostname)))
      throw new DecisionproofError("baseUrl must begin with https://");
    this.origin = origin;
    this.#apiKey = apiKey;
    // A browser's fetch wants no other `this`.
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    const { maxRetries = 4, timeoutMs = 60_000, maxRetryDelayMs = 60_000 } = options;
    this.#limits = { maxRetries, timeoutMs, maxRetryDelayMs };
  }

  /** For an answer that is held open, well within the time of one attempt. */
  held({ timeoutMs = this.#limits.timeoutMs }: RequestOptions): Record<string, string> {
    return { prefer: `wait=${Math.max(1, Math.min(20, Math.floor(timeoutMs / 1_000) - 5))}` };
  }

  /** The answer of success, parsed; text where it is no JSON. */
  async send<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    return this.#retried(request, async (open) => {
      const { response, attempts } = open;
      const bytes = await readUpTo(response.body, MAX_BODY_BYTES);
      const { status, headers } = response;
      const data = parsed(fromUtf8(bytes), headers) as T;
      return { data, status, headers, requestId: requestIdOf(headers), attempts };
    });
  }

  /** The data of an answer of success. */
  async data<T>(
    method: ApiRequest["method"],
    path: string,
    options: RequestOptions & Pick<ApiRequest, "isSafe">,
    body?: unknown,
  ): Promise<T> {
    return (await this.send<T>({ ...options, method, path, body })).data;
  }

  /** The bytes of an answer of success, which are `max` at most. */
  async download(request: ApiRequest, max: number): Promise<Bytes> {
    return this.#retried(request, ({ response }) => readUpTo(response.body, max));
  }

  /** An answer of success whose body the caller reads. */
  async open(request: ApiRequest): Promise<OpenResponse> {
    return this.#retried(request, async (open) => open, true);
  }

  async #retried<T>(request: ApiRequest, read: (open: OpenResponse) => Promise<T>, staysOpen = false): Promise<T> {
    const { method, path, isSafe, idempotencyKey, signal } = request;
    const { maxRetries, timeoutMs, maxRetryDelayMs } = this.#limits;
    const limit_ms = request.timeoutMs ?? timeoutMs;
    const retries = method !== "POST" || isSafe === true || idempotencyKey ? (request.maxRetries ?? maxRetries) : 0;
    for (let attempts = 1; ; attempts++) {
      signal?.throwIfAborted();
      const limit = timeLimit(limit_ms, signal);
      const attempted = { attempts, idempotencyKey };
      let error: ApiError | ConnectionError;
      let isOpen = false;
      try {
        const response = await this.#fetch(this.#urlOf(request), this.#initOf(request, limit.signal));
        if (response.ok) {
          const value = await read({ ...limit, response, attempts });
          isOpen = staysOpen;
          return value;
        }
        error = await apiErrorOf(response, attempted);
      } catch (cause) {
        if (cause instanceof DecisionproofError) throw cause;
        signal?.throwIfAborted();
        const why = limit.signal.aborted ? `no answer within ${limit_ms} ms` : "no complete answer";
        error = new ConnectionError(`${method} ${path}: ${why}`, attempted, { cause });
      } finally {
        if (!isOpen) limit.end();
      }
      const { retryAfterMs, status } = error;
      const pauseMs = retryAfterMs ?? backoff(attempts);
      if (attempts > retries || (status && !RETRIED.has(status)) || pauseMs > maxRetryDelayMs) throw error;
      await pause(pauseMs, signal);
    }
  }

  #urlOf({ path, query = {} }: ApiRequest): string {
    const url = new URL(path, this.origin);
    // An address elsewhere, such as `//example.com`, would be sent the key.
    if (!path.startsWith("/") || url.origin !== this.origin) throw new DecisionproofError(`not a path: ${path}`);
    for (const [name, value] of Object.entries(query)) {
      const pairs: readonly (readonly [string, Scalar])[] =
        typeof value !== "object"
          ? [[name, value]]
          : isList(value)
            ? value.map((each) => [name, each])
            : Object.entries(value).map(([key, each]) => [`${name}[${key}]`, each]);
      for (const [key, each] of pairs) if (each !== undefined) url.searchParams.append(key, String(each));
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

const isList = (value: object): value is readonly Scalar[] => Array.isArray(value);

/** Aborts after the time, or with the caller's signal. */
function timeLimit(timeoutMs: number, signal: AbortSignal | undefined) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  let timer: ReturnType<typeof setTimeout>;
  const renew = () => {
    clearTimeout(timer);
    timer = setTimeout(abort, timeoutMs);
  };
  renew();
  signal?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    renew,
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
const backoff = (attempts: number): number =>
  Math.min((FIRST_PAUSE_MS / 2) * 2 ** attempts, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

/** What `Retry-After` says; a date is taken by the server's clock, where the answer has it. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  if (!Number.isNaN(Number(value))) return Math.max(0, Number(value) * 1_000);
  const until = Date.parse(value) - (Date.parse(headers.get("date") ?? "") || Date.now());
  return Number.isNaN(until) ? undefined : Math.max(0, until);
}

const isJson = (headers: Headers): boolean => /[/+]json\b/i.test(headers.get("content-type") ?? "");

const parsed = (text: string, headers: Headers): unknown =>
  text === "" ? undefined : isJson(headers) ? (JSON.parse(text) as unknown) : text;

async function apiErrorOf(response: Response, attempted: Attempted): Promise<ApiError> {
  const { status, headers } = response;
  const bytes = await readUpTo(response.body, MAX_BODY_BYTES);
  return apiError({
    ...attempted,
    status,
    headers,
    retryAfterMs: retryAfterMs(headers),
    problem: problemOf(bytes, response),
  });
}

/** A proxy before the API may answer with a page. */
function problemOf(bytes: Uint8Array, { status, statusText, headers }: Response): Problem {
  const unknown: Problem = {
    type: "about:blank",
    code: "unknown",
    title: statusText,
    status,
    detail: statusText,
    instance: "",
    trace_id: "",
  };
  try {
    const document = parsed(fromUtf8(bytes), headers) as Partial<Problem> | null | undefined;
    return typeof document?.code === "string" ? { ...unknown, ...document } : unknown;
  } catch {
    return unknown;
  }
}
