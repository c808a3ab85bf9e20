import type { Message } from "#core/domain/packs/model.ts";

/** An OpenAI-compatible chat endpoint: its base URL or the full `.../chat/completions` one. */
export interface ModelSettings {
  readonly url: string;
  readonly apiKey?: string;
  readonly model: string;
  /** Of one request. */
  readonly timeoutMs?: number;
  /** Called for each request that ended, but for those that the asker gave up. */
  readonly onRequest?: (outcome: "answered" | "refused" | "unanswered") => void;
  /** Waits between two tries; rejects only when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** How a request is put to an endpoint that may not take all of it. */
export interface Dialect {
  readonly format: "json_schema" | "json_object" | "none";
  readonly limit: "max_tokens" | "max_completion_tokens";
  readonly temperature: boolean;
}

/** What is asked first; an endpoint that refuses it is asked with less. */
export const firstDialect = (format: Dialect["format"]): Dialect => ({
  format,
  limit: "max_tokens",
  temperature: true,
});

/** What to ask an endpoint with that refused a request with this text; undefined where nothing is left to leave out. */
export function nextDialect(dialect: Dialect, refusal: string): Dialect | undefined {
  const { format, limit, temperature } = dialect;
  if (limit === "max_tokens" && refusal.includes("max_completion_tokens"))
    return { ...dialect, limit: "max_completion_tokens" };
  if (temperature && refusal.includes("temperature")) return { ...dialect, temperature: false };
  if (format === "none") return undefined;
  return { ...dialect, format: format === "json_schema" ? "json_object" : "none" };
}

export interface ChatRequest {
  readonly messages: readonly Message[];
  readonly max_tokens: number;
  /** By which the answer is to be valid, where the endpoint takes it. */
  readonly schema?: object | undefined;
}

export function requestBody(model: string, { messages, max_tokens, schema }: ChatRequest, dialect: Dialect): string {
  const { format, limit, temperature } = dialect;
  return JSON.stringify({
    model,
    messages,
    ...(temperature ? { temperature: 0 } : {}),
    [limit]: max_tokens,
    ...(format === "json_object" ? { response_format: { type: format } } : {}),
    ...(format === "json_schema" ? { response_format: { type: format, json_schema: { name: "answer", schema } } } : {}),
  });
}

/** The query of a base URL stays: some services put their version there. */
export function endpointOf(url: string): string {
  const endpoint = new URL(url);
  const base = endpoint.pathname.replace(/\/+$/, "");
  endpoint.pathname = base.endsWith("/chat/completions") ? base : `${base}/chat/completions`;
  return endpoint.href;
}
