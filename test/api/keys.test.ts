import { expect, test } from "vitest";
import { acceptedRun, call, newIdempotencyKey, problemOf, work } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

test("a suspended tenant's keys are refused", async () => {
  const account = await world.account();
  await world.owner.query("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", [account.tenant_id]);
  const init = { headers: { Authorization: `Bearer ${account.api_key}` } };
  problemOf(await call(`${world.url}/v1/budget`, init), 401, "unauthorized");
});

test("a key with a rate of its own is held to it", async () => {
  const account = await world.account();
  const slow = await world.key(account.tenant_id, { read_per_minute: 1 });
  const policy = async ({ api_key }: Account) => {
    const answer = await call(`${world.url}/v1/budget`, { headers: { Authorization: `Bearer ${api_key}` } });
    return answer.headers.get("ratelimit-policy");
  };
  await policy(slow);
  expect(await policy(slow)).toBe('"read";q=1;w=60');
  expect(await policy(account)).toBe('"read";q=10000;w=1');
});

test("two keys of one tenant see the same run", async () => {
  const account = await world.account();
  const other = await world.key(account.tenant_id);
  const headers = { "Content-Type": "application/json", "Idempotency-Key": newIdempotencyKey() };
  const submit = ({ api_key }: Account) =>
    call(`${world.url}/v1/runs`, {
      method: "POST",
      headers: { ...headers, Authorization: `Bearer ${api_key}` },
      body: JSON.stringify(work()),
    });
  const run = acceptedRun(await submit(account));
  expect(acceptedRun(await submit(other)).run_id).toBe(run.run_id);
});
