import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { formatUsd, micros, parseUsd } from "#core/domain/money.ts";
import { chargeFor, type PackOffer, priceOf, priceRange } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { packView } from "../../edge/packs/schemas.ts";
import { runView } from "#core/domain/run-view.ts";
import { resultView } from "../../edge/runs/schemas.ts";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import { type LocalServer, serve } from "../contract/support/local-server.ts";
import { NEWS_PAGE } from "../unit/packs/page-fixture.ts";
import { dataSchema } from "../../edge/runs/request-schemas.ts";
import { startModelStandIn } from "../support/model-stand-in.ts";
import { acceptedRun, call, get, post } from "./client.ts";
import { schemaErrors } from "./document.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { found, LEGACY, order, resultOf, send, tool } from "./mcp-client.ts";
import { judgeOf } from "./schema-judge.ts";
import { workerOf } from "./worker.ts";

interface Described {
  readonly name: string;
  readonly outputSchema: object;
}

const result = z.object({
  status: z.literal("COMPLETED"),
  cost: z.object({ reserved_usd: z.string(), actual_usd: z.string() }),
  units: z.record(z.string(), z.int()),
  data: z.record(z.string(), z.unknown()),
  artifacts: z.array(z.object({ name: z.string(), content_type: z.string() })),
});

const world = await sharedWorld();
let account: Account;
let page: LocalServer;
let model: Awaited<ReturnType<typeof startModelStandIn>>;
let worker: ReturnType<typeof workerOf>;
beforeAll(async () => {
  account = await world.account({ plan: { pack_types: [...catalog.keys()] } });
  page = await serve((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(NEWS_PAGE));
  const guarded = createGuardedFetch({ allowHosts: [`127.0.0.1:${page.port}`] });
  // There is no network here: whatever public page an example names is the one that this machine serves.
  const isPublic = (url: string) => new URL(url).hostname === "example.com" && new URL(url).port === "";
  model = await startModelStandIn();
  const fetch: typeof guarded = (url, options) => guarded(isPublic(url) ? page.origin : url, options);
  worker = workerOf(world, fetch, { model: model.settings });
});
afterAll(async () => {
  worker.close();
  await Promise.all([page[Symbol.asyncDispose](), model.close()]);
});

/** Submits inputs, lets the worker take the run, and looks at it as its caller and in the ledger. */
async function worked(pack_type: string, inputs: unknown, max_cost_usd = "1.0000") {
  const body = { pack_type, inputs, max_cost_usd };
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: account.api_key, body }));
  await worker.run(run_id);
  const answer = await get(`${world.url}/v1/runs/${run_id}`, account.api_key);
  const sql = "SELECT kind, amount_micros FROM ledger_transfers WHERE run_id = $1";
  const rows = await world.owner.query(sql, [run_id]);
  const transfers = Object.fromEntries(rows.map((row) => [String(row["kind"]), Number(row["amount_micros"])]));
  return { run_id, view: runView.parse(answer.body), shown: answer.headers.get("x-dpp-cost-actual"), transfers };
}

/** The result object as its caller downloads it, and the cost on its receipt. */
async function download(run_id: string) {
  const { url, sha256 } = resultView.parse((await get(`${world.url}/v1/runs/${run_id}/result`, account.api_key)).body);
  const { text } = await call(url);
  expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
  return result.parse(JSON.parse(text));
}

const offers = [...catalog.values()].map((offer): [string, PackOffer] => [offer.type, offer]);

describe.each(offers)("the example of %s", (type, offer) => {
  /** One run of it, and what it delivered. */
  let first: Awaited<ReturnType<typeof worked>>;
  let delivered: z.output<typeof result>;
  beforeAll(async () => {
    first = await worked(type, offer.examples[0].inputs);
    expect(worker.errors).toEqual([]);
    expect(first.view, JSON.stringify(first.view.error)).toMatchObject({ status: "COMPLETED", money_state: "SETTLED" });
    delivered = await download(first.run_id);
  });

  test("is charged price list x units in every place that tells it", () => {
    const { view, shown, transfers } = first;
    const { units, cost } = delivered;
    const charge = priceOf(offer.prices, units);
    expect(chargeFor(offer.prices, units, micros(1_000_000))).toBe(charge);
    expect([view.cost.actual_usd, shown, cost.actual_usd]).toEqual(Array.from({ length: 3 }, () => formatUsd(charge)));
    expect(transfers).toEqual({ RESERVE: 1_000_000, CHARGE: charge, REFUND: 1_000_000 - charge });
  });

  test("was estimated: to the micro where units are known beforehand, else from below", () => {
    const { units } = delivered;
    const estimate = offer.estimate(offer.inputs.parse(offer.examples[0].inputs));
    if (estimate.exact) expect(units).toEqual(estimate.units);
    expect(priceOf(offer.prices, units)).toBeGreaterThanOrEqual(priceOf(offer.prices, estimate.units));
  });

  test("is handed over by get_result and submit_run as their output schemas and the pack's own say", async () => {
    const given = order({ pack_type: type, inputs: offer.examples[0].inputs });
    const connection = { url: world.url, api_key: account.api_key, revision: LEGACY } as const;
    const { run_id } = found(await tool(connection, "submit_run", given));
    await worker.run(String(run_id));
    const listed = resultOf(await send(world.url, account.api_key, { method: "tools/list", revision: LEGACY }));
    const schemas = new Map((listed["tools"] as Described[]).map(({ name, outputSchema }) => [name, outputSchema]));
    for (const [name, args] of [
      ["get_result", { run_id }],
      ["submit_run", { ...given, wait_seconds: 1 }],
    ] as const) {
      const answer = found(await tool(connection, name, args));
      const fits = judgeOf(schemas.get(name) ?? false);
      expect([fits(answer), fits.errors]).toEqual([true, null]);
      const { data } = answer["output"] as { readonly data: unknown };
      expect(schemaErrors(dataSchema(type), data)).toEqual([]);
    }
  });

  test("gives the same data, units and artifacts again", async () => {
    expect(Object.keys(delivered.data).length).toBeGreaterThan(0);
    expect(await download((await worked(type, offer.examples[0].inputs)).run_id)).toEqual(delivered);
  });

  test("stands in the catalogue under a cap that covers its price in any case, and so do others", async () => {
    const { examples } = packView.parse((await get(`${world.url}/v1/packs/${type}`, account.api_key)).body);
    for (const [index, { title, run }] of examples.entries()) {
      const { inputs, max_cost_usd } = run;
      const estimate = offer.estimate(offer.inputs.parse(inputs));
      const { most } = priceRange(offer.prices, estimate);
      expect([title, parseUsd(max_cost_usd)]).toEqual([title, Math.max(most, 5_000)]);
      // No picture is served here, and what stands in for a model knows only the first ones.
      if (index > 0 && ("image_url" in inputs || estimate.needs_model || estimate.needs_input)) continue;
      const { run_id, view, transfers } = await worked(type, inputs, max_cost_usd);
      expect(view, title).toMatchObject({ status: "COMPLETED", cost: { reserved_usd: max_cost_usd } });
      const { units } = await download(run_id);
      expect(transfers["CHARGE"]).toBe(priceOf(offer.prices, units));
    }
  });
});

describe("inputs that only the work can refuse", () => {
  const item = { id: "a", output: "1", expected: "1" };
  /** Each reference is two of the next. */
  const $defs = Object.fromEntries(
    Array.from({ length: 21 }, (_, level) => {
      const next = { $ref: `#/$defs/level${level + 1}` };
      return [`level${level}`, level === 20 ? { type: "number" } : { allOf: [next, next] }];
    }),
  );
  const unfolding = { $defs, $ref: "#/$defs/level0" };
  const scored = (metric: object, expected: unknown = "1") => ({ cases: [{ ...item, expected }], metrics: [metric] });

  test.each<[string, object, string]>([
    ["url", { url: "http://127.0.0.1/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://2130706433/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://169.254.169.254/latest/meta-data/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://[::ffff:10.0.0.1]/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://localhost/", format: "links" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://metadata.google.internal/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://example.com:22/" }, "ADDRESS_NOT_ALLOWED"],
    ["url", { url: "http://example.com.:80/" }, "BAD_URL"],
    ["eval", scored({ metric: "regex" }, "("), "PATTERN_INVALID"],
    ["eval", scored({ metric: "regex", pattern: "(?=a)" }), "PATTERN_INVALID"],
    ["eval", scored({ metric: "json_schema" }, { type: "colour" }), "SCHEMA_INVALID"],
    ["eval", scored({ metric: "json_schema", schema: { $ref: "https://example.com/" } }), "SCHEMA_INVALID"],
    ["extract", { text: "a", schema: { type: "colour" } }, "SCHEMA_INVALID"],
    ["extract", { url: "http://127.0.0.1/", schema: { type: "object" } }, "ADDRESS_NOT_ALLOWED"],
  ])("of %s, as %j, end the run and cost nothing", async (type, inputs, reason_code) => {
    const { run_id, view, transfers } = await worked(type, inputs);
    expect(view).toMatchObject({
      status: "FAILED",
      money_state: "REFUNDED",
      cost: { reserved_usd: "1.0000", actual_usd: "0.0000" },
      error: { reason_code },
      result: null,
    });
    expect(transfers).toEqual({ RESERVE: 1_000_000, REFUND: 1_000_000 });
    expect((await get(`${world.url}/v1/runs/${run_id}/result`, account.api_key)).status).toBe(409);
  });

  test("cost the minimum fee where outputs were read before it was found", async () => {
    const { view, transfers } = await worked("eval", scored({ metric: "json_schema" }, unfolding));
    expect(view).toMatchObject({ status: "FAILED", error: { reason_code: "SCHEMA_TOO_COSTLY" } });
    expect(transfers).toMatchObject({ CHARGE: 2_100 });
  });
});
