import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Problem, PROBLEMS } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

/** The document of RFC 9457; its `type` is a page of this origin. */
export function problemResponse(c: EdgeRequest, problem: Problem, headers: Record<string, string> = {}): Response {
  c.set("problem", problem.slug);
  const { status, title } = PROBLEMS[problem.slug];
  const { errors, members, retry_after_s } = problem.extras;
  const { origin, pathname } = new URL(c.req.url);
  const document = {
    type: `${origin}/problems/${problem.slug}`,
    title,
    status,
    detail: problem.detail,
    instance: pathname,
    trace_id: c.get("trace").trace_id,
    ...members,
    ...(errors !== undefined && { errors }),
  };
  return c.body(JSON.stringify(document), status satisfies ContentfulStatusCode, {
    "Content-Type": "application/problem+json",
    ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
    ...(retry_after_s !== undefined && { "Retry-After": String(retry_after_s) }),
    ...headers,
  });
}
