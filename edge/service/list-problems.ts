import { html } from "hono/html";
import type { z } from "zod";
import { isProblemSlug, PROBLEMS } from "#core/domain/problem.ts";
import { openOperation } from "../http/operation.ts";
import { answerInForm } from "../http/page.ts";
import { negotiated } from "../openapi/content.ts";
import { kindOf, type ProblemKind } from "./problem-kind.ts";
import { problemList } from "./problem-schema.ts";

export const listProblems = openOperation({
  id: "listProblems",
  method: "GET",
  path: "/problems",
  alias: "/problems/",
  tag: "service",
  summary: "Every problem",
  description: "JSON; a page for browsers. The same at `/problems/`.",
  responses: {
    200: { description: "Every problem, what it means and what to do.", schema: problemList, ...negotiated() },
  },
  handle({ c }) {
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
  },
});

const entry = (kind: ProblemKind) =>
  html`<p>
    <a href="/problems/${kind.code}"><code>${kind.status} ${kind.code}</code></a> ${kind.title}
  </p> `;
