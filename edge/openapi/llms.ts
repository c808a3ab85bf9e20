import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS } from "#core/domain/money.ts";
import type { PackOffer } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { isTerminal, PLATFORM_FAILURES, runStatus } from "#core/domain/run.ts";
import { dataSchema, exampleRuns, inputsSchema } from "../runs/request-schemas.ts";
import { VERSIONS } from "../mcp/revisions.ts";
import { tools } from "../mcp/tools.ts";
import { MINIMUM_FEE } from "#core/domain/api-values.ts";
import { type DocumentedOperation, listOperations } from "./list-operations.ts";
import type { Json } from "./json.ts";
import { memberLines, oneLine } from "./member-lines.ts";

const usd = (amount: number) => formatUsd(micros(amount));
const ended = runStatus.options.filter(isTerminal).join(", ");

/** The service told to an agent (llmstxt.org), from the OpenAPI document and the catalogue. */
export function llmsText(origin: string, document: Json): string {
  const operations = listOperations(document);
  const paid = operations.filter(({ open }) => !open);
  const optional = operations.filter(({ open }) => open);
  return `# Decisionproof

> Sells units of real work to AI agents over one HTTP API: submit a run of a pack with a cap on its cost, wait, fetch a result whose hash and price can be checked. A run is charged what the work cost, once, whatever crashes, retries or repeats in between.

Base address: ${origin}. JSON in UTF-8 in and out; times are RFC 3339 in UTC; amounts are decimal strings of USD, never numbers. Unknown fields and query parameters are refused.

${PROSE}

## Operations with an API key

${paid.map((operation) => operationLine(origin, operation)).join("\n")}

## Packs

Prices in USD. Below each are its inputs, the \`data\` of its results, and a body that \`POST /v1/runs\` takes as it stands; ${origin}/openapi.json has the same as JSON Schema, with every bound. The result of a run, and its \`output\`, is a JSON document: \`run_id\`, \`pack_type\`, \`cost\`, \`units\` that were charged, \`reliability\`, \`data\` that the pack made, \`artifacts\` (files: \`name\`, \`content_type\`, and \`text\` or \`base64\`) and \`meta\`.

${[...catalog.values()].map((offer) => packLine(origin, offer)).join("\n")}

${[...catalog.values()].map(packSection).join("\n\n")}

## Problems

${Object.entries(PROBLEMS)
  .map(([slug, { status, title }]) => `- [${slug}](${origin}/problems/${slug}): ${status}. ${title}.`)
  .join("\n")}

## Model Context Protocol

Streamable HTTP at ${origin}/mcp, under the same API key, rate, budget and problems; revisions ${VERSIONS.join(", ")}. Its tools:

${[...tools.values()].map(({ name, description }) => `- [${name}](${origin}/mcp): ${description}`).join("\n")}

## Optional

${optional.map((operation) => operationLine(origin, operation)).join("\n")}
`;
}

const PROSE = `Client: \`@decisionproof/client\` for Node, Deno, Bun, Workers and browsers, in TypeScript and without a dependency. \`new Decisionproof({ apiKey, baseUrl }).run("compliance", { inputs: { text }, max_cost_usd: "0.0500" })\` submits, waits and returns the result, checked against its hash; it retries what is safe under one Idempotency-Key, follows events, reads pages, and verifies receipts and webhooks. What it sends is described below, for any other client.

Authentication: send \`Authorization: Bearer <API key>\`. Keys look like \`dpp_live_...\` or \`dpp_test_...\` and have scopes: \`submit\`, \`read\`, \`admin\`; each operation says which it needs. A key that is absent, mistyped, unknown, expired or revoked is a 401, with the same text for all.

The life of a run: \`POST /v1/runs/estimate\` says what a body would cost, and \`POST /v1/runs\` with the same body buys the work: it responds 202 with the run, status QUEUED, and reserves \`max_cost_usd\`; with \`Prefer: wait=30\` it responds 200 with the run and its \`output\` once the run is over, or 202 after 30 seconds. Read the run (\`GET /v1/runs/{id}\`) as often as \`Retry-After\` says, or with \`Prefer: wait=30\` to have the response when it is over, until its status is one of ${ended}. A COMPLETED run has a result: \`GET /v1/runs/{id}/output\` has its bytes, \`?include=output\` and a waited response have it as \`output\` in the run, up to 64 KiB, and \`GET /v1/runs/{id}/result\` has a presigned URL that needs no API key, valid for 15 minutes, and the sha256 of what it serves. A run that is not over can be canceled; one that is over has a signed receipt.

Money: the budget is granted = charged + reserved + available. A submit reserves \`max_cost_usd\` (from ${usd(MIN_COST_MICROS)} to ${usd(MAX_COST_MICROS)}); the end of the run charges its price, never above the reservation, and gives back the rest. A submit whose price, or the least that it can be, is above \`max_cost_usd\` is refused (\`max-cost-below-price\`), and work that turns out to cost more stops there and fails, COST_EXCEEDS_CAP; the estimate has the price if the run succeeds and the fee if it fails. A run that fails or is canceled after its work began costs the minimum fee, ${MINIMUM_FEE}; where a model worked for a run that fails, its tokens if they cost more. Inputs that the pack refuses, answers that only ask for more input (NEEDS_INPUT), and runs canceled before they start cost nothing. Failures of the platform (${PLATFORM_FAILURES.join(", ")}) cost nothing either, unless its operator has set that they cost the minimum fee. Answers that show a run have its cost in \`X-DPP-Cost-*\` headers.

Idempotency: every submit needs an \`Idempotency-Key\` of 8 to 64 printable ASCII characters, no comma followed by a space, one per piece of work. The same key with a body that says the same, however it is written, is the same run, with its current status and \`Idempotency-Replayed: true\` (to a key without the scope \`read\` without its result, its error and its charge); with another body it is a 409. After a 429, a 503 or a lost connection send the same request with the same key again: it is never run or charged twice.

Errors: \`application/problem+json\` (RFC 9457). \`code\` is the kind; \`type\` is the address of a page that says what it means and what to do; a 409 with \`x-should-retry: false\` would be refused again; \`errors[]\` names the invalid places, up to 20; \`Retry-After\` says when to come back. \`RateLimit\` and \`RateLimit-Policy\` say what is left of the rate: submits have one of their own, all else counts as a read.

Lists come in pages of \`limit\` entries: pass \`next_cursor\` as \`cursor\` until it is null. To go on later without missing anything, read \`GET /v1/ledger?order=committed\`, \`GET /v1/runs?order=accepted\` or \`?order=ended\`, keep \`next_position\`, and pass it as \`cursor\`: continuing from \`created_after\` may miss some. Usage is final up to \`complete_through\`.`;

const MAX_EXAMPLE_CHARS = 1_500;
const CUT_EXAMPLE_CHARS = 200;

function packSection(offer: PackOffer): string {
  const body = JSON.stringify(exampleRuns(offer)[0]?.run);
  const isShort = body.length <= MAX_EXAMPLE_CHARS;
  const cut = ` (cut here; the whole is in \`examples\` of \`GET /v1/packs/${offer.type}\`)`;
  return `### ${offer.type}

Inputs:

${memberLines(inputsSchema(offer.type), "sent").join("\n")}

\`data\` of the result:

${memberLines(dataSchema(offer.type), "given").join("\n")}

Reliability: ${offer.reliability}

Example: \`${isShort ? body : `${body.slice(0, CUT_EXAMPLE_CHARS)}...`}\`${isShort ? "" : cut}`;
}

function operationLine(origin: string, { method, path, summary, description }: DocumentedOperation): string {
  const address = path.includes("{") ? `${origin}/openapi.json` : `${origin}${path}`;
  return `- [${method} ${path}](${address}): ${summary}. ${oneLine(description)}`;
}

function packLine(origin: string, { type, version, summary, prices }: PackOffer): string {
  const list = Object.entries(prices).map(([unit, { unit_micros, per }]) => `${unit} ${usd(unit_micros)} per ${per}`);
  return `- [${type}](${origin}/openapi.json): version ${version}. ${summary} Price: ${list.join("; ")}.`;
}
