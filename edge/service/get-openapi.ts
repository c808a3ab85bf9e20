import { openOperation } from "../http/operation.ts";
import type { Json } from "../openapi/json.ts";

/** The document is made from all operations, of which those about it are some. */
export interface DocumentDeps {
  readonly openapiDocument: (origin: string) => Json;
}

export const getOpenapi = openOperation({
  id: "getOpenapi",
  method: "GET",
  path: "/openapi.json",
  tag: "service",
  summary: "This document",
  description: "OpenAPI 3.1, from the schemas that check the requests.",
  responses: {
    200: {
      description: "The document.",
      content: { "application/json": { schema: { type: "object" }, example: { openapi: "3.1.0" } } },
    },
  },
  handle({ c }, { openapiDocument }: DocumentDeps) {
    c.header("Cache-Control", "public, max-age=300");
    return c.json(openapiDocument(new URL(c.req.url).origin));
  },
});
