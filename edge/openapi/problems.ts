import { PROBLEMS, type ProblemSlug, problemType } from "#core/domain/problem.ts";
import { COMMON, headerRef, RATE, schemaRef } from "./headers.ts";
import type { Json } from "./json.ts";

/** Answers to nobody whose key was looked at, or after a fault of ours: only the shield knows where a caller stands. */
const WITHOUT_RATE = new Set<number>([401, 405, 500]);

/** The responses that are problems, each described once, as the document has them among its components. */
export class ProblemResponses {
  readonly #responses = new Map<string, Json>();

  /** References to those of an operation, by status. */
  refer(slugs: readonly ProblemSlug[], { rated }: { readonly rated: boolean }): Json {
    const grouped = Map.groupBy(slugs, (slug) => PROBLEMS[slug].status);
    return Object.fromEntries([...grouped].map(([status, same]) => [String(status), this.#refer(status, same, rated)]));
  }

  #refer(status: number, slugs: readonly ProblemSlug[], rated: boolean): Json {
    const hasRate = rated && !WITHOUT_RATE.has(status);
    const name = `${slugs.map(pascal).join("Or")}${rated || WITHOUT_RATE.has(status) ? "" : "Open"}`;
    if (!this.#responses.has(name))
      this.#responses.set(
        name,
        response(status, slugs, () => (hasRate ? RATE : {})),
      );
    return { $ref: `#/components/responses/${name}` };
  }

  get components(): Json {
    return Object.fromEntries(this.#responses);
  }
}

const pascal = (slug: string): string =>
  slug.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

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
      ...(status === 416 && { "Content-Range": headerRef("ContentRange") }),
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
