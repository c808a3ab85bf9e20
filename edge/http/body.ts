import { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { schemaRef } from "../openapi/headers.ts";
import type { Json } from "../openapi/json.ts";
import { bodyProblem } from "./field-errors.ts";
import { findFieldError } from "./json-text.ts";

export const MAX_BODY_BYTES = 256 * 1024;

/** What an operation reads from its body. */
export interface Body<T, D = unknown> {
  /** The document's requestBody; undefined where it says nothing of one. */
  readonly document: Json | undefined;
  /** A schema that the document has among its components, by name. */
  readonly component?: { readonly name: string; readonly schema: z.ZodType; readonly example?: Json } | undefined;
  readonly required: boolean;
  /** Throws the 400 problem, which names every invalid field. `bytes` are undefined where no body was sent. */
  readonly parse: (bytes: Uint8Array | undefined, deps: D) => T;
}

const content = (schema: Json, more: Json = {}): Json => ({ "application/json": { schema, ...more } });

/** The document's requestBody of a schema among its components. */
export const bodyDocument = (name: string, required = true): Json => ({ required, content: content(schemaRef(name)) });

/** A JSON body of this schema; one that may be left out, or is null, is read as an empty object. */
export function jsonBody<S extends z.ZodType>(
  name: string,
  schema: S,
  options: { readonly example?: Json; readonly optional?: true } = {},
): Body<z.output<S>> {
  const { example, optional = false } = options;
  return {
    document: bodyDocument(name, !optional),
    component: { name, schema, ...(example !== undefined && { example }) },
    required: !optional,
    parse: (bytes) => validBody(schema, optional ? optionalJson(bytes) : parseJson(bytes ?? new Uint8Array())),
  };
}

/** The value, if the schema accepts it. Throws the 400 problem, which names every invalid field. */
export function validBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw bodyProblem(parsed.error);
  return parsed.data;
}

const nothing = z.strictObject({});

/** Some clients write "no body" as null. */
const optionalJson = (bytes: Uint8Array | undefined): unknown =>
  (bytes === undefined ? undefined : parseJson(bytes)) ?? {};

/** For an operation that takes no body: an empty object or null is accepted. */
export const EMPTY_BODY: Body<unknown> = {
  document: {
    required: false,
    description: "No body, an empty object, or null.",
    content: content({ type: "object", additionalProperties: false }, { example: {} }),
  },
  required: false,
  parse: (bytes) => validBody(nothing, optionalJson(bytes)),
};

/** The same where the document says nothing of a body, as for a DELETE. */
export const UNDOCUMENTED_EMPTY_BODY: Body<unknown> = { ...EMPTY_BODY, document: undefined };

/** The body's bytes; undefined without one where it may be left out. */
export const bytesOf = (request: Request, { required }: Pick<Body<unknown, never>, "required">) =>
  required ? readBody(request) : readOptionalBody(request);

/** The body's bytes. Throws the 415, 413 and, for one that breaks off, 400 problems. */
export async function readBody(request: Request): Promise<Uint8Array> {
  requireJson(request.headers);
  return readBytes(request);
}

/** The same where a body may be left out: undefined without one, whatever type its headers name. */
async function readOptionalBody(request: Request): Promise<Uint8Array | undefined> {
  const bytes = await readBytes(request);
  if (bytes.byteLength === 0) return undefined;
  requireJson(request.headers);
  return bytes;
}

function requireJson(headers: Headers): void {
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity")
    throw new Problem("unsupported-media-type", "The body has a Content-Encoding. Send it without one.");
  const type = headers.get("Content-Type");
  if (type === null) throw new Problem("unsupported-media-type", "The request has no Content-Type header.");
  if (!isJson(type)) throw new Problem("unsupported-media-type", "The Content-Type is not application/json in UTF-8.");
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("Content-Length") ?? "0") > MAX_BODY_BYTES) throw new Problem("payload-too-large");
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop cancels the stream.
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) throw new Problem("payload-too-large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : brokenOff();
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : joined(chunks, size);
}

/** Whatever ends the stream of a request early is on the caller's side: a lost connection or a malformed chunk. */
const brokenOff = () =>
  new Problem("invalid-request", "The body ended early.", { errors: [{ pointer: "", detail: "ended early" }] });

/** The JSON value in a body. Throws the 400 problem for what is no JSON, or what {@link findFieldError} finds. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const value = valueOf(text);
  const error = findFieldError(text);
  if (error !== undefined) {
    const where = "pointer" in error && error.pointer !== "" ? error.pointer : "the body";
    throw new Problem("invalid-request", `Invalid body: ${where}: ${error.detail}.`, { errors: [error] });
  }
  return value;
}

const NOT_JSON = ["is empty", "is not JSON in UTF-8"] as const;

/** Whether a field error says that the body could not be parsed at all. */
export const isNotJson = ({ detail }: { readonly detail: string }): boolean => NOT_JSON.some((each) => each === detail);

function notJson(text = "?"): Problem {
  const detail = NOT_JSON[text === "" ? 0 : 1];
  return new Problem("invalid-request", `The body ${detail}.`, { errors: [{ pointer: "", detail }] });
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw notJson();
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text);
  }
}

function isJson(content_type: string): boolean {
  const [type = "", ...parameters] = content_type.toLowerCase().split(";");
  if (type.trim() !== "application/json") return false;
  return parameters.every((parameter) => {
    const [name = "", value = ""] = parameter.split("=");
    return name.trim() !== "charset" || ["utf-8", '"utf-8"'].includes(value.trim());
  });
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
