import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseApiKey } from "#core/domain/api-key.ts";
import { findKey } from "#core/store/keys/find-key.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { type CliWorld, createCliWorld, sha256, text } from "./support/cli-world.ts";
import { type MoneyWorld, submission } from "./support/money-world.ts";

let cli: CliWorld;
let world: MoneyWorld;
let dpp: CliWorld["dpp"];
let json: CliWorld["json"];

beforeAll(async () => {
  cli = await createCliWorld();
  ({ world, dpp, json } = cli);
});
afterAll(async () => {
  expect(await world.imbalances()).toEqual([]);
  await cli.close();
});

const authorizedBy = async (tenant_id: string, api_key: string) =>
  (await authorize(cli.shield.redis, { tenant_id, key_sha256: sha256(api_key), scope: "read" })).kind;

describe("dpp key", () => {
  it("shows a key once and stores its hash alone", async () => {
    const tenant_id = await cli.tenant();
    const { out } = await dpp(
      "key",
      "create",
      "--tenant",
      tenant_id,
      "--scopes",
      "read,admin",
      "--spending-cap-usd",
      "2.5",
      "--expires",
      "2999-01-01T00:00:00+01:00",
    );
    const api_key = /dpp_live_\w+/.exec(out)?.[0] ?? "";
    expect(out.split(api_key)).toHaveLength(2);
    expect(parseApiKey(api_key)?.sha256).toBe(sha256(api_key));
    const list = await dpp("key", "list", "--tenant", tenant_id, "--json");
    expect(list.out).not.toContain(api_key);
    const { keys } = JSON.parse(list.out) as { keys: Record<string, unknown>[] };
    expect(keys).toMatchObject([
      {
        scopes: ["read", "admin"],
        state: "active",
        spending_cap_usd: "2.5000",
        expires_at: "2998-12-31T23:00:00.000Z",
      },
    ]);
    const [stored] = await world.owner.query(
      "SELECT encode(key_sha256, 'hex') AS hash, to_jsonb(k)::text AS row FROM api_keys k WHERE tenant_id = $1",
      [tenant_id],
    );
    expect(stored?.["hash"]).toBe(sha256(api_key));
    expect(stored?.["row"]).not.toContain(api_key.slice(9, 41));
  });

  it("is refused at once after it was revoked, by Postgres and by the shield", async () => {
    const tenant_id = await cli.tenant({ usd: "1" });
    const { api_key, key_id } = await json("key", "create", "--tenant", tenant_id);
    const account = { tenant_id, key_id: text(key_id), key_sha256: sha256(api_key) };
    expect(await world.submit(submission(account))).toMatchObject({ outcome: "inserted" });
    expect(await authorizedBy(tenant_id, text(api_key))).toBe("ALLOWED");
    expect(await json("key", "revoke", text(key_id))).toMatchObject({ status: "revoked", already_revoked: false });
    expect(await world.submit(submission(account))).toEqual({ outcome: "unauthorized" });
    expect(await authorizedBy(tenant_id, text(api_key))).toBe("UNAUTHORIZED");
    expect(await json("key", "revoke", text(key_id))).toMatchObject({ status: "revoked", already_revoked: true });
    const sql = "SELECT payload FROM outbox_events WHERE tenant_id = $1 AND type = 'key.revoked'";
    expect(await world.owner.query(sql, [tenant_id])).toMatchObject([
      { payload: { key_id, name: "key", revoked_at: expect.stringMatching(/^\d{4}-.*T.*\.\d{3}Z$/) } },
    ]);
    expect(await dpp("key", "rotate", text(key_id))).toMatchObject({
      code: 1,
      err: expect.stringContaining("is revoked"),
    });
  });

  it("gives way to its successor, alike in everything, after the grace", async () => {
    const tenant_id = await cli.tenant();
    const own = [
      "--name",
      "own",
      "--mode",
      "test",
      "--scopes",
      "submit",
      "--submit-per-minute",
      "9",
      "--spending-cap-usd",
      "0.5",
    ];
    const old = await json("key", "create", "--tenant", tenant_id, ...own);
    const next = await json("key", "rotate", text(old["key_id"]), "--grace-seconds", "3600");
    expect(next["rotated_from"]).toBe(old["key_id"]);
    const alike = ["scopes", "submit_per_minute", "read_per_minute", "spending_cap_usd"];
    for (const field of alike) expect(next[field]).toEqual(old[field]);
    expect(text(next["api_key"])).toMatch(/^dpp_test_/);
    const grace_ms = Date.parse(text(next["old_expires_at"])) - Date.now();
    expect(grace_ms).toBeGreaterThan(3_500_000);
    expect(grace_ms).toBeLessThanOrEqual(3_600_000);
    expect(await findKey(world.owner, text(next["key_id"]))).toMatchObject({
      name: "own",
      mode: "test",
      scopes: ["submit"],
      submit_per_minute: 9,
      spending_cap_micros: 500_000,
      expires_at: null,
    });
    expect(await dpp("key", "rotate", text(old["key_id"]))).toMatchObject({
      code: 1,
      err: expect.stringContaining(text(next["key_id"])),
    });
    const shown = await dpp("key", "rotate", text(next["key_id"]));
    expect(shown.out).toMatch(/^scopes +submit$/m);
    expect(shown.out).toMatch(/^spending cap +0\.5000 USD$/m);
  });

  it("is not prolonged by its rotation", async () => {
    const tenant_id = await cli.tenant();
    const expires = new Date(Date.now() + 60_000).toISOString();
    const old = await json("key", "create", "--tenant", tenant_id, "--expires", expires);
    expect(await json("key", "rotate", text(old["key_id"]))).toMatchObject({
      old_expires_at: expires,
      expires_at: expires,
    });
  });

  it("is rotated once by ten rotations at the same moment", async () => {
    const tenant_id = await cli.tenant();
    const { key_id } = await json("key", "create", "--tenant", tenant_id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => dpp("key", "rotate", text(key_id))));
    expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 1)).toHaveLength(9);
    expect(await json("key", "list", "--tenant", tenant_id)).toMatchObject({ keys: { length: 2 } });
  });

  it("takes what it has spent of its cap along to its successor", async () => {
    const tenant_id = await cli.tenant({ usd: "1" });
    const old = await json("key", "create", "--tenant", tenant_id, "--spending-cap-usd", "0.015");
    const spent = submission({ key_sha256: sha256(old["api_key"]) });
    expect(await world.submit(spent)).toMatchObject({ outcome: "inserted" });
    const next = await json("key", "rotate", text(old["key_id"]));
    const more = submission({ key_sha256: sha256(next["api_key"]) });
    expect(await world.submit(more)).toEqual({ outcome: "insufficient", refused_by: "key", available_micros: 5_000 });
  });

  it("is not found, or would be born expired", async () => {
    for (const command of ["rotate", "revoke"])
      expect(await dpp("key", command, randomUUID())).toMatchObject({ code: 1, out: "" });
    expect(await dpp("key", "create", "--tenant", randomUUID())).toMatchObject({ code: 1, out: "" });
    expect(await dpp("key", "list", "--tenant", randomUUID())).toMatchObject({ code: 1, out: "" });
    const expired = await dpp("key", "create", "--tenant", await cli.tenant(), "--expires", "2001-01-01T00:00:00Z");
    expect(expired).toMatchObject({ code: 1, out: "" });
  });
});
