import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { keyView } from "../../edge/keys/schemas.ts";
import { type ApiResponse, acceptedRun, pointers, post, problemOf, work } from "./client.ts";
import { sharedWorld } from "./harness.ts";
import { keyCalls, made, rotated } from "./key-calls.ts";

const world = await sharedWorld();

const { admin, create, rotate, revoke, update, list } = keyCalls(() => world);
const submit = (api_key: string, max_cost_usd = "1.0000") =>
  post({ url: world.url, api_key, body: work({ max_cost_usd }) });

function updated(answer: ApiResponse) {
  expect(answer.status, answer.text).toBe(200);
  return keyView.parse(answer.body);
}

describe("a change of a key", () => {
  test("gives it another name, and leaves the rest, its secret too, as it was", async () => {
    const account = await admin();
    const { api_key, ...before } = made(await create(account, { submit_per_minute: 60, spending_cap_usd: "2.5000" }));
    expect(updated(await update(account, before.key_id, { name: "nightly" }))).toEqual({ ...before, name: "nightly" });
    expect((await list(account)).keys[0]).toEqual({ ...before, name: "nightly" });
    expect(updated(await update(account, before.key_id, {}))).toEqual({ ...before, name: "nightly" });
    acceptedRun(await submit(api_key));
    const own = updated(await update(account, account.key_id, { name: "head" }));
    expect([own.name, own.current]).toEqual(["head", true]);
  });

  test("raises its cap from the next submit on, and lowers it to no less than was spent", async () => {
    const account = await admin();
    const { api_key, key_id } = made(await create(account, { spending_cap_usd: "1.5000" }));
    acceptedRun(await submit(api_key));
    problemOf(await submit(api_key), 422, "budget-exceeded");
    const raised = updated(await update(account, key_id, { spending_cap_usd: "2.25" }));
    expect([raised.spending_cap_usd, raised.spent_usd]).toEqual(["2.2500", "1.0000"]);
    acceptedRun(await submit(api_key));
    const refused = problemOf(
      await update(account, key_id, { spending_cap_usd: "1.9999", name: "x" }),
      400,
      "invalid-request",
    );
    expect(pointers(refused)).toEqual(["/spending_cap_usd"]);
    expect(refused.errors?.[0]?.detail).toContain("2.0000");
    expect((await list(account)).keys[0]).toMatchObject({ name: "ci", spending_cap_usd: "2.2500" });
    updated(await update(account, key_id, { spending_cap_usd: "2.0000" }));
    expect(problemOf(await submit(api_key, "0.0050"), 422, "budget-exceeded")["available_usd"]).toBe("0.0000");
  });

  test("of a cap is one of the whole chain of rotations", async () => {
    const account = await admin();
    const first = made(await create(account, { spending_cap_usd: "5.0000" }));
    const second = rotated(await rotate(account, first.key_id));
    const other = made(await create(account, { spending_cap_usd: "5.0000" }));
    updated(await update(account, second.key_id, { spending_cap_usd: "1.0000" }));
    const caps = (await list(account)).keys.map(({ key_id, spending_cap_usd }) => [key_id, spending_cap_usd]);
    expect(caps).toEqual([
      [other.key_id, "5.0000"],
      [second.key_id, "1.0000"],
      [first.key_id, "1.0000"],
      [account.key_id, null],
    ]);
    acceptedRun(await submit(first.api_key));
    problemOf(await submit(first.api_key), 422, "budget-exceeded");
  });

  test.each<[string, object, string]>([
    ["a blank name", { name: "  " }, "/name"],
    ["no cap", { spending_cap_usd: null }, "/spending_cap_usd"],
    ["other scopes", { scopes: ["read"] }, "/scopes"],
    ["another rate", { read_per_minute: 5 }, "/read_per_minute"],
    ["a cap where it has none", { spending_cap_usd: "5.0000" }, "/spending_cap_usd"],
  ])("to %s is a 400 that says where", async (_what, change, pointer) => {
    const account = await admin();
    const { key_id, api_key: _, ...before } = made(await create(account));
    expect(pointers(problemOf(await update(account, key_id, change), 400, "invalid-request"))).toEqual([pointer]);
    expect((await list(account)).keys[0]).toEqual({ key_id, ...before });
  });

  test("is not for a key that has ended, nor for another account's", async () => {
    const account = await admin();
    const { key_id } = made(await create(account));
    await revoke(account, key_id);
    problemOf(await update(account, key_id, { name: "x" }), 409, "key-not-active");
    problemOf(await update(account, (await admin()).key_id, { name: "x" }), 404, "not-found");
  });
});

describe("no key changes what it could not create:", () => {
  test("a capped one changes none, its own cap least of all", async () => {
    const account = await admin();
    const scopes = ["submit", "read", "admin"] as const;
    const capped = await world.key(account.tenant_id, { scopes, spending_cap: micros(1_000_000) });
    const other = made(await create(account, { spending_cap_usd: "1.0000" }));
    for (const key_id of [capped.key_id, other.key_id])
      problemOf(await update(capped, key_id, { spending_cap_usd: "9.0000" }), 403, "privilege-exceeded");
  });

  test("nor a test key a live one, one that lacks a scope, or one that ends sooner", async () => {
    const account = await world.account({ key: { scopes: ["submit", "read", "admin"], mode: "live" } });
    const { key_id } = made(await create(account, { spending_cap_usd: "1.0000" }));
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    for (const change of [
      { mode: "test", scopes: ["submit", "read", "admin"] },
      { scopes: ["admin"] },
      { expires_at, scopes: ["submit", "read", "admin"] },
    ]) {
      const lesser = made(await create(account, change));
      problemOf(await update(lesser, key_id, { spending_cap_usd: "9.0000" }), 403, "privilege-exceeded");
    }
  });

  test("nor one with a rate of its own a key that it did not create", async () => {
    const account = await admin();
    const scopes = ["submit", "read", "admin"];
    const slow = made(await create(account, { scopes, submit_per_minute: 60 }));
    const other = made(await create(account, { spending_cap_usd: "1.0000" }));
    const own = made(await create(slow, { spending_cap_usd: "1.0000" }));
    problemOf(await update(slow, other.key_id, { spending_cap_usd: "9.0000" }), 403, "privilege-exceeded");
    expect(updated(await update(slow, own.key_id, { spending_cap_usd: "9.0000" })).spending_cap_usd).toBe("9.0000");
  });

  test("nor one that ends sooner a chain of rotations by its old key, which ends sooner still", async () => {
    const account = await admin();
    const scopes = ["submit", "read", "admin"];
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const lesser = made(await create(account, { scopes, expires_at }));
    const { key_id } = made(await create(account, { spending_cap_usd: "1.0000" }));
    rotated(await rotate(account, key_id, { grace_seconds: 600 }));
    problemOf(await update(lesser, key_id, { spending_cap_usd: "9.0000" }), 403, "privilege-exceeded");
  });
});
