import { pagesOf } from "../../edge/http/cursor.ts";
import { describe, expect, test } from "vitest";
import { parseApiKey } from "#core/domain/api-key.ts";
import { keyList } from "../../edge/keys/schemas.ts";
import { acceptedRun, get, pointers, post, problemOf } from "./client.ts";
import { sharedWorld } from "./harness.ts";
import { keyCalls, made, NEW_KEY } from "./key-calls.ts";

const world = await sharedWorld();

const GONE = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const { admin, create, list, budgetOf } = keyCalls(() => world);

describe("a new key", () => {
  test("is shown once, works at once, and is kept as a hash alone", async () => {
    const account = await admin();
    const expires_at = "2999-01-01t00:00:00+01:00";
    const answer = await create(account, { expires_at, submit_per_minute: 60, spending_cap_usd: "2.5" });
    const { api_key, ...key } = made(answer);
    expect(key).toMatchObject({
      ...NEW_KEY,
      mode: "test",
      status: "active",
      expires_at: "2998-12-31T23:00:00.000Z",
      revoked_at: null,
      rotated_from: null,
      submit_per_minute: 60,
      read_per_minute: null,
      spending_cap_usd: "2.5000",
      spent_usd: "0.0000",
      current: false,
    });
    expect(answer.headers.get("location")).toBe(`/v1/keys/${key.key_id}`);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("ratelimit")).toMatch(/^"read";r=\d+;t=\d+$/);
    acceptedRun(await post({ url: world.url, api_key }));
    const listed = await get(`${world.url}/v1/keys`, account.api_key);
    expect(listed.text).not.toContain(api_key.slice(9, 41));
    const sha256 = parseApiKey(api_key)?.sha256 ?? "";
    expect(listed.text).not.toContain(sha256);
    const stored =
      "SELECT encode(key_sha256, 'hex') AS sha256, to_jsonb(k)::text AS row FROM api_keys k WHERE key_id = $1";
    const [row] = await world.owner.query(stored, [key.key_id]);
    expect(row?.["sha256"]).toBe(sha256);
    expect(row?.["row"]).not.toContain(api_key.slice(9, 41));
    expect(world.logs.join("\n")).not.toContain(api_key.slice(9, 41));
  });

  test("has the mode in its name", async () => {
    const account = await world.account({ key: { scopes: ["read", "admin"], mode: "live" } });
    const live = made(await create(account, { scopes: ["read"] }));
    const sandbox = made(await create(account, { scopes: ["read"], mode: "test" }));
    expect([live.mode, sandbox.mode]).toEqual(["live", "test"]);
    expect([live.api_key, sandbox.api_key]).toEqual([
      expect.stringMatching(/^dpp_live_/),
      expect.stringMatching(/^dpp_test_/),
    ]);
    for (const { api_key } of [live, sandbox]) expect((await budgetOf(api_key)).status).toBe(200);
  });

  test.each<[string, object, string]>([
    ["an unknown field", { owner: "me" }, "/owner"],
    ["no name", { name: undefined }, "/name"],
    ["an empty name", { name: "" }, "/name"],
    ["a blank name", { name: "  " }, "/name"],
    ["a name too long", { name: "x".repeat(201) }, "/name"],
    ["a name with a NUL", { name: "a\0b" }, "/name"],
    ["no scope", { scopes: [] }, "/scopes"],
    ["a scope twice", { scopes: ["read", "read"] }, "/scopes"],
    ["an unknown scope", { scopes: ["root"] }, "/scopes/0"],
    ["an unknown mode", { mode: "prod" }, "/mode"],
    ["a time that is none", { expires_at: "tomorrow" }, "/expires_at"],
    ["a time that was", { expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"],
    ["a time before all calendars", { expires_at: "0000-01-01T00:00:00Z" }, "/expires_at"],
    ["a time after all of them", { expires_at: "9999-12-31T23:59:59-23:59" }, "/expires_at"],
    ["a rate of nothing", { submit_per_minute: 0 }, "/submit_per_minute"],
    ["a rate beyond every plan's", { read_per_minute: 600_001 }, "/read_per_minute"],
    ["a cap that is a number", { spending_cap_usd: 5 }, "/spending_cap_usd"],
    ["a cap below nothing", { spending_cap_usd: "-1" }, "/spending_cap_usd"],
    ["a cap of ten digits", { spending_cap_usd: "1000000000" }, "/spending_cap_usd"],
  ])("with %s is a 400 that says where", async (_what, change, pointer) => {
    const account = await admin();
    expect(pointers(problemOf(await create(account, change), 400, "invalid-request"))).toEqual([pointer]);
    expect((await list(account)).keys).toHaveLength(1);
  });
});

describe("the list", () => {
  test("has the newest first, in pages, and says which key asks", async () => {
    const account = await admin();
    const ids: string[] = [account.key_id];
    for (const name of ["a", "b", "c", "d"]) ids.unshift(made(await create(account, { name })).key_id);
    const whole = await list(account);
    expect(whole.next_cursor).toBeNull();
    expect(whole.keys.map(({ key_id }) => key_id)).toEqual(ids);
    expect(whole.keys.filter(({ current }) => current).map(({ name }) => name)).toEqual(["root"]);
    const seen: string[] = [];
    let next: string | null = "";
    for (let page = 0; page < 3 && next !== null; page++) {
      const answer = await get(`${world.url}/v1/keys?limit=2${next}`, account.api_key);
      const { keys, next_cursor } = keyList.parse(answer.body);
      seen.push(...keys.map(({ key_id }) => key_id));
      next = next_cursor === null ? null : `&cursor=${next_cursor}`;
      expect(answer.headers.get("link")).toBe(next === null ? null : `</v1/keys?limit=2${next}>; rel="next"`);
    }
    expect([seen, next]).toEqual([ids, null]);
    expect((await list(account, `?cursor=${pagesOf("keys", {}).cursor({ id: account.key_id })}`)).keys).toEqual([]);
  });

  test.each([
    [`cursor=${GONE}`, "cursor"],
    [`cursor=${pagesOf("keys", {}).cursor({ id: GONE })}`, "cursor"],
    ["status=active", "status"],
  ])("with %s is a 400 that names the parameter", async (query, parameter) => {
    const { api_key } = await admin();
    const answer = await get(`${world.url}/v1/keys?${query}`, api_key);
    expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual([parameter]);
    expect(answer.headers.has("ratelimit")).toBe(true);
  });
});
