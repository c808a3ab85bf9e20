import type { EdgeHandler } from "../http/context.ts";
import { openapiDocument } from "../openapi/document.ts";

/** `GET /openapi.json`: OpenAPI 3.1, from the schemas that check the requests. */
export function openapi(): EdgeHandler {
  return (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.json(openapiDocument(new URL(c.req.url).origin));
  };
}
