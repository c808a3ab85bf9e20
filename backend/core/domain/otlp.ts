import { z } from "zod";
import { isPlaintext } from "./transport.ts";

/** Values of attributes; one that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type SpanKind = keyof typeof KINDS;

/** A span that has ended. Times are Unix milliseconds. */
export interface FinishedSpan {
  readonly trace_id: string;
  readonly span_id: string;
  /** Undefined: the first span of its trace. */
  readonly parent_id: string | undefined;
  /** Whether the parent is a span of another process. */
  readonly isParentRemote: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  readonly began_ms: number;
  readonly ended_ms: number;
  readonly attributes: Attributes;
  /** Of a span that failed; what is said beside its attribute `error.type`. */
  readonly failure: string | undefined;
}

const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const SAMPLED = 0x1;
const KNOWS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const ERROR = 2;

/** The body of an export in OTLP's JSON (opentelemetry-proto 1.x, trace/v1): ids in hex, 64-bit numbers as text. */
export const otlpBody = (resource: Attributes, version: string, spans: readonly FinishedSpan[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: "decisionproof", version }, spans: spans.map(otlpSpan) }],
      },
    ],
  });

const otlpSpan = (span: FinishedSpan) => ({
  traceId: span.trace_id,
  spanId: span.span_id,
  ...(span.parent_id !== undefined && { parentSpanId: span.parent_id }),
  flags: SAMPLED | KNOWS_REMOTE | (span.isParentRemote ? IS_REMOTE : 0),
  name: span.name,
  kind: KINDS[span.kind],
  startTimeUnixNano: nanoseconds(span.began_ms),
  endTimeUnixNano: nanoseconds(span.ended_ms),
  attributes: keyValues(span.attributes),
  status: span.failure === undefined ? {} : { code: ERROR, message: span.failure },
});

/** Microseconds of Unix time are exact in a double, nanoseconds are not. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1_000)}000`;

const keyValues = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));

function anyValue(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

type Header = readonly [name: string, value: string];

/** `name=value` pairs with commas between, values percent-encoded (OpenTelemetry, protocol exporter). */
const headers = z.string().transform((text, context): readonly Header[] => {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  try {
    return pairs.map((pair) => headerOf(pair));
  } catch {
    context.addIssue("must be name=value pairs, with commas between and values percent-encoded");
    return z.NEVER;
  }
});

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

function headerOf(pair: string): Header {
  const [name = "", ...encoded] = pair.split("=");
  const value = decodeURIComponent(encoded.join("=").trim());
  if (encoded.length === 0 || !HEADER_NAME.test(name.trim()) || !/^[\x20-\x7e]*$/.test(value))
    throw new TypeError("no header");
  return [name.trim().toLowerCase(), value];
}

const isBare = (text: string) => {
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
};

/** OpenTelemetry's own variables, of which these are read; without an endpoint no span is recorded. */
export const TRACE_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .refine(isBare, "must have no user, password, query or fragment: credentials go into OTEL_EXPORTER_OTLP_HEADERS")
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.default([]),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number("must be a number from 0 to 1").min(0).max(1).default(1),
  OTEL_SERVICE_NAME: z.string().min(1).max(255).optional(),
};

export type TraceVariables = z.infer<z.ZodObject<typeof TRACE_VARIABLES>>;

/** Spans have no secret in them, but the headers may be one. */
export function traceFaults(env: TraceVariables): readonly (readonly [string, string])[] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS } = env;
  if (endpoint === undefined || OTEL_EXPORTER_OTLP_HEADERS.length === 0 || !isPlaintext(endpoint)) return [];
  return [["OTEL_EXPORTER_OTLP_ENDPOINT", "needs TLS beyond this machine where there are headers"]];
}

/** Where and as whom spans are exported; undefined where they are not. */
export interface ExportSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service_name: string;
}

export function exportSettings(env: TraceVariables, name: string): ExportSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS: extra } = env;
  if (endpoint === undefined) return undefined;
  return {
    url: `${endpoint.endsWith("/") ? endpoint : `${endpoint}/`}v1/traces`,
    headers: { ...Object.fromEntries(extra), "content-type": "application/json" },
    service_name: OTEL_SERVICE_NAME ?? name,
  };
}

/** Answers after which the same spans may be sent again (OTLP/HTTP, failures). */
export const isWorthRepeating = (status: number): boolean => [429, 502, 503, 504].includes(status);
