import { llmsText } from "../openapi/llms.ts";
import type { EdgeHandler } from "../http/context.ts";

/** `GET /llms.txt`: what an agent needs to know, on one page. */
export function llms(): EdgeHandler {
  return (c) => {
    c.header("Cache-Control", "public, max-age=300");
    return c.text(llmsText(new URL(c.req.url).origin));
  };
}
