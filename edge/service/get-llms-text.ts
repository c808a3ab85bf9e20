import { openOperation } from "../http/operation.ts";
import { textContent } from "../openapi/content.ts";
import { llmsText } from "../openapi/llms.ts";
import type { DocumentDeps } from "./get-openapi.ts";

export const getLlmsText = openOperation({
  id: "getLlmsText",
  method: "GET",
  path: "/llms.txt",
  tag: "service",
  summary: "What an agent needs to know",
  description: "Everything on one page, in the form of llmstxt.org.",
  responses: { 200: { description: "The page.", content: textContent("text/plain", "# Decisionproof") } },
  handle({ c }, { openapiDocument }: DocumentDeps) {
    c.header("Cache-Control", "public, max-age=300");
    const { origin } = new URL(c.req.url);
    return c.text(llmsText(origin, openapiDocument(origin)));
  },
});
