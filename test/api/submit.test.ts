import { eventually } from "../support/eventually.ts";
import { expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { runRequests } from "#core/domain/run-request.ts";
import { decisionOffer } from "#core/domain/packs/decision.ts";
import { runView } from "#core/domain/run-view.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import audit from "../contract/support/ledger-audit.sql";
import { acceptedRun, get, newIdempotencyKey, pointers, post, problemOf, work } from "./client.ts";
import { type Account, grant } from "../dev/add-tenant.ts";
import { worldLentToFile } from "./harness.ts";

const world = await worldLentToFile();

const submit = (account: Account, change: Record<string, unknown> = {}, idempotency_key = newIdempotencyKey()) =>
  post({ url: world.url, api_key: account.api_key, body: work(change), idempotency_key });

const balance = async ({ tenant_id }: Account) => {
  const sql = "SELECT available, reserved, open_runs FROM balances WHERE tenant_id = $1";
  return (await world.owner.query(sql, [tenant_id]))[0];
};

test("a submit reserves its cost and answers with the run, its amounts and where to ask for it", async () => {
  const account = await world.account();
  const answer = await submit(account, { metadata: { order: "A-1" } });
  const run = acceptedRun(answer);
  expect(run).toMatchObject({
    status: "QUEUED",
    cost: { max_usd: "1.0000", reserved_usd: "1.0000", actual_usd: null, minimum_fee_usd: "0.0110" },
    links: { self: `/v1/runs/${run.run_id}` },
  });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    location: `/v1/runs/${run.run_id}`,
    "x-dpp-cost-reserved": "1.0000",
    "x-dpp-cost-minimum-fee": "0.0110",
    "retry-after": "1",
    "cache-control": "no-store",
    ratelimit: expect.stringMatching(/^"submit";r=\d+;t=\d+$/),
    "ratelimit-policy": expect.stringMatching(/^"submit";q=10000;w=\d+$/),
  });
  expect(answer.headers.has("idempotency-replayed")).toBe(false);
  expect(await balance(account)).toEqual({ available: "99000000", reserved: "1000000", open_runs: 1 });
  expect(await world.mirror.available(account)).toBe("99000000");
  expect(await world.mirror.openRuns(account)).toEqual([run.run_id]);
});

test("the same key and body is the same run, and the same key with another body is a conflict", async () => {
  const account = await world.account();
  const key = newIdempotencyKey();
  const first = acceptedRun(await submit(account, {}, key));
  const again = await submit(account, {}, key);
  expect(acceptedRun(again)).toEqual(first);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  problemOf(await submit(account, { timebox_sec: 5 }, key), 409, "idempotency-conflict");
  expect(await balance(account)).toMatchObject({ reserved: "1000000", open_runs: 1 });
});

test("members in another order and other white space are the same body", async () => {
  const account = await world.account();
  const key = newIdempotencyKey();
  const first = acceptedRun(await submit(account, {}, key));
  const { max_cost_usd, inputs, pack_type } = work();
  const reordered = JSON.stringify({ max_cost_usd, inputs, pack_type }, null, 3);
  const again = await post({ url: world.url, api_key: account.api_key, body: reordered, idempotency_key: key });
  expect(acceptedRun(again).run_id).toBe(first.run_id);
});

test("a body that says the same in other words is a replay", async () => {
  const account = await world.account();
  const key = newIdempotencyKey();
  const { run_id } = acceptedRun(await submit(account, {}, key));
  for (const change of [
    { max_cost_usd: "1" },
    { max_cost_usd: "01.000000", timebox_sec: 90, metadata: {} },
    { inputs: { mode: "brief", question: "Which one?", method: "weighted_sum" } },
  ]) {
    const again = await submit(account, change, key);
    expect([acceptedRun(again).run_id, again.headers.get("idempotency-replayed")]).toEqual([run_id, "true"]);
  }
  for (const change of [{ max_cost_usd: "1.000001" }, { inputs: { question: "Which one? " } }]) {
    const refused = await submit(account, change, key);
    problemOf(refused, 409, "idempotency-conflict");
    expect(refused.headers.get("x-should-retry")).toBe("false");
  }
});

test("32 clients with the same key and body at once get one run", async () => {
  const account = await world.account();
  const key = newIdempotencyKey();
  const answers = await Promise.all(Array.from({ length: 32 }, () => submit(account, {}, key)));
  const runs = new Set(answers.map((answer) => acceptedRun(answer).run_id));
  expect(runs.size).toBe(1);
  expect(answers.filter((answer) => !answer.headers.has("idempotency-replayed"))).toHaveLength(1);
  expect(await balance(account)).toMatchObject({ reserved: "1000000", open_runs: 1 });
  expect(await world.mirror.available(account)).toBe("99000000");
});

test("with money for exactly one run, of 20 different submits at once one is taken", async () => {
  const account = await world.account({ funds: 1_000_000 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => submit(account)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 202)) problemOf(answer, 422, "budget-exceeded");
  expect(await balance(account)).toEqual({ available: "0", reserved: "1000000", open_runs: 1 });
  expect(await world.owner.query(audit, [])).toEqual([]);
});

test("a submit over the budget says both amounts, and leaves nothing behind", async () => {
  const account = await world.account({ funds: 400_000 });
  const refused = problemOf(await submit(account), 422, "budget-exceeded");
  expect(refused).toMatchObject({ requested_usd: "1.0000", available_usd: "0.4000" });
  await eventually(async () => {
    expect(await world.mirror.hints(account)).toEqual([]);
    expect(await world.mirror.openRuns(account)).toEqual([]);
    expect(await world.mirror.available(account)).toBe("400000");
  });
});

test("a refused key works after a top-up", async () => {
  const account = await world.account({ funds: 400_000 });
  const key = newIdempotencyKey();
  problemOf(await submit(account, {}, key), 422, "budget-exceeded");
  await grant(world.owner, account.tenant_id, 1_000_000);
  await syncTenant({ db: world.owner, redis: world.redis }, { key_sha256: account.key_sha256 }, 90);
  const run = acceptedRun(await submit(account, {}, key));
  expect(acceptedRun(await submit(account, {}, key)).run_id).toBe(run.run_id);
});

test("a replay of a run that exists is answered even when nothing is left for a new one", async () => {
  const account = await world.account({ funds: 1_000_000 });
  const key = newIdempotencyKey();
  const run = acceptedRun(await submit(account, {}, key));
  await world.mirror.forget(account);
  expect(acceptedRun(await submit(account, {}, key)).run_id).toBe(run.run_id);
  await world.mirror.forget(account);
  problemOf(await submit(account, { timebox_sec: 1 }, key), 409, "idempotency-conflict");
});

test("Postgres refuses what a wrong mirror allowed, and the mirror is mended", async () => {
  const account = await world.account({ funds: 400_000 });
  await get(`${world.url}/v1/budget`, account.api_key);
  await world.mirror.set(account, "900000000");
  problemOf(await submit(account), 422, "budget-exceeded");
  await eventually(async () => {
    expect(await world.mirror.available(account)).toBe("400000");
    expect(await world.mirror.hints(account)).toEqual([]);
  });
});

test("as many runs as the plan allows may be open", async () => {
  const account = await world.account({ plan: { max_open_runs: 2 } });
  acceptedRun(await submit(account));
  acceptedRun(await submit(account));
  const refused = await submit(account);
  problemOf(refused, 429, "too-many-open-runs");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a key's own cap refuses what the tenant could pay, and releases it", async () => {
  const account = await world.account({ key: { spending_cap: micros(1_500_000) } });
  acceptedRun(await submit(account));
  const refused = problemOf(await submit(account), 422, "budget-exceeded");
  expect(refused).toMatchObject({ requested_usd: "1.0000", available_usd: "0.5000" });
  await eventually(async () => expect(await world.mirror.openRuns(account)).toHaveLength(1));
  expect(await world.mirror.available(account)).toBe("99000000");
});

test("the plan decides which packs may run and what one run may cost", async () => {
  const account = await world.account({ plan: { pack_types: ["url"], max_cost_micros: micros(2_000_000) } });
  problemOf(await submit(account), 403, "pack-not-in-plan");
  const url = { pack_type: "url", inputs: { url: "https://example.com/" } };
  acceptedRun(await submit(account, { ...url, max_cost_usd: "2" }));
  const refused = problemOf(await submit(account, { ...url, max_cost_usd: "2.000001" }), 403, "cost-over-plan-limit");
  expect(refused["limit_usd"]).toBe("2.0000");
});

test("a tenant without a plan may submit nothing", async () => {
  problemOf(await submit(await world.account({ plan: null })), 403, "pack-not-in-plan");
});

test("beyond its rate a caller is told to wait, and may read its other rate untouched", async () => {
  const account = await world.account({ plan: { submit_per_minute: 1, submit_burst: 2 } });
  expect((await submit(account)).headers.get("ratelimit")).toMatch(/^"submit";r=1;/);
  acceptedRun(await submit(account));
  const refused = await submit(account);
  problemOf(refused, 429, "rate-limited");
  expect(refused.headers.get("ratelimit")).toMatch(/^"submit";r=0;t=\d+$/);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(30);
  expect((await get(`${world.url}/v1/budget`, account.api_key)).status).toBe(200);
});

test("the operator's switch stops new runs and still finds those that exist", async () => {
  const account = await world.account();
  const key = newIdempotencyKey();
  const run = acceptedRun(await submit(account, {}, key));
  await setSwitch(world.owner, "read-only");
  try {
    const refused = await submit(account);
    problemOf(refused, 503, "read-only");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(acceptedRun(await submit(account, {}, key)).run_id).toBe(run.run_id);
  } finally {
    await setSwitch(world.owner, "normal");
  }
});

test("every parameter of the body arrives in the run", async () => {
  const account = await world.account();
  const change = { timebox_sec: 900, min_reliability_score: 0.5, metadata: { "a key": "a ü value", b: "" } };
  const run = acceptedRun(await submit(account, change));
  expect(run).toMatchObject(change);
  const shown = Object.keys(runRequests.get("decision")?.shape ?? {}).filter((name) => name in runView.shape);
  expect(["pack_type", "inputs", ...Object.keys(change)].toSorted()).toEqual(shown.toSorted());
  const sql =
    "SELECT inputs, metadata, timebox_sec, min_reliability, pack_version, minimum_fee_micros FROM runs WHERE run_id = $1";
  expect((await world.owner.query(sql, [run.run_id]))[0]).toEqual({
    inputs: '{"method":"weighted_sum","mode":"brief","question":"Which one?"}',
    metadata: change.metadata,
    timebox_sec: 900,
    min_reliability: 0.5,
    pack_version: decisionOffer.version,
    minimum_fee_micros: "11000",
  });
});

test("a plan that was raised in Postgres alone holds after the mirror is loaded anew", async () => {
  const account = await world.account({ plan: { max_open_runs: 1 } });
  acceptedRun(await submit(account));
  await definePlan(world.owner, `plan-${account.tenant_id}`, { max_open_runs: 5 }, []);
  await world.mirror.forget(account);
  acceptedRun(await submit(account));
  expect(pointers(problemOf(await submit(account, { max_cost_usd: 1 }), 400, "invalid-request"))).toEqual([
    "/max_cost_usd",
  ]);
});
