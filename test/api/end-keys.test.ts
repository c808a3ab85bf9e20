import { pagesOf } from "../../edge/http/cursor.ts";
import { eventually } from "../support/eventually.ts";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseApiKey } from "#core/domain/api-key.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { keyView } from "../../edge/keys/schemas.ts";
import { type ApiResponse, get, pointers, post, problemOf } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";
import { keyCalls, made, rotated } from "./key-calls.ts";

const world = await sharedWorld();

const GONE = "01a1fa37-24d5-77a5-b92c-ccf601371541";
const { send, admin, create, rotate, revoke, list, budgetOf } = keyCalls(() => world);
const eventsOf = ({ tenant_id }: Account) =>
  world.owner.query("SELECT run_id, type, payload FROM outbox_events WHERE tenant_id = $1", [tenant_id]);

describe("a rotation", () => {
  test("gives a successor alike in everything, and ends the old key after the grace", async () => {
    const account = await admin();
    const old = made(await create(account, { read_per_minute: 90, spending_cap_usd: "5.0000" }));
    const answer = await rotate(account, old.key_id, { grace_seconds: 3600 });
    expect([answer.status, answer.headers.get("cache-control")], answer.text).toEqual([201, "no-store"]);
    const { old_expires_at, api_key, ...next } = rotated(answer);
    expect(answer.headers.get("location")).toBe(`/v1/keys/${next.key_id}`);
    const { key_id: _id, created_at: _at, api_key: _key, ...alike } = old;
    expect(next).toMatchObject({ ...alike, rotated_from: old.key_id });
    const grace_ms = new Date(old_expires_at).getTime() - new Date(next.created_at).getTime();
    expect(grace_ms).toBe(3_600_000);
    for (const key of [old.api_key, api_key]) expect((await budgetOf(key)).status).toBe(200);
    problemOf(await rotate(account, old.key_id), 409, "key-already-rotated");
  });

  test("with no grace ends the old key at once, and without a body after a day", async () => {
    const account = await admin();
    const old = made(await create(account));
    expect((await budgetOf(old.api_key)).status).toBe(200);
    rotated(await rotate(account, old.key_id, { grace_seconds: 0 }));
    problemOf(await budgetOf(old.api_key), 401, "unauthorized");
    expect((await list(account)).keys.find(({ key_id }) => key_id === old.key_id)?.status).toBe("expired");
    problemOf(await rotate(account, old.key_id), 409, "key-already-rotated");
    const itself = rotated(await rotate(account, account.key_id));
    const grace_ms = new Date(itself.old_expires_at).getTime() - new Date(itself.created_at).getTime();
    expect(grace_ms).toBe(86_400_000);
  });

  test("never lets the old key live longer than it would have", async () => {
    const account = await admin();
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const old = made(await create(account, { expires_at }));
    const next = rotated(await rotate(account, old.key_id));
    expect([next.old_expires_at, next.expires_at]).toEqual([expires_at, expires_at]);
  });

  test.each([{ grace_seconds: -1 }, { grace_seconds: 604_801 }, { grace_seconds: "60" }, { grace: 60 }])(
    "with %j is a 400",
    async (body) => {
      const account = await admin();
      problemOf(await rotate(account, account.key_id, body), 400, "invalid-request");
      expect((await list(account)).keys).toHaveLength(1);
    },
  );

  test("of a key that is revoked or expired is a conflict, and of nobody's is not found", async () => {
    const account = await admin();
    const dead = made(await create(account));
    expect((await revoke(account, dead.key_id)).status).toBe(200);
    const expired = await world.key(account.tenant_id, { expires_at: new Date(Date.now() - 1_000) });
    for (const key_id of [dead.key_id, expired.key_id]) problemOf(await rotate(account, key_id), 409, "key-not-active");
    problemOf(await rotate(account, GONE), 404, "not-found");
    const other = await admin();
    problemOf(await rotate(other, dead.key_id), 404, "not-found");
  });

  test("of one key at once twice succeeds once", async () => {
    const account = await admin();
    const { key_id } = made(await create(account));
    const answers = await Promise.all([rotate(account, key_id), rotate(account, key_id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });
});

describe("a revocation", () => {
  test("holds from the next request on, is told once, and may be asked again", async () => {
    const account = await admin();
    const { api_key, key_id } = made(await create(account));
    expect((await budgetOf(api_key)).status).toBe(200);
    const answer = await revoke(account, key_id);
    const key = keyView.parse(answer.body);
    expect([answer.status, key.status]).toEqual([200, "revoked"]);
    problemOf(await budgetOf(api_key), 401, "unauthorized");
    problemOf(await post({ url: world.url, api_key }), 401, "unauthorized");
    expect((await revoke(account, key_id)).body).toEqual(key);
    expect(await eventsOf(account)).toEqual([
      { run_id: null, type: "key.revoked", payload: { key_id, name: "ci", revoked_at: key.revoked_at } },
    ]);
    const mirrored = tenantKeys(account.tenant_id).key(parseApiKey(api_key)?.sha256 ?? "");
    await eventually(async () => expect(await world.mirror.field(mirrored, "status")).toBe("revoked"));
  });

  test("leaves the successor alive, and takes the key that asks too", async () => {
    const account = await admin();
    const old = made(await create(account));
    const next = rotated(await rotate(account, old.key_id));
    expect((await revoke(account, old.key_id)).status).toBe(200);
    expect((await budgetOf(next.api_key)).status).toBe(200);
    expect(await revoke(account, account.key_id)).toMatchObject({ status: 200, body: { current: true } });
    problemOf(await get(`${world.url}/v1/keys`, account.api_key), 401, "unauthorized");
  });

  test("of an expired key makes it revoked", async () => {
    const account = await admin();
    const expired = await world.key(account.tenant_id, { expires_at: new Date(Date.now() - 1_000) });
    expect(await revoke(account, expired.key_id)).toMatchObject({ status: 200, body: { status: "revoked" } });
  });
});

test("another account's key is answered exactly like one that is not there", async () => {
  const [mine, other] = [await admin(), await admin()];
  for (const [method, tail] of [
    ["DELETE", ""],
    ["POST", "/rotate"],
  ] as const) {
    const [theirs, absent] = [
      await send(mine.api_key, method, `/${other.key_id}${tail}`),
      await send(mine.api_key, method, `/${randomUUID()}${tail}`),
    ];
    const bytes = (answer: ApiResponse) => answer.text.replace(/"(instance|trace_id)":"[^"]*"/g, "");
    problemOf(theirs, 404, "not-found");
    expect(bytes(theirs)).toBe(bytes(absent));
  }
  problemOf(
    await get(`${world.url}/v1/keys?cursor=${pagesOf("keys", {}).cursor({ id: other.key_id })}`, mine.api_key),
    400,
    "invalid-request",
  );
  expect((await list(mine)).keys.map(({ key_id }) => key_id)).toEqual([mine.key_id]);
  expect((await budgetOf(other.api_key)).status).toBe(200);
  expect(await eventsOf(other)).toEqual([]);
});

test.each(["x", "%00", `${GONE}0`])("the key id %s is a 400", async (id) => {
  const { api_key } = await admin();
  for (const [method, tail] of [
    ["DELETE", ""],
    ["POST", "/rotate"],
  ] as const) {
    const answer = await send(api_key, method, `/${id}${tail}`);
    expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual(["id"]);
  }
});
