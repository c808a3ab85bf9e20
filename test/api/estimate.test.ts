import { expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { priceOf } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { createPacks } from "../../backend/worker/packs/registry.ts";
import { estimateView } from "../../edge/runs/estimate-schema.ts";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { runView } from "#core/domain/run-view.ts";
import { opened, turn } from "../unit/packs/decision-fixture.ts";
import { acceptedRun, bearer, call, get, pointers, post, problemOf, work } from "./client.ts";
import { complete } from "./finish.ts";
import type { Account, AccountOptions } from "../dev/add-tenant.ts";
import { lentWorld, sharedWorld } from "./harness.ts";

const world = await sharedWorld();

const ask = ({ api_key }: Account, body: unknown = work(), query = "", url = world.url) =>
  call(`${url}/v1/runs/estimate${query}`, {
    method: "POST",
    headers: { ...bearer(api_key), "Content-Type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function estimated(account: Account, body?: unknown) {
  const answer = await ask(account, body);
  expect(answer.status, answer.text).toBe(200);
  return estimateView.parse(answer.body);
}

const everyPack = ({ tenant_id }: Account) =>
  world.owner.query("UPDATE plans SET pack_types = $2 WHERE plan_id = $1", [`plan-${tenant_id}`, [...catalog.keys()]]);

const runsOf = ({ tenant_id }: Account) => world.owner.query("SELECT FROM runs WHERE tenant_id = $1", [tenant_id]);

test("an estimate says what a submit would hold and what the work costs", async () => {
  const account = await world.account();
  const inputs = catalog.get("decision")?.examples[0].inputs;
  const answer = await ask(account, work({ inputs }));
  expect(estimateView.parse(answer.body)).toEqual({
    pack_type: "decision",
    pack_version: decisionOffer.version,
    reserved_usd: "1.0000",
    price_usd: "0.0120",
    least_price_usd: "0.0120",
    most_price_usd: "0.0120",
    minimum_fee_usd: "0.0120",
    estimated_cost_usd: "0.0120",
    estimate_is_exact: true,
    units: { base: 1, cell: 4 },
    needs_input: null,
    prices: {
      base: { unit_price_usd: "0.0100", per: "run" },
      cell: { unit_price_usd: "0.0005", per: expect.any(String) },
      model_kilotoken: { unit_price_usd: "0.0020", per: expect.any(String) },
    },
    admitted: true,
    refusal: null,
  });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "x-dpp-cost-reserved": "1.0000",
    "x-dpp-cost-minimum-fee": "0.0120",
    ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
  });
});

test("an estimate says from where to where a price may go that only the work can tell", async () => {
  const account = await world.account();
  const page = work({ pack_type: "url", inputs: { url: "https://example.com/" } });
  expect(await estimated(account, page)).toMatchObject({
    price_usd: null,
    least_price_usd: "0.0030",
    most_price_usd: "0.1020",
    minimum_fee_usd: "0.0030",
    estimated_cost_usd: "0.0030",
    estimate_is_exact: false,
    needs_input: null,
  });
});

test("an estimate says what is missing, and that nothing is charged where nobody can fill it in", async () => {
  const account = await world.account();
  expect(await estimated(account)).toMatchObject({
    price_usd: null,
    least_price_usd: "0.0130",
    minimum_fee_usd: "0.0110",
    needs_input: ["/options", "/criteria", "/scores"],
  });
  const half = work({ inputs: { question: "Which one?", options: ["only"] }, max_cost_usd: "0.0050" });
  expect(await estimated(account, half)).toMatchObject({
    price_usd: "0.0000",
    minimum_fee_usd: "0.0000",
    needs_input: ["/options", "/criteria", "/scores"],
    admitted: true,
  });
});

test("an estimate reserves nothing and leaves nothing behind, whatever it says", async () => {
  const account = await world.account({ funds: 2_000_000 });
  await estimated(account);
  await estimated(account, work({ max_cost_usd: "3.0000" }));
  expect(await runsOf(account)).toEqual([]);
  expect(await world.mirror.available(account)).toBe("2000000");
  expect(await world.mirror.openRuns(account)).toEqual([]);
  expect(await world.mirror.hints(account)).toEqual([]);
});

test.each([...catalog.values()])(
  "the estimate of the pack $type is what a submit reserves and, if exact, what its work costs",
  async ({ type, examples: [{ inputs }], prices }) => {
    const account = await world.account();
    await everyPack(account);
    const body = { pack_type: type, inputs, max_cost_usd: "0.5000" };
    const estimate = await estimated(account, body);
    expect(estimate.admitted).toBe(true);
    const run = acceptedRun(await post({ url: world.url, api_key: account.api_key, body }));
    expect(run.cost.reserved_usd).toBe(estimate.reserved_usd);
    expect(run.cost.minimum_fee_usd).toBe(estimate.minimum_fee_usd);
    expect(estimate.estimate_is_exact).toBe(!["url", "extract"].includes(type));
    if (!estimate.estimate_is_exact) return;

    const parsed = parseRunRequest(body);
    if ("error" in parsed) throw parsed.error;
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };
    const outcome = await createPacks({})
      .get(type)
      ?.run(parsed.request.inputs, {
        signal: new AbortController().signal,
        cap: parsed.request.max_cost_usd,
        is_free: false,
        owe: () => undefined,
        turn,
        fetch: () => Promise.reject(new Error("no network in this test")),
        log,
      });
    if (outcome?.kind !== "done") throw new Error(`the example of ${type} is not done`);
    await complete(world.backend, run.run_id, { data: opened(outcome.data) }, priceOf(prices, outcome.units));
    const closed = runView.parse((await get(`${world.url}/v1/runs/${run.run_id}`, account.api_key)).body);
    expect(closed.cost.actual_usd).toBe(estimate.price_usd);
    expect(outcome.units).toEqual(estimate.units);
  },
);

test.each<[string, AccountOptions, Record<string, unknown>, number]>([
  ["a pack outside the plan", {}, { pack_type: "char", inputs: { name: "Ada" } }, 0],
  ["no plan at all", { plan: null }, {}, 0],
  ["a cost over the plan's limit", { plan: { max_cost_micros: micros(999_999) } }, {}, 0],
  ["an account's empty budget", { funds: 999_999 }, {}, 0],
  ["an account without funds", { funds: 0 }, {}, 0],
  ["a key's empty budget", { key: { spending_cap: micros(1_500_000) } }, {}, 1],
  ["too many open runs", { plan: { max_open_runs: 1 } }, {}, 1],
])("for %s it says what a submit would be refused with", async (_what, options, change, open_runs) => {
  const account = await world.account(options);
  const body = work(change);
  for (let count = 0; count < open_runs; count++) {
    acceptedRun(await post({ url: world.url, api_key: account.api_key, body }));
  }
  const { admitted, refusal } = await estimated(account, body);
  expect(admitted).toBe(false);
  const refused = await post({ url: world.url, api_key: account.api_key, body });
  const document = refused.body as Record<string, unknown>;
  const { code: slug, detail, ...common } = refusal ?? { code: "", detail: "" };
  expect(refused.status).toBe(refusal?.status);
  expect([document["type"], document["code"]]).toEqual([refusal?.type, slug]);
  // The shield knows the plan's limit on a cost, which Postgres's refusal does not bear.
  if (slug === "cost-over-plan-limit") expect(document).toMatchObject(common);
  else expect(document).toMatchObject({ ...common, detail });
  expect(await runsOf(account)).toHaveLength(open_runs);
});

test.each(["read-only", "halt"] as const)("with the operator's switch at %s no run would be taken", async (mode) => {
  await using other = await lentWorld();
  const account = await other.account();
  await setSwitch(other.owner, mode);
  const answer = await ask(account, work(), "", other.url);
  expect(estimateView.parse(answer.body)).toMatchObject({
    admitted: false,
    refusal: { code: "read-only", status: 503 },
  });
  problemOf(await post({ url: other.url, api_key: account.api_key }), 503, "read-only");
});

test("estimates count against the rate of reads, not of submits", async () => {
  const plan = { submit_per_minute: 1, submit_burst: 1, read_per_minute: 1, read_burst: 2 };
  const account = await world.account({ plan });
  await estimated(account);
  await estimated(account);
  problemOf(await ask(account), 429, "rate-limited");
  acceptedRun(await post({ url: world.url, api_key: account.api_key }));
});

test("an estimate is made of the caller's own account, and another's funds change nothing", async () => {
  const [rich, poor] = [await world.account(), await world.account({ funds: 0 })];
  expect((await estimated(rich)).admitted).toBe(true);
  expect((await estimated(poor)).refusal).toMatchObject({ code: "budget-exceeded", available_usd: "0.0000" });
});

test.each<[string, unknown, string]>([
  ["an unknown field", work({ surprise: 1 }), "/surprise"],
  ["an unknown pack", work({ pack_type: "alchemy" }), "/pack_type"],
  ["a wrong input", work({ inputs: { question: 5 } }), "/inputs/question"],
  ["no cost", work({ max_cost_usd: undefined }), "/max_cost_usd"],
  ["a cost under the least", work({ max_cost_usd: "0.0001" }), "/max_cost_usd"],
  ["a timebox too long", work({ timebox_sec: 901 }), "/timebox_sec"],
  ["half a body", '{"pack_type":', ""],
])("%s is a 400 that says where, as for a submit", async (_what, body, pointer) => {
  const account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
  const before = world.roundTrips();
  const document = problemOf(await ask(account, body), 400, "invalid-request");
  expect(pointers(document)).toContain(pointer);
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
  const submitted = await post({ url: world.url, api_key: account.api_key, body });
  expect(pointers(problemOf(submitted, 400, "invalid-request"))).toEqual(pointers(document));
});

test("a query, another type and too large a body are refused", async () => {
  const account = await world.account();
  expect(pointers(problemOf(await ask(account, work(), "?dry=1"), 400, "invalid-request"))).toEqual(["dry"]);
  const plain = { method: "POST", headers: { ...bearer(account.api_key), "Content-Type": "text/plain" }, body: "{}" };
  problemOf(await call(`${world.url}/v1/runs/estimate`, plain), 415, "unsupported-media-type");
  problemOf(await ask(account, " ".repeat(256 * 1024 + 1)), 413, "payload-too-large");
});
