import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import audit from "../contract/support/ledger-audit.sql";
import { acceptedRun, get, post, problemOf, work } from "./client.ts";
import { worldLentToFile } from "./harness.ts";
import { keyCalls, made, rotated } from "./key-calls.ts";

const world = await worldLentToFile();
afterAll(async () => {
  expect(await world.owner.query(audit, [])).toEqual([]);
});

const { admin, create, rotate, revoke, list, budgetOf } = keyCalls(() => world);
const submit = (api_key: string, max_cost_usd = "1.0000") =>
  post({ url: world.url, api_key, body: work({ max_cost_usd }) });
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const ALL = ["submit", "read", "admin"] as const;

describe("a key's own limits", () => {
  test("a cap holds, across rotations too, while the account has more", async () => {
    const account = await admin();
    const first = made(await create(account, { spending_cap_usd: "2.5000" }));
    acceptedRun(await submit(first.api_key));
    const second = rotated(await rotate(account, first.key_id));
    acceptedRun(await submit(second.api_key));
    for (const { api_key } of [first, second]) {
      const document = problemOf(await submit(api_key), 422, "budget-exceeded");
      expect(document.detail).toContain("this API key's own budget");
      expect(document["available_usd"]).toBe("0.5000");
    }
    acceptedRun(await submit(second.api_key, "0.5000"));
    const capped = (await list(account)).keys.filter(({ spending_cap_usd }) => spending_cap_usd !== null);
    expect(capped.map(({ spent_usd }) => spent_usd)).toEqual(["2.5000", "2.5000"]);
    acceptedRun(await submit(account.api_key));
  });

  test("submits at once by a capped key and its successor never exceed the cap", async () => {
    const account = await admin();
    const first = made(await create(account, { spending_cap_usd: "3.0000" }));
    const second = rotated(await rotate(account, first.key_id));
    const answers = await Promise.all([first, second, first, second, first, second].map((key) => submit(key.api_key)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 422, 422, 422]);
  });

  test("a rate holds for submits and for reads", async () => {
    const plan = { submit_burst: 5, read_burst: 5 };
    const account = await world.account({ plan, key: { scopes: ALL } });
    const { api_key } = made(await create(account, { submit_per_minute: 2, read_per_minute: 2 }));
    for (let count = 0; count < 2; count++) acceptedRun(await submit(api_key));
    const refused = await submit(api_key);
    problemOf(refused, 429, "rate-limited");
    expect(refused.headers.get("ratelimit-policy")).toBe('"submit";q=2;w=60');
    expect(refused.headers.get("ratelimit")).toMatch(/^"submit";r=0;t=\d+$/);
    expect((await budgetOf(api_key)).headers.get("ratelimit")).toMatch(/^"read";r=1;/);
    await budgetOf(api_key);
    problemOf(await budgetOf(api_key), 429, "rate-limited");
  });

  test("a rate holds for a key and all that it makes together, however many those are", async () => {
    const account = await world.account({ key: { scopes: ALL } });
    const limited = made(await create(account, { scopes: ["read", "admin"], read_per_minute: 3 }));
    const keys = [limited, made(await create(limited, { scopes: ["read"] }))];
    const statuses = [];
    for (const { api_key } of [...keys, ...keys]) statuses.push((await budgetOf(api_key)).status);
    // One of the burst was spent on making a key.
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  test("an expiry holds to the moment that Postgres sees", async () => {
    const account = await admin();
    const { api_key, key_id } = made(await create(account, { expires_at: soon(60_000) }));
    expect((await budgetOf(api_key)).status).toBe(200);
    await world.owner.query("UPDATE api_keys SET expires_at = wall_clock() WHERE key_id = $1", [key_id]);
    problemOf(await budgetOf(api_key), 401, "unauthorized");
  });
});

describe("no key makes one that can do more than itself:", () => {
  test("a capped one makes none, and rotates only itself", async () => {
    const account = await admin();
    const capped = await world.key(account.tenant_id, { scopes: ALL, spending_cap: micros(1_000_000) });
    const other = made(await create(account));
    problemOf(await create(capped), 403, "privilege-exceeded");
    problemOf(await create(capped, { spending_cap_usd: "0.0100" }), 403, "privilege-exceeded");
    for (const key_id of [other.key_id, account.key_id])
      problemOf(await rotate(capped, key_id), 403, "privilege-exceeded");
    const successor = rotated(await rotate(capped, capped.key_id));
    expect(successor.spending_cap_usd).toBe("1.0000");
    problemOf(await create(successor), 403, "privilege-exceeded");
    expect((await list(successor)).keys).toHaveLength(4);
    expect((await revoke(successor, other.key_id)).status).toBe(200);
  });

  test("a test key makes and rotates no live one", async () => {
    const account = await admin();
    const live = await world.key(account.tenant_id, { scopes: ALL, mode: "live" });
    problemOf(await create(account, { mode: "live" }), 403, "privilege-exceeded");
    problemOf(await rotate(account, live.key_id), 403, "privilege-exceeded");
    expect(rotated(await rotate(live, account.key_id)).api_key).toMatch(/^dpp_test_/);
  });

  test("one gives no scope that it lacks", async () => {
    const { tenant_id } = await admin();
    const manager = await world.key(tenant_id, { scopes: ["admin", "read"] });
    const worker = await world.key(tenant_id, { scopes: ["submit"] });
    problemOf(await create(manager, { scopes: ["submit"] }), 403, "privilege-exceeded");
    problemOf(await rotate(manager, worker.key_id), 403, "privilege-exceeded");
    made(await create(manager, { scopes: ["read"] }));
  });

  test("one with an expiry or a rate hands it down, or less", async () => {
    const { tenant_id, key_id } = await admin();
    const expires_at = new Date(Date.now() + 3_600_000);
    const guest = await world.key(tenant_id, { scopes: ALL, expires_at, read_per_minute: 100 });
    const plain = made(await create(guest));
    expect(plain).toMatchObject({ expires_at: expires_at.toISOString(), read_per_minute: 100 });
    const less = made(await create(guest, { expires_at: soon(60_000), read_per_minute: 10 }));
    rotated(await rotate(guest, less.key_id));
    problemOf(await create(guest, { expires_at: soon(7_200_000) }), 403, "privilege-exceeded");
    problemOf(await create(guest, { read_per_minute: 101 }), 403, "privilege-exceeded");
    problemOf(await rotate(guest, key_id), 403, "privilege-exceeded");
    const hasty = await world.key(tenant_id, { scopes: ["read"], expires_at: new Date(Date.now() + 60_000) });
    expect(problemOf(await rotate(guest, hasty.key_id), 403, "privilege-exceeded").detail).toContain("higher rate");
  });
});

describe("the number of keys", () => {
  const fill = (tenant_id: string, count: number, status: string) =>
    world.owner.query(
      `INSERT INTO api_keys (key_id, tenant_id, key_sha256, name, mode, scopes, status, spending_id)
       SELECT id, $1, sha256(id::text::bytea), 'filler', 'test', '{read}', $3, id
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::integer)) AS made`,
      [tenant_id, count, status],
    );

  test("is a hundred that are not revoked, whatever comes at once", async () => {
    const account = await admin();
    const spare = made(await create(account));
    await fill(account.tenant_id, 97, "active");
    const answers = await Promise.all([create(account), create(account), rotate(account, spare.key_id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    problemOf(await create(account), 409, "too-many-keys");
    problemOf(await rotate(account, account.key_id), 409, "too-many-keys");
    expect((await revoke(account, spare.key_id)).status).toBe(200);
    made(await create(account));
  });

  test("is a thousand that are made within a day, revoked ones too", async () => {
    const account = await admin();
    await fill(account.tenant_id, 998, "revoked");
    made(await create(account));
    expect(problemOf(await create(account), 409, "too-many-keys").detail).toContain("within 24 hours");
  });
});

test("keys are managed in read-only; in halt they are listed and revoked", async () => {
  onTestFinished(() => world.restore());
  const account = await admin();
  await setSwitch(world.owner, "read-only");
  const { key_id } = made(await create(account));
  const next = rotated(await rotate(account, key_id));
  await setSwitch(world.owner, "halt");
  for (const answer of [await create(account), await rotate(account, next.key_id)]) {
    expect(problemOf(answer, 503, "read-only").detail).toContain("Nothing was changed");
    expect(answer.headers.get("retry-after")).toBe("60");
  }
  expect((await list(account)).keys).toHaveLength(3);
  expect((await revoke(account, next.key_id)).status).toBe(200);
  problemOf(await get(`${world.url}/v1/budget`, next.api_key), 401, "unauthorized");
});

test("a key that is being revoked makes none that its revoker would not see", async () => {
  const account = await admin();
  const rogue = await world.key(account.tenant_id, { scopes: ALL });
  const [revoked, ...attempts] = await Promise.all([
    revoke(account, rogue.key_id).then(async () => (await list(account)).keys.length),
    ...Array.from({ length: 8 }, () => create(rogue)),
  ]);
  const got = attempts.filter(({ status }) => status === 201).length;
  expect(attempts.every(({ status }) => status === 201 || status === 401)).toBe(true);
  expect(revoked).toBe(2 + got);
});
