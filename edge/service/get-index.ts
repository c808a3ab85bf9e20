import { html } from "hono/html";
import type { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { VERSION } from "#core/domain/version.ts";
import { openOperation } from "../http/operation.ts";
import { answerInForm } from "../http/page.ts";
import { negotiated } from "../openapi/content.ts";
import { viewPrices } from "../packs/view.ts";
import { index } from "./schemas.ts";

const SUMMARY =
  "Decisionproof sells units of real work to AI agents over one HTTP API. Submit a run of a pack with a cap on its cost, wait, and fetch a result whose hash and price you can check. You are charged what the work cost, once.";

const INDEX: z.input<typeof index> = {
  name: "Decisionproof",
  summary: SUMMARY,
  version: VERSION,
  packs: [...catalog.values()].map((offer) => ({
    pack_type: offer.type,
    summary: offer.summary,
    prices: viewPrices(offer),
  })),
  links: {
    docs: "/docs",
    redoc: "/redoc",
    openapi: "/openapi.json",
    llms: "/llms.txt",
    mcp: "/mcp",
    problems: "/problems/",
    jwks: "/.well-known/jwks.json",
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
  mcp: "The endpoint of the Model Context Protocol (POST)",
  problems: "What the problems mean and what to do",
  jwks: "The keys that verify receipts",
  security: "Security contact",
  health: "Is the edge alive",
  readyz: "Can work be taken",
};

const pathOf = (name: keyof typeof WORDS) => html`<code>${INDEX.links[name]}</code>`;

const names = Object.keys(WORDS) as (keyof typeof WORDS)[];

const offers = [...catalog.values()].map(
  (offer) =>
    html`<tr>
      <th scope="row">
        <a href="/packs/${offer.type}"><code>${offer.type}</code></a>
      </th>
      <td>${offer.summary}</td>
      <td>
        ${Object.values(offer.prices).map(
          ({ unit_micros, per }) => html`<span>${formatUsd(unit_micros)} per ${per}</span><br />`,
        )}
      </td>
    </tr>`,
);

const body = html`<h1>${INDEX.name}</h1>
  <p>${SUMMARY}</p>
  <p><a href="/console">Open the console</a> to see and manage an account in a browser.</p>
  <h2>What can be bought</h2>
  <table>
    <thead>
      <tr>
        <th scope="col">Pack</th>
        <th scope="col">What it does</th>
        <th scope="col">Price (USD)</th>
      </tr>
    </thead>
    <tbody>
      ${offers}
    </tbody>
  </table>
  <p>
    A run never costs more than its cap. One that fails after its work began costs a small minimum fee, or the tokens
    that a model used for it, never more than a success.
  </p>
  <h2>Begin</h2>
  <p>
    Every call that costs or shows something needs an API key, as <code>Authorization: Bearer KEY</code>. The operator
    of this API makes your account and its first key; <code>POST /v1/keys</code> makes others, each with its own scopes,
    rates and cap.
  </p>
  <h2>Where things are</h2>
  ${names.map(
    (name) =>
      html`<p>
        ${name === "mcp" ? pathOf(name) : html`<a href="${INDEX.links[name]}">${pathOf(name)}</a>`} ${WORDS[name]}
      </p> `,
  )}`;

export const getIndex = openOperation({
  id: "getIndex",
  method: "GET",
  path: "/",
  tag: "service",
  summary: "What this is, with prices",
  description: "JSON; a page for browsers.",
  responses: { 200: { description: "What this is, and where things are.", schema: index, ...negotiated() } },
  handle: ({ c }) => answerInForm(c, { json: INDEX, html: { title: INDEX.name, body } }),
});
