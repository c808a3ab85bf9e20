import { readFileSync } from "node:fs";
import { eventually } from "../support/eventually.ts";
import { expect, test } from "vitest";
import { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { problemList } from "../../edge/service/problem-schema.ts";
import { index, packPage } from "../../edge/service/schemas.ts";
import { call, get, post, problemOf } from "./client.ts";
import { newKey } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const BROWSER = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
const unescaped = (page: string) => page.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
const slugs = Object.keys(PROBLEMS);
const counted = (labels: Record<string, string>) =>
  world.logs.filter((line) => line.includes(`"metric":"answered"`) && line.includes(JSON.stringify(labels)));

test("the index links to what there is", async () => {
  await world.workerAlive();
  const { links } = index.parse((await call(`${world.url}/`)).body);
  for (const [name, href] of Object.entries(links))
    expect((await call(world.url + href)).status, href).toBe(name === "mcp" ? 405 : 200);
  const page = await call(`${world.url}/`, { headers: BROWSER });
  for (const href of Object.values(links)) expect(page.text).toContain(`<code>${href}</code>`);
  const hrefs = [...page.text.matchAll(/href="(\/[^"]*)"/g)].map(([, href]) => href);
  expect(new Set(hrefs).size).toBeGreaterThan(Object.keys(links).length - 1);
  for (const href of hrefs)
    expect([href, (await call(world.url + href, { headers: BROWSER })).status]).toEqual([href, 200]);
});

test("the index says what this is and what it costs, to a person and to a program", async () => {
  const { packs, version } = index.parse((await call(`${world.url}/`)).body);
  expect(packs.map(({ pack_type }) => pack_type)).toEqual([...catalog.keys()]);
  const { text } = await call(`${world.url}/`, { headers: BROWSER });
  for (const { type, prices } of catalog.values()) {
    expect(text).toContain(`<code>${type}</code>`);
    for (const { unit_micros, per } of Object.values(prices))
      expect(text).toContain(`${formatUsd(unit_micros)} per ${per}`);
  }
  const { info } = z
    .object({ info: z.object({ version: z.string() }) })
    .parse((await call(`${world.url}/openapi.json`)).body);
  const health = z.object({ version: z.string() }).parse((await call(`${world.url}/health`)).body);
  const manifest = z.object({ version: z.string() }).parse(JSON.parse(readFileSync("package.json", "utf8")));
  expect([version, info.version, health.version]).toEqual(Array.from({ length: 3 }, () => manifest.version));
});

test.each([...catalog.values()])("the pack $type has a page with its prices and three examples", async (offer) => {
  const { body } = await call(`${world.url}/packs/${offer.type}`);
  const { examples, prices, title } = packPage.parse(body);
  expect(examples.length).toBeGreaterThanOrEqual(offer.type === "ocr" ? 2 : 3);
  const { text } = await call(`${world.url}/packs/${offer.type}`, { headers: BROWSER });
  for (const { unit_price_usd, per } of Object.values(prices)) {
    expect(text).toContain(`<th scope="row">${unit_price_usd}</th>`);
    expect(unescaped(text)).toContain(`per ${per}`);
  }
  expect(text).toContain(`<h1>${title}</h1>`);
  for (const example of examples) expect(text).toContain(`<h3>${example.title}</h3>`);
});

test("a pack that does not exist has no page", async () => {
  problemOf(await call(`${world.url}/packs/teleport`), 404, "not-found");
});

test("an unknown address is a page to a person and a problem to a program", async () => {
  const page = await call(`${world.url}/nowhere`, { headers: BROWSER });
  expect([page.status, page.headers.get("content-type")]).toEqual([404, expect.stringMatching(/^text\/html/)]);
  expect(page.text).toContain("<h1>Not found</h1>");
  expect(page.text).not.toContain("nowhere");
  for (const Accept of ["*/*", "application/json", "application/problem+json", "text/plain"])
    problemOf(await call(`${world.url}/nowhere`, { headers: { Accept } }), 404, "not-found");
});

test("crawlers and browsers find what they ask for by themselves", async () => {
  const robots = await call(`${world.url}/robots.txt`);
  expect([robots.status, robots.text]).toEqual([200, expect.stringContaining("Disallow: /v1/")]);
  const icon = await call(`${world.url}/favicon.ico`);
  expect([icon.status, icon.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
});

test.each(["/problems", "/problems/"])("%s lists every problem", async (path) => {
  const { problems } = problemList.parse((await call(world.url + path)).body);
  expect(problems.map(({ code }) => code)).toEqual(slugs);
  for (const kind of problems) expect((await call(world.url + new URL(kind.type).pathname)).body).toEqual(kind);
  const page = await call(world.url + path, { headers: BROWSER });
  for (const slug of slugs) expect(page.text).toContain(`href="/problems/${slug}"`);
});

test.each(["/", "/problems/"])("%s is a page under the strict policy for browsers", async (path) => {
  const { headers, text } = await call(world.url + path, { headers: BROWSER });
  expect(headers.get("content-type")).toMatch(/^text\/html/);
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*; style-src 'unsafe-inline'$/);
  expect(headers.get("vary")).toBe("Accept");
  expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  for (const landmark of ["<header>", "<nav ", "<main>"]) expect(text).toContain(landmark);
  expect(text).toMatch(/^<!doctype html>[^]*<h1>[^]*<\/html>\s*$/);
});

test.each(["/", "/health", "/readyz", "/openapi.json", "/problems/", "/problems/internal", "/nowhere", "/v1/budget"])(
  "the JSON of %s ends with a newline, which its length counts",
  async (path) => {
    const { headers, text } = await call(world.url + path);
    expect(text).toMatch(/[^\n]\n$/);
    const length = headers.get("content-length");
    if (length !== null) expect(Number(length)).toBe(Buffer.byteLength(text));
  },
);

test("a pack that is not in the plan, or no plan at all, is refused in true words", async () => {
  const { api_key } = await world.account({ plan: null });
  const document = problemOf(await post({ url: world.url, api_key }), 403, "pack-not-in-plan");
  expect(document.detail).toBe(
    'This account\'s plan does not include the pack "decision" (an account without a plan includes none).',
  );
});

test("every problem is counted by its kind alone, and nothing else is", async () => {
  world.logs.length = 0;
  const api_key = newKey();
  await get(`${world.url}/v1/budget`, api_key);
  await call(`${world.url}/no-such-place`, { headers: { "X-Request-ID": "order-77" } });
  await call(`${world.url}/health`, { method: "POST" });
  await call(`${world.url}/health`);
  await eventually(() => expect(counted({ status: "405", slug: "method-not-allowed" })).toHaveLength(1));
  expect(counted({ status: "401", slug: "unauthorized" })).toHaveLength(1);
  expect(counted({ status: "404", slug: "not-found" })).toHaveLength(1);
  expect(world.logs).toHaveLength(3);
  expect(world.logs.join("\n")).not.toMatch(new RegExp(`${api_key}|order-77|no-such-place`));
});
