import { PROBLEMS, type ProblemSlug, problemType } from "#core/domain/problem.ts";
import { COMMON, headerRef, RATE, schemaRef } from "./headers.ts";
import type { Json } from "./json.ts";

/** Answers to nobody whose key was looked at, or after a fault of ours: only the shield knows where a caller stands. */
const WITHOUT_RATE = new Set<number>([401, 405, 500]);

/** The responses of an operation without API key that are these problems, by status. */
export function openProblems(...slugs: ProblemSlug[]): Json {
  return byStatus(slugs, () => ({}));
}

/** The responses of an operation with API key that are these problems, by status. */
export function problems(...slugs: ProblemSlug[]): Json {
  return byStatus(slugs, (status) => (WITHOUT_RATE.has(status) ? {} : RATE));
}

function byStatus(slugs: readonly ProblemSlug[], headers: (status: number) => Json): Json {
  const grouped = Map.groupBy(slugs, (slug) => PROBLEMS[slug].status);
  return Object.fromEntries([...grouped].map(([status, same]) => [String(status), response(status, same, headers)]));
}

function response(status: number, slugs: readonly ProblemSlug[], headers: (status: number) => Json): Json {
  return {
    description: slugs.map((slug) => `\`${slug}\`: ${PROBLEMS[slug].meaning}`).join("\n\n"),
    headers: {
      ...COMMON,
      ...headers(status),
      ...([429, 503].includes(status) && { "Retry-After": headerRef("RetryAfter") }),
      ...(slugs.includes("run-not-completed") && { "Retry-After": headerRef("RetryAfter") }),
      ...((status === 401 || slugs.includes("scope-missing")) && { "WWW-Authenticate": headerRef("WwwAuthenticate") }),
      ...(status === 409 && { "x-should-retry": headerRef("ShouldRetry") }),
      ...(status === 405 && { Allow: headerRef("Allow") }),
    },
    content: {
      "application/problem+json": {
        schema: schemaRef("Problem"),
        examples: Object.fromEntries(slugs.map((slug) => [slug, { value: example(slug) }])),
      },
    },
  };
}

const example = (slug: ProblemSlug): Json => ({
  type: problemType(slug),
  code: slug,
  title: PROBLEMS[slug].title,
  status: PROBLEMS[slug].status,
  detail: PROBLEMS[slug].meaning,
  instance: "/v1/runs",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
});
