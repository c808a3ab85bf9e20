import { createHash, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { budgetView } from "../../edge/ledger/schemas.ts";
import { runView } from "#core/domain/run-view.ts";
import { resultView } from "../../edge/runs/schemas.ts";
import { type ApiResponse, acceptedRun, call, get, post, problemOf, steadyHeaders, work } from "./client.ts";
import { complete, fail, start } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

async function submitted(change: Record<string, unknown> = {}): Promise<{ account: Account; run_id: string }> {
  const account = await world.account();
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: account.api_key, body: work(change) }));
  return { account, run_id };
}

const getRun = ({ account, run_id }: { account: Account; run_id: string }) =>
  get(`${world.url}/v1/runs/${run_id}`, account.api_key);
const getResult = ({ account, run_id }: { account: Account; run_id: string }, query = "") =>
  get(`${world.url}/v1/runs/${run_id}/result${query}`, account.api_key);

const passRetention = (run_id: string) =>
  world.owner.query("UPDATE runs SET retention_until = now() - interval '1 minute' WHERE run_id = $1", [run_id]);

test("a queued run says what it holds and when to ask again", async () => {
  const given = await submitted({ metadata: { order: "A-1" }, timebox_sec: 7 });
  const answer = await getRun(given);
  expect(answer.status).toBe(200);
  expect(runView.parse(answer.body)).toMatchObject({
    run_id: given.run_id,
    pack_type: "decision",
    status: "QUEUED",
    money_state: "RESERVED",
    cost: { reserved_usd: "1.0000", actual_usd: null, minimum_fee_usd: "0.0110" },
    attempt: 0,
    timebox_sec: 7,
    metadata: { order: "A-1" },
    started_at: null,
    finished_at: null,
    error: null,
    result: null,
  });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "retry-after": "1",
    "cache-control": "no-store",
    "x-dpp-cost-reserved": "1.0000",
    "x-dpp-cost-minimum-fee": "0.0110",
    ratelimit: expect.stringMatching(/^"read";r=\d+;t=\d+$/),
  });
  expect(answer.headers.has("x-dpp-cost-actual")).toBe(false);
});

test("a run at work has started and has no result", async () => {
  const given = await submitted();
  await start(world.backend, given.run_id);
  const view = runView.parse((await getRun(given)).body);
  expect(view).toMatchObject({ status: "PROCESSING", attempt: 1, finished_at: null });
  expect(view.started_at).not.toBeNull();
  const refused = await getResult(given);
  problemOf(refused, 409, "run-not-completed");
  expect(refused.headers.get("retry-after")).toBe("1");
});

test("a completed run says its cost to the micro, and its result can be downloaded without a key", async () => {
  const given = await submitted();
  const receipt = await complete(world.backend, given.run_id, { data: "worth it" }, 123_456);
  const answer = await getRun(given);
  expect(runView.parse(answer.body)).toMatchObject({
    status: "COMPLETED",
    money_state: "SETTLED",
    cost: { max_usd: "1.0000", reserved_usd: "1.0000", actual_usd: "0.123456" },
    result: { sha256: receipt.sha256, size_bytes: 19, reliability: 0.75 },
    links: { self: `/v1/runs/${given.run_id}`, result: `/v1/runs/${given.run_id}/result` },
  });
  expect(answer.headers.get("x-dpp-cost-actual")).toBe("0.123456");
  expect(answer.headers.has("retry-after")).toBe(false);

  const result = resultView.parse((await getResult(given)).body);
  expect(result).toMatchObject({ sha256: receipt.sha256, size_bytes: 19, content_type: "application/json" });
  const signed = new URL(result.url).searchParams
    .get("X-Amz-Date")
    ?.replace(/^(....)(..)(..T..)(..)(..)Z$/, "$1-$2-$3:$4:$5Z");
  expect(Date.parse(result.expires_at)).toBeLessThanOrEqual(Date.parse(signed ?? "") + 900_000);
  const left_s = (Date.parse(result.expires_at) - Date.now()) / 1000;
  expect(left_s).toBeGreaterThan(800);
  expect(left_s).toBeLessThanOrEqual(900);
  const download = await call(result.url);
  expect(download.status).toBe(200);
  expect(createHash("sha256").update(download.text).digest("hex")).toBe(receipt.sha256);
});

test("a presigned address serves nothing else than its result", async () => {
  const [one, two] = [await submitted(), await submitted()];
  await complete(world.backend, one.run_id, { data: 1 }, 10_000);
  await complete(world.backend, two.run_id, { data: 2 }, 10_000);
  const { url } = resultView.parse((await getResult(one)).body);
  const moved = url.replace(one.account.tenant_id, two.account.tenant_id).replace(one.run_id, two.run_id);
  expect((await call(moved)).status).toBe(403);
});

test("a failed run says why, costs its minimum fee and has no result", async () => {
  const given = await submitted();
  await fail(world.backend, given.run_id);
  expect(runView.parse((await getRun(given)).body)).toMatchObject({
    status: "FAILED",
    money_state: "SETTLED",
    cost: { actual_usd: "0.0110" },
    error: { reason_code: "NO_LUCK", detail: "It did not work out." },
    result: null,
  });
  const refused = await getResult(given);
  expect(problemOf(refused, 409, "run-not-completed").detail).toContain("ended FAILED");
  expect(refused.headers.has("retry-after")).toBe(false);
});

test("past its retention a run reads as expired and its result is gone", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  await passRetention(given.run_id);
  expect(runView.parse((await getRun(given)).body)).toMatchObject({ status: "EXPIRED", result: null });
  problemOf(await getResult(given), 410, "result-expired");
});

test("another tenant's run is answered as one that is not there, to the byte", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: 1 }, 10_000);
  const stranger = await world.account();
  const absent = randomUUID();
  const headers = {
    Authorization: `Bearer ${stranger.api_key}`,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-Request-ID": "same",
  };
  for (const rest of ["", "?include=inputs,output", "/result", "/output"]) {
    const ask = (run_id: string) => call(`${world.url}/v1/runs/${run_id}${rest}`, { headers });
    const comparable = (answer: ApiResponse, run_id: string) => {
      const others = steadyHeaders(answer);
      return { status: answer.status, text: answer.text.replaceAll(run_id, "<id>"), others };
    };
    const others = await ask(given.run_id);
    problemOf(others, 404, "not-found");
    expect(comparable(others, given.run_id)).toEqual(comparable(await ask(absent), absent));
  }
});

test("a run id is read in either case", async () => {
  const given = await submitted();
  expect((await getRun({ ...given, run_id: given.run_id.toUpperCase() })).status).toBe(200);
});

test("the budget adds up, and shows the key's own where it has one", async () => {
  const account = await world.account({ funds: 5_000_001 });
  const capped = await world.key(account.tenant_id, { spending_cap: 2_500_000 as never });
  acceptedRun(await post({ url: world.url, api_key: capped.api_key }));
  const sum = { granted_usd: "5.000001", charged_usd: "0.0000", reserved_usd: "1.0000", available_usd: "4.000001" };
  const all = budgetView.parse((await get(`${world.url}/v1/budget`, account.api_key)).body);
  expect(all).toEqual({ ...sum, open_runs: 1, max_open_runs: 1000, key: null });
  const own = budgetView.parse((await get(`${world.url}/v1/budget`, capped.api_key)).body);
  expect(own.key).toEqual({ cap_usd: "2.5000", committed_usd: "1.0000", available_usd: "1.5000" });
});

test("reads have a rate of their own", async () => {
  const account = await world.account({ plan: { read_per_minute: 1, read_burst: 1 } });
  const read = () => get(`${world.url}/v1/budget`, account.api_key);
  expect((await read()).status).toBe(200);
  const refused = await read();
  problemOf(refused, 429, "rate-limited");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(30);
  acceptedRun(await post({ url: world.url, api_key: account.api_key }));
});
