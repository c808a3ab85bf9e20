import { PROBLEMS, type ProblemSlug } from "#core/domain/problem.ts";
import { headerRef, schemaRef } from "./components.ts";

type Json = Readonly<Record<string, unknown>>;

/** The responses of an operation that are these problems, by status. */
export function problems(...slugs: ProblemSlug[]): Json {
  const byStatus = Map.groupBy(slugs, (slug) => PROBLEMS[slug].status);
  return Object.fromEntries([...byStatus].map(([status, same]) => [String(status), response(status, same)]));
}

function response(status: number, slugs: readonly ProblemSlug[]): Json {
  return {
    description: slugs.map((slug) => `\`${slug}\`: ${PROBLEMS[slug].meaning}`).join("\n\n"),
    headers: {
      "X-Request-ID": headerRef("RequestId"),
      ...([429, 503].includes(status) && { "Retry-After": headerRef("RetryAfter") }),
      ...(status === 401 && { "WWW-Authenticate": headerRef("WwwAuthenticate") }),
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
  type: `https://api.invalid/problems/${slug}`,
  title: PROBLEMS[slug].title,
  status: PROBLEMS[slug].status,
  detail: PROBLEMS[slug].meaning,
  instance: "/v1/runs",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
});
