import { schemaErrors, type Operation, operations, resolved } from "../document.ts";

type Json = Readonly<Record<string, unknown>>;

export interface Exchange {
  readonly method: string;
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the body was not read. */
  readonly text: string | undefined;
}

interface Header {
  readonly schema: Json;
}

/**
 * What says nothing of the API: the connection's own, what keeps browsers from harm, and CORS. `Content-Type` is in the
 * document as the media type, and `Vary` says `Origin` where pages may call.
 */
const NO_WORD_OF_THE_API =
  /^(date|connection|keep-alive|transfer-encoding|content-type|content-length|vary|strict-transport-security|referrer-policy|permissions-policy|x-content-type-options|x-frame-options|x-permitted-cross-domain-policies|x-accel-buffering|content-security-policy|cross-origin-(opener|resource)-policy|access-control-[a-z-]+)$/;
const ALWAYS = ["X-Request-ID", "traceparent", "Cache-Control"];

/** What an answer does that the document does not say of this operation. */
export function checkExchange(operation: Operation, exchange: Exchange): readonly string[] {
  const { status } = exchange;
  if (status >= 500 && status !== 503) return [`a ${status}`];
  if (exchange.method === "OPTIONS" && status === 204) return checkOptions(exchange);
  const asked = operations.find((each) => each.path === operation.path && each.method === methodOf(exchange));
  if (asked === undefined && status !== 405) return [`a ${status} to a method that the path does not take`];
  const response = (asked ?? operation).responses[String(status)];
  if (response === undefined) return [`a ${status}, which is not described`];
  return [...checkHeaders(response.headers, exchange), ...checkBody(response.content ?? {}, exchange)];
}

/** A page's preflight is told the methods in the words of CORS. */
const checkOptions = ({ headers }: Exchange): readonly string[] =>
  headers.has("allow") || headers.has("access-control-allow-methods") ? [] : ["neither Allow nor the words of CORS"];

const methodOf = ({ method }: Exchange): string => (method === "HEAD" ? "GET" : method);

/** What the headers of an answer are that the document does not say of it. */
export function checkHeaders(expected: Json, { headers }: Pick<Exchange, "headers">): readonly string[] {
  const missing = ALWAYS.filter((name) => !headers.has(name)).map((name) => `no header ${name}`);
  const described = new Set(Object.keys(expected).map((name) => name.toLowerCase()));
  const stray = [...headers.keys()]
    .filter((name) => !described.has(name) && !NO_WORD_OF_THE_API.test(name))
    .map((name) => `a header ${name}, which is not described`);
  const wrong = Object.entries(expected).flatMap(([name, header]) => {
    const text = headers.get(name);
    if (text === null) return [];
    const { schema } = resolved(header) as unknown as Header;
    const value = schema["type"] === "integer" ? Number(text) : text;
    return schemaErrors(schema, value).map((fault) => `the header ${name} ${fault}: ${text}`);
  });
  return [...missing, ...stray, ...wrong];
}

function checkBody(content: Readonly<Record<string, Media>>, exchange: Exchange): readonly string[] {
  if (exchange.method === "HEAD") return [];
  const type = (exchange.headers.get("content-type") ?? "").split(";")[0] ?? "";
  if (type === "") return Object.keys(content).length === 0 ? [] : ["no content type"];
  const media = content[type];
  if (media === undefined) return [`the content type ${type}, which is not described`];
  if (exchange.text === undefined) return [];
  // A part of a document is text, even where it is all of it.
  if (exchange.status === 206) return schemaErrors(media.schema, exchange.text).map((fault) => `a part where ${fault}`);
  if (!type.endsWith("json")) return [];
  const body = parsed(exchange.text);
  if (body === undefined) return ["a body that is not JSON"];
  const faults = schemaErrors(media.schema, body).map((fault) => `a body where ${fault}`);
  return type === "application/problem+json" ? [...faults, ...judgeKind(media, body)] : faults;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Media {
  readonly schema: Json;
  readonly examples?: Json | undefined;
}

/** The kinds of problems that an answer may be are the names of its examples. */
function judgeKind({ examples = {} }: Media, body: unknown): readonly string[] {
  const slug =
    String((body as Json)["type"])
      .split("/")
      .at(-1) ?? "";
  return slug in examples ? [] : [`the problem ${slug}, which is not described`];
}
