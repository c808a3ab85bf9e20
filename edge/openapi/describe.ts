import type { z } from "zod";
import { COMMON, headerRef, schemaRef } from "./components.ts";
import type { Json } from "./json.ts";
import { openProblems } from "./problems.ts";

/** One part of the API: its operations, and the schemas of its answers by name. */
export interface Resource {
  readonly tag: { readonly name: string; readonly description: string };
  readonly paths: Readonly<Record<string, Json>>;
  readonly answers: Readonly<Record<string, z.ZodType>>;
}

export const response = (description: string, schema: string, headers: Json = {}): Json => ({
  description,
  headers: { ...COMMON, ...headers },
  content: { "application/json": { schema: schemaRef(schema) } },
});

/** The problems of every operation that needs an API key. */
export const READ = [
  "unauthorized",
  "scope-missing",
  "rate-limited",
  "method-not-allowed",
  "internal",
  "unavailable",
] as const;
const OPEN = ["method-not-allowed", "internal"] as const;

/** An operation that needs no API key. */
export const open = (operationId: string, summary: string, description: string, responses: Json): Json => ({
  operationId,
  tags: ["service"],
  summary,
  description,
  security: [],
  responses: { ...responses, ...openProblems(...OPEN) },
});

/** The body of an operation that needs none. */
export const EMPTY_BODY: Json = {
  required: false,
  description: "None; an empty object is taken.",
  content: { "application/json": { schema: { type: "object", additionalProperties: false }, example: {} } },
};

const WORDS = "The same, to be read by people.";

/** An answer of plain text or of a page, in this media type. */
export const textResponse = (description: string, type: string, example: string): Json => ({
  description,
  headers: COMMON,
  content: { [type]: { schema: { type: "string" }, example } },
});

/** An answer that has the form that is asked for. */
export const negotiated = (description: string, schema: string, ...types: string[]): Json => ({
  description,
  headers: { ...COMMON, Vary: headerRef("Vary") },
  content: {
    "application/json": { schema: schemaRef(schema) },
    ...Object.fromEntries(
      ["text/html", ...types].map((type) => [type, { schema: { type: "string" }, example: WORDS }]),
    ),
  },
});
