import { html } from "hono/html";
import type { z } from "zod";
import { openOperation } from "../http/operation.ts";
import { answerInForm } from "../http/page.ts";
import { negotiated } from "../openapi/content.ts";
import { index } from "./schemas.ts";

const INDEX: z.input<typeof index> = {
  name: "Decisionproof",
  links: {
    docs: "/docs",
    redoc: "/redoc",
    openapi: "/openapi.json",
    llms: "/llms.txt",
    problems: "/problems/",
    security: "/.well-known/security.txt",
    health: "/health",
    readyz: "/readyz",
  },
};
const WORDS: Readonly<Record<keyof typeof INDEX.links, string>> = {
  docs: "The API, to read and to try",
  redoc: "The API, to read",
  openapi: "The API, described in OpenAPI 3.1",
  llms: "The API on one page, for agents",
  problems: "What the problems mean and what to do",
  security: "Security contact",
  health: "Is the edge alive",
  readyz: "Can work be taken",
};

const names = Object.keys(WORDS) as (keyof typeof WORDS)[];

const body = html`<h1>${INDEX.name}</h1>
  ${names.map(
    (name) =>
      html`<p>
        <a href="${INDEX.links[name]}"><code>${INDEX.links[name]}</code></a> ${WORDS[name]}
      </p> `,
  )}`;

export const getIndex = openOperation({
  id: "getIndex",
  method: "GET",
  path: "/",
  tag: "service",
  summary: "Where things are",
  description: "JSON; a page for browsers.",
  responses: { 200: { description: "Where things are.", schema: index, ...negotiated() } },
  handle: ({ c }) => answerInForm(c, { json: INDEX, html: { title: INDEX.name, body } }),
});
