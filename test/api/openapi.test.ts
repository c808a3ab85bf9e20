import { expect, test } from "vitest";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import { openapiDocument } from "../../edge/openapi/document.ts";
import { Hono } from "hono";
import type { EdgeTypes } from "../../edge/http/context.ts";
import { safeHeaders } from "../../edge/http/safe-headers.ts";
import { work } from "./client.ts";
import { schemaErrors, resolved } from "./document.ts";

interface Described {
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly headers?: Readonly<Record<string, unknown>> }>>;
}
interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties: Readonly<Record<string, Schema>>;
}

const document = openapiDocument("https://api.example") as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  ["get", "post", "put", "patch", "delete"].flatMap((method) =>
    item[method] === undefined ? [] : [{ path, method, operation: item[method] as Described }],
  ),
);
const answers = operations.flatMap(({ path, method, operation }) =>
  Object.entries(operation.responses).map(([status, response]) => ({
    what: `${method} ${path} ${status}`,
    status: Number(status),
    open: operation.security !== undefined,
    headers: Object.keys(resolved(response)["headers"] ?? {}),
  })),
);

test.each(answers)("$what is described with the headers that it bears", ({ what, status, open, headers }) => {
  expect(headers).toEqual(expect.arrayContaining(["X-Request-ID", "traceparent"]));
  const rated = !open && ![401, 405, 500].includes(status);
  expect(headers.includes("RateLimit")).toBe(rated);
  expect(headers.includes("RateLimit-Policy")).toBe(rated);
  const negotiated = [
    "get / 200",
    "get /v1/ledger 200",
    "get /packs/{type} 200",
    "get /problems 200",
    "get /problems/{slug} 200",
    "get /v1/runs/{id} 200",
    "post /v1/runs 200",
    "post /v1/runs 202",
    "get /v1/runs/{id}/receipt 200",
  ].includes(what.replace(/304$/, "200"));
  expect(headers.includes("Vary")).toBe(negotiated);
});

const inputsOf = (name: string) => document.components.schemas[name]?.properties ?? {};
const patternOf = (schema: Schema | undefined) => new RegExp(String(schema?.["pattern"]), "u");

test.each(
  [
    "0|0.0|0.004999|0.00|0.001|0.0050000|00000000000.01|1000000.000001|1000001|1e3||9999999999|0001000000.1|0.|.5|-1",
    "0.0049|00001000000|2000000.5|0000000000|0.000000",
    "0.005|0.0050|0.01|0.1|1|000.01|1.000000|999999.999999|1000000|0001000000.000000|5.0000|0000000001|0000999999.9",
    "0000000000.005|100|10.5|000001|0.005001|0.999999",
  ]
    .join("|")
    .split("|"),
)("the schema of a cost says of %j what the edge says", (max_cost_usd) => {
  const taken = "request" in parseRunRequest(work({ max_cost_usd }));
  const cost = document.components.schemas["CreateDecisionRun"]?.properties["max_cost_usd"];
  expect(patternOf(cost).test(max_cost_usd)).toBe(taken);
});

test.each([
  "https://example.com/",
  "HTTP://EXAMPLE.com",
  "http://bücher.example/ä?ö=ü",
  " https://example.com/a b ",
  "ftp://example.com/",
  "javascript:alert(1)",
  "example.com",
  "//example.com/",
  "http:example.com",
  "https://",
  "",
])("the schema of an address takes %j if the edge does", (url) => {
  const { url: schema = {} } = inputsOf("UrlInputs");
  const taken = "request" in parseRunRequest(work({ pack_type: "url", inputs: { url } }));
  expect(Object.hasOwn(schema, "format")).toBe(false);
  expect(!taken || schemaErrors(schema, url).length === 0).toBe(true);
});

test("a run says what the minimum fee is and how it is made", () => {
  const fee = document.components.schemas["Run"]?.properties["cost"]?.properties["minimum_fee_usd"];
  expect(fee?.["description"]).toMatch(
    /if it fails or is canceled after work began.*never part of what a success costs, and never more/,
  );
  expect(fee?.["description"]).toContain(
    "min(max(0.0050, 2% of the reservation), 0.1000, the least that a success costs, a model's tokens aside)",
  );
});

test.each([...catalog.values()])("the request of the pack $type says every price", ({ type, prices }) => {
  const name = `Create${type.charAt(0).toUpperCase()}${type.slice(1)}Run`;
  const description = document.components.schemas[name]?.["description"];
  for (const [unit, { unit_micros, per }] of Object.entries(prices)) {
    expect(description).toContain(`\`${unit}\` ${formatUsd(unit_micros)} per ${per}`);
  }
});

test("the schema says that options and criteria are named once", () => {
  const { options, criteria } = inputsOf("DecisionInputs");
  expect([options?.["uniqueItems"], criteria?.["uniqueItems"]]).toEqual([true, true]);
});

test("answers over https, and no others, forbid plain http", async () => {
  const app = new Hono<EdgeTypes>().use(safeHeaders).get("/", (c) => c.text("here"));
  const secured = await app.request("https://api.example/");
  expect(secured.headers.get("strict-transport-security")).toBe("max-age=31536000");
  expect((await app.request("http://api.example/")).headers.has("strict-transport-security")).toBe(false);
});
