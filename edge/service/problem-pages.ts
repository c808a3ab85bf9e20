import { html } from "hono/html";
import type { z } from "zod";
import { isProblemSlug, Problem, PROBLEMS, type ProblemSlug } from "#core/domain/problem.ts";
import type { EdgeHandler, EdgeRequest } from "../http/context.ts";
import type { problemKind, problemList } from "./problem-schema.ts";
import { answerInForm } from "../http/page.ts";

type Kind = z.input<typeof problemKind>;

const kindOf = (c: EdgeRequest, slug: ProblemSlug): Kind => ({
  type: `${new URL(c.req.url).origin}/problems/${slug}`,
  slug,
  ...PROBLEMS[slug],
});

/** `GET /problems/`: every problem, as JSON or as a page. */
export function problemIndex(): EdgeHandler {
  return (c) => {
    const problems = Object.keys(PROBLEMS)
      .filter(isProblemSlug)
      .map((slug) => kindOf(c, slug));
    const list: z.input<typeof problemList> = { problems };
    return answerInForm(c, {
      json: list,
      html: {
        title: "Problems",
        body: html`<h1>Problems</h1>
          ${problems.map(entry)}`,
      },
    });
  };
}

/** `GET /problems/{slug}`: a page for people, JSON or plain text for who asks for it. */
export function problemPage(): EdgeHandler {
  return (c) => {
    const slug = c.req.param("slug") ?? "";
    if (!isProblemSlug(slug)) throw new Problem("not-found", "There is no such problem.");
    const kind = kindOf(c, slug);
    return answerInForm(c, {
      json: kind,
      html: { title: kind.title, body: whole(kind) },
      text: `${kind.status} ${kind.slug}: ${kind.title}\n\n${kind.meaning}\n\nWhat to do: ${kind.what_to_do}\n`,
    });
  };
}

const entry = (kind: Kind) =>
  html`<p>
    <a href="/problems/${kind.slug}"><code>${kind.status} ${kind.slug}</code></a> ${kind.title}
  </p> `;

const whole = (kind: Kind) =>
  html`<p><code>${kind.status} ${kind.slug}</code></p>
    <h1>${kind.title}</h1>
    <h2>What it means</h2>
    <p>${kind.meaning}</p>
    <h2>What to do</h2>
    <p>${kind.what_to_do}</p>`;
