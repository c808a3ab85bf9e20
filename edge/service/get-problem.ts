import { html } from "hono/html";
import { isProblemSlug, Problem, PROBLEMS, type ProblemSlug } from "#core/domain/problem.ts";
import { openOperation } from "../http/operation.ts";
import { answerInForm } from "../http/page.ts";
import type { Parameter } from "../http/parameters.ts";
import { negotiated } from "../openapi/content.ts";
import { kindOf, type ProblemKind } from "./problem-kind.ts";
import { problemKind } from "./problem-schema.ts";

const slugParameter: Parameter<ProblemSlug> = {
  parse: (value = "") => {
    if (!isProblemSlug(value)) throw new Problem("not-found", "Problem not found.");
    return value;
  },
  document: {
    description: "The last part of a problem's type.",
    schema: { type: "string", enum: Object.keys(PROBLEMS) },
    example: "not-found",
  },
};

export const getProblem = openOperation({
  id: "getProblem",
  method: "GET",
  path: "/problems/{slug}",
  tag: "service",
  summary: "What a problem means",
  description: "A page for people; JSON or plain text for who asks for it.",
  params: { slug: slugParameter },
  responses: {
    200: { description: "What it means and what to do.", schema: problemKind, ...negotiated("text/plain") },
  },
  problems: ["not-found"],
  handle({ c, params }) {
    const kind = kindOf(c, params.slug);
    return answerInForm(c, {
      json: kind,
      html: { title: kind.title, body: whole(kind) },
      text: `${kind.status} ${kind.code}: ${kind.title}\n\n${kind.meaning}\n\nWhat to do: ${kind.what_to_do}\n`,
    });
  },
});

const whole = (kind: ProblemKind) =>
  html`<p><code>${kind.status} ${kind.code}</code></p>
    <h1>${kind.title}</h1>
    <h2>What it means</h2>
    <p>${kind.meaning}</p>
    <h2>What to do</h2>
    <p>${kind.what_to_do}</p>`;
