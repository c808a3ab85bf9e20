import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { type Problem, PROBLEMS, problemType } from "#core/domain/problem.ts";
import { challengeOf } from "./challenge.ts";
import type { EdgeRequest } from "./context.ts";
import type { problem as problemView } from "../service/problem-schema.ts";

/** The document of RFC 9457; its `type` is the same whatever host was asked. */
export function problemDocument(c: EdgeRequest, problem: Problem): z.input<typeof problemView> {
  const { slug } = problem;
  const { status, title } = PROBLEMS[slug];
  const { errors, members } = problem.extras;
  return {
    type: problemType(slug, c.get("origin")),
    code: slug,
    title,
    status,
    detail: problem.detail,
    instance: new URL(c.req.url).pathname,
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
    // Generated SDKs repeat every 409 unless this says otherwise.
    ...(status === 409 && { "x-should-retry": String(retry_after_s !== undefined) }),
    ...(retry_after_s !== undefined && { "Retry-After": String(retry_after_s) }),
    ...headers,
  });
}
