import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { type Problem, PROBLEMS } from "#core/domain/problem.ts";
import { challengeOf } from "./challenge.ts";
import type { EdgeRequest } from "./context.ts";
import type { problem as problemView } from "../service/problem-schema.ts";

/** The document of RFC 9457; its `type` is a page of this origin. */
export function problemDocument(c: EdgeRequest, problem: Problem): z.input<typeof problemView> {
  const { status, title } = PROBLEMS[problem.slug];
  const { errors, members } = problem.extras;
  const { origin, pathname } = new URL(c.req.url);
  return {
    type: `${origin}/problems/${problem.slug}`,
    title,
    status,
    detail: problem.detail,
    instance: pathname,
    trace_id: c.get("trace").trace_id,
    ...members,
    ...(errors !== undefined && { errors: [...errors] }),
  };
}

export function problemResponse(c: EdgeRequest, problem: Problem, headers: Record<string, string> = {}): Response {
  c.set("problem", problem.slug);
  const { status } = PROBLEMS[problem.slug];
  const { retry_after_s } = problem.extras;
  const challenge = challengeOf(c, problem);
  return c.body(JSON.stringify(problemDocument(c, problem)), status satisfies ContentfulStatusCode, {
    "Content-Type": "application/problem+json",
    ...(challenge !== undefined && { "WWW-Authenticate": challenge }),
    ...(retry_after_s !== undefined && { "Retry-After": String(retry_after_s) }),
    ...headers,
  });
}
