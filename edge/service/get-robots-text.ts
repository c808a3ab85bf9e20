import { openOperation } from "../http/operation.ts";
import { textContent } from "../openapi/content.ts";

const ROBOTS = "User-agent: *\nDisallow: /v1/\nDisallow: /mcp\nAllow: /\n";

export const getRobotsText = openOperation({
  id: "getRobotsText",
  method: "GET",
  path: "/robots.txt",
  tag: "service",
  summary: "What crawlers may read",
  description: "RFC 9309: every page, and nothing that needs an API key.",
  responses: { 200: { description: "The rules.", content: textContent("text/plain", ROBOTS) } },
  handle({ c }) {
    c.header("Cache-Control", "public, max-age=300");
    return c.text(ROBOTS);
  },
});
