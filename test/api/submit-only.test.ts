import { beforeAll, expect, test } from "vitest";
import { type ApiResponse, acceptedRun, call, newIdempotencyKey, post } from "./client.ts";
import { complete, fail } from "./finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { order, said, tool } from "./mcp-client.ts";

const world = await sharedWorld();
let owner: Account;
let submits: Account;
beforeAll(async () => {
  owner = await world.account();
  submits = await world.key(owner.tenant_id, { scopes: ["submit"] });
});

/** What a key sees that has the scope submit alone, of a run of another key that it submits again. */
const HIDDEN = { error: null, result: null, result_expires_at: null, cost: { actual_usd: null } };

interface Given {
  readonly idempotency_key: string;
  readonly run_id: string;
}

async function submitted(): Promise<Given> {
  const idempotency_key = newIdempotencyKey();
  const { run_id } = acceptedRun(await post({ url: world.url, api_key: owner.api_key, idempotency_key }));
  return { idempotency_key, run_id };
}

const again = ({ idempotency_key }: Given, { api_key }: Account, headers = {}): Promise<ApiResponse> =>
  post({ url: world.url, api_key, idempotency_key, headers });

test("a submit that a key without the scope read repeats tells where the run stands, and nothing of its result", async () => {
  const given = await submitted();
  await complete(world.backend, given.run_id, { data: { winner: "tea" } }, 10_000);
  for (const prefer of [{}, { Prefer: "wait=1" }]) {
    const answer = await again(given, submits, prefer);
    expect(acceptedRun(answer)).toMatchObject({
      run_id: given.run_id,
      status: "COMPLETED",
      money_state: "SETTLED",
      ...HIDDEN,
    });
    expect(answer.headers.has("x-dpp-cost-actual")).toBe(false);
    expect(answer.body).not.toHaveProperty("output");
    expect(answer.text).not.toContain("tea");
  }
  expect(acceptedRun(await again(given, owner))).toMatchObject({ cost: { actual_usd: "0.0100" }, error: null });
});

test("nor of why it failed, which a key with the scope read is told", async () => {
  const given = await submitted();
  await fail(world.backend, given.run_id);
  expect(acceptedRun(await again(given, submits))).toMatchObject({ status: "FAILED", ...HIDDEN });
  const { error, cost } = acceptedRun(await again(given, owner));
  expect([error?.reason_code, cost.actual_usd]).toEqual(["NO_LUCK", cost.minimum_fee_usd]);
});

test("over MCP neither", async () => {
  const given = order();
  const connection = { url: world.url, api_key: owner.api_key };
  const { run_id } = said(await tool(connection, "submit_run", given));
  await fail(world.backend, String(run_id));
  const repeated = said(await tool({ ...connection, api_key: submits.api_key }, "submit_run", given));
  expect(repeated).toMatchObject({ run_id, status: "FAILED", replayed: true, ...HIDDEN });
  expect(repeated["next"]).toMatch(/scope read/);
});

test("what it first sees of its own run is what was accepted", async () => {
  const answer = await post({ url: world.url, api_key: submits.api_key });
  expect(acceptedRun(answer)).toMatchObject({ status: "QUEUED", key_id: submits.key_id, ...HIDDEN });
  expect((await call(`${world.url}${answer.headers.get("location") ?? ""}`)).status).toBe(401);
});
