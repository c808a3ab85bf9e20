import { html } from "hono/html";
import type { z } from "zod";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS } from "#core/domain/money.ts";
import { type PackOffer, priceRange } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { Problem } from "#core/domain/problem.ts";
import { TIMEBOX_SECONDS } from "#core/domain/run-request.ts";
import { MAX_BODY_BYTES } from "../http/body.ts";
import { openOperation } from "../http/operation.ts";
import { answerInForm } from "../http/page.ts";
import type { Parameter } from "../http/parameters.ts";
import { negotiated } from "../openapi/content.ts";
import { memberLines } from "../openapi/member-lines.ts";
import { PACK_TYPE } from "../packs/schemas.ts";
import { viewPrices } from "../packs/view.ts";
import { dataSchema, exampleRuns, inputsSchema } from "../runs/request-schemas.ts";
import { packPage } from "./schemas.ts";

const typeParameter: Parameter<PackOffer> = {
  parse: (value = "") => {
    const offer = catalog.get(value);
    if (offer === undefined) throw new Problem("not-found", "Pack not found.");
    return offer;
  },
  document: {
    description: "The pack's type.",
    schema: { type: "string", pattern: PACK_TYPE.source },
    example: "url",
  },
};

export const getPackPage = openOperation({
  id: "getPackPage",
  method: "GET",
  path: "/packs/{type}",
  tag: "service",
  summary: "What a pack does, with prices and examples",
  description: "A page for people; JSON for programs.",
  params: { type: typeParameter },
  responses: { 200: { description: "The pack.", schema: packPage, ...negotiated() } },
  problems: ["not-found"],
  handle({ c, params: { type: offer } }) {
    const { type, version, title, summary, reliability } = offer;
    const json: z.input<typeof packPage> = {
      pack_type: type,
      pack_version: version,
      title,
      summary,
      prices: viewPrices(offer),
      reliability,
      inputs: inputsSchema(type),
      data: dataSchema(type),
      examples: exampleRuns(offer),
    };
    return answerInForm(c, { json, html: { title: `${title} (${type})`, body: whole(offer) } });
  },
});

const whole = (offer: PackOffer) =>
  html`<p><code>${offer.type} ${offer.version}</code></p>
    <h1>${offer.title}</h1>
    <p>${offer.summary}</p>
    <p><a href="/console/new">Buy one in the console</a>, or <a href="/docs">by the API</a>.</p>
    <h2>Prices (USD)</h2>
    <table>
      <tbody>
        ${Object.values(offer.prices).map(
          ({ unit_micros, per }) =>
            html`<tr>
              <th scope="row">${formatUsd(unit_micros)}</th>
              <td>per ${per}</td>
            </tr> `,
        )}
      </tbody>
    </table>
    <h2>Limits</h2>
    <p>
      A run costs at most its <code>max_cost_usd</code>, from ${formatUsd(micros(MIN_COST_MICROS))} to
      ${formatUsd(micros(MAX_COST_MICROS))}, or what the plan allows. It may take ${TIMEBOX_SECONDS.minimum} to
      ${TIMEBOX_SECONDS.maximum} seconds, ${TIMEBOX_SECONDS.default} unless it says otherwise. Its body has at most
      ${MAX_BODY_BYTES} bytes. Those of each input stand beside it.
    </p>
    <h2>Examples</h2>
    ${exampleRuns(offer).map(
      ({ title, run }, index) =>
        html`<h3>${title}</h3>
          <p>${priceWords(offer, index)}</p>
          <pre tabindex="0"><code>${JSON.stringify(run, null, 2)}</code></pre>`,
    )}
    <h2>Inputs</h2>
    ${lines(memberLines(inputsSchema(offer.type), "sent"))}
    <h2>Result</h2>
    <p>Reliability: ${offer.reliability}</p>
    ${lines(memberLines(dataSchema(offer.type), "given"))}`;

/** What an example costs if it succeeds, as an estimate of it says. */
function priceWords(offer: PackOffer, index: number): string {
  const estimate = offer.estimate(offer.examples[index]?.inputs);
  const { least, most } = priceRange(offer.prices, estimate);
  if (least === most) return `${formatUsd(least)} USD, exactly.`;
  return `${formatUsd(least)} USD at least, and ${formatUsd(most)} at most.`;
}

/** Plain words in which code stands between backquotes. */
const coded = (words: string) =>
  words.split("`").map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));

/** A list of members, each as deep as its line is indented. */
const lines = (members: readonly string[]) =>
  html`<ul>
    ${members.map((line) => {
      const [, indent = "", words = ""] = /^( *)- (.*)$/s.exec(line) ?? [];
      return html`<li class="level${Math.min(indent.length / 2, 4)}">${coded(words)}</li> `;
    })}
  </ul>`;
