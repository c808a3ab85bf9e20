import { html } from "hono/html";
import type { z } from "zod";
import type { EdgeHandler } from "../context.ts";
import type { index } from "../docs/answers/service.ts";
import { answerInForm } from "../page.ts";

const INDEX: z.input<typeof index> = {
  name: "Decisionproof",
  links: { openapi: "/openapi.json", health: "/health", readyz: "/readyz", problems: "/problems/" },
};
const WORDS: Readonly<Record<keyof typeof INDEX.links, string>> = {
  openapi: "The API, described in OpenAPI 3.1",
  health: "Is the edge alive",
  readyz: "Can work be taken",
  problems: "What the problems mean and what to do",
};

/** `GET /`: where things are. */
export function indexPage(): EdgeHandler {
  return (c) => answerInForm(c, { json: INDEX, html: { title: INDEX.name, body } });
}

const link = (name: keyof typeof INDEX.links) =>
  html`<p>
    <a href="${INDEX.links[name]}"><code>${INDEX.links[name]}</code></a> ${WORDS[name]}
  </p> `;

const body = html`<h1>${INDEX.name}</h1>
  ${link("openapi")}${link("problems")}${link("health")}${link("readyz")}`;
