import { describe, expect, test } from "vitest";
import { z } from "zod";
import { payloadHash } from "#core/domain/run-request.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { estimateView } from "../../edge/runs/estimate-schema.ts";
import { acceptedRun, bearer, call, cancelRun, get, newIdempotencyKey, post, problemOf } from "./client.ts";
import { start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { refused, tool } from "./mcp-client.ts";

const world = await sharedWorld();

const rich = { plan: { pack_types: [...catalog.keys()] } };
const order = (pack_type: string, inputs: object, max_cost_usd: string) => ({ pack_type, inputs, max_cost_usd });
const submit = ({ api_key }: Account, body: unknown, idempotency_key = newIdempotencyKey()) =>
  post({ url: world.url, api_key, body, idempotency_key });

async function estimated({ api_key }: Account, body: unknown) {
  const init = { method: "POST", headers: { ...bearer(api_key), "Content-Type": "application/json" } };
  return estimateView.parse(
    (await call(`${world.url}/v1/runs/estimate`, { ...init, body: JSON.stringify(body) })).body,
  );
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
/** 1.2600 USD: the largest table. */
const table = {
  question: "Which one?",
  options: names(50),
  criteria: names(50).map((name) => ({ name, weight: 1, direction: "max" })),
  scores: Object.fromEntries(names(50).map((option) => [option, Object.fromEntries(names(50).map((n) => [n, 1]))])),
};
/** 0.2020 USD. */
const scored = {
  cases: names(200).map((id) => ({ id, output: "a", expected: "a" })),
  metrics: names(10).map((label) => ({ metric: "exact", label })),
};

describe("a submit whose price is above its max_cost_usd", () => {
  test.each<[string, object, string, string, RegExp]>([
    ["decision", table, "0.0050", "1.2600", /costs 1\.2600 USD/],
    ["decision", table, "1.2599", "1.2600", /costs 1\.2600 USD/],
    ["decision", { question: "Which one?" }, "0.0129", "0.0130", /costs at least 0\.0130 USD/],
    ["eval", scored, "0.0050", "0.2020", /costs 0\.2020 USD/],
    ["ocr", { image_url: "https://example.com/a.png" }, "0.0100", "0.0110", /costs at least 0\.0110 USD/],
    ["compliance", { text: "a".repeat(50_000) }, "0.0050", "0.0060", /costs 0\.0060 USD/],
  ])("is refused for %s, and nothing is kept of it", async (pack_type, inputs, max_cost_usd, price_usd, words) => {
    const account = await world.account(rich);
    const body = order(pack_type, inputs, max_cost_usd);
    const key = newIdempotencyKey();
    const document = problemOf(await submit(account, body, key), 422, "max-cost-below-price");
    expect(document).toMatchObject({ price_usd, max_cost_usd, detail: expect.stringMatching(words) });
    const { admitted, refusal, least_price_usd } = await estimated(account, body);
    expect({ admitted, least_price_usd }).toEqual({ admitted: false, least_price_usd: price_usd });
    expect(refusal).toMatchObject({ code: "max-cost-below-price", status: 422, price_usd, max_cost_usd });
    expect(await world.owner.query("SELECT FROM runs WHERE tenant_id = $1", [account.tenant_id])).toEqual([]);
    expect([await world.mirror.openRuns(account), await world.mirror.hints(account)]).toEqual([[], []]);
    // The key is free, and a cap of the price itself is enough.
    acceptedRun(await submit(account, { ...body, max_cost_usd: price_usd }, key));
  });

  test("is a 422 in MCP too", async () => {
    const account = await world.account(rich);
    const given = { ...order("decision", table, "0.0050"), idempotency_key: newIdempotencyKey() };
    const problem = refused(await tool({ url: world.url, api_key: account.api_key }, "submit_run", given));
    expect(problem).toMatchObject({ status: 422, price_usd: "1.2600", max_cost_usd: "0.0050" });
    expect(problem["type"]).toMatch(/max-cost-below-price$/);
  });

  test("is known to Postgres first: another refusal comes before it", async () => {
    const poor = await world.account({ ...rich, funds: 4_999 });
    problemOf(await submit(poor, order("decision", table, "0.0050")), 422, "budget-exceeded");
    const narrow = await world.account({ plan: { pack_types: ["url"] } });
    problemOf(await submit(narrow, order("decision", table, "0.0050")), 403, "pack-not-in-plan");
  });

  test("counts against the rate of submits", async () => {
    const account = await world.account({ plan: { ...rich.plan, submit_per_minute: 1, submit_burst: 1 } });
    problemOf(await submit(account, order("decision", table, "0.0050")), 422, "max-cost-below-price");
    problemOf(await submit(account, order("decision", table, "0.0050")), 429, "rate-limited");
  });
});

describe("a run that was accepted before its price rose", () => {
  /** As if the same body had been accepted under an older price list. */
  const acceptedBefore = async (account: Account, key: string) => {
    const body = order("decision", table, "0.0050");
    const cheap = { ...body, inputs: { question: "Which one?", options: ["only"] } };
    const run = acceptedRun(await submit(account, cheap, key));
    const sql = "UPDATE runs SET payload_sha256 = decode($2, 'hex') WHERE run_id = $1";
    await world.owner.query(sql, [run.run_id, payloadHash(body) ?? null]);
    return { body, cheap, run };
  };
  test.each(["with its hint", "without its hint"])("is found by a replay %s, and never denied", async (hint) => {
    const account = await world.account(rich);
    const key = newIdempotencyKey();
    const { body, cheap, run } = await acceptedBefore(account, key);
    if (hint === "without its hint") await world.mirror.forget(account);
    const again = await submit(account, body, key);
    expect(acceptedRun(again).run_id).toBe(run.run_id);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    problemOf(await submit(account, cheap, key), 409, "idempotency-conflict");
  });
});

test("a run that is canceled at work costs no more than it would have cost", async () => {
  const account = await world.account(rich);
  const page = order("url", { url: "https://example.com/" }, "5.0000");
  const run = acceptedRun(await submit(account, page));
  expect(run.cost.minimum_fee_usd).toBe("0.0030");
  await start(world.backend, run.run_id);
  const canceled = await cancelRun(`${world.url}/v1/runs/${run.run_id}`, account.api_key);
  expect(canceled.body).toMatchObject({ status: "CANCELED", cost: { actual_usd: "0.0030" } });
});

test("every example of the catalogue is taken as it stands", async () => {
  const account = await world.account(rich);
  const { packs } = z
    .object({ packs: z.array(z.object({ examples: z.array(z.object({ run: z.looseObject({}) })) })) })
    .parse((await get(`${world.url}/v1/packs`, account.api_key)).body);
  expect(packs).toHaveLength(catalog.size);
  for (const { run } of packs.flatMap(({ examples }) => examples)) acceptedRun(await submit(account, run));
});
