import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { createOwnKey } from "#core/store/keys/create-own-key.ts";
import { listOwnKeys } from "#core/store/keys/list-own-keys.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { revokeOwnKey } from "#core/store/keys/revoke-own-key.ts";
import { rotateKey } from "#core/store/keys/rotate-key.ts";
import { rotateOwnKey } from "#core/store/keys/rotate-own-key.ts";
import { updateOwnKey } from "#core/store/keys/update-own-key.ts";
import type { Account } from "../dev/add-tenant.ts";
import { committing } from "./support/holding.ts";
import { createMoneyWorld } from "./support/money-world.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

const ROTATION = readFileSync(new URL("../../backend/core/store/keys/rotate-key.sql", import.meta.url), "utf8");
const WANTED = { name: "key", scopes: ["read"] } as const;
const FIRST = { after: undefined, limit: 10 };
const hashes = () => ({
  key_id: randomUUID(),
  live_sha256: randomBytes(32).toString("hex"),
  test_sha256: randomBytes(32).toString("hex"),
});

async function admin(): Promise<Account> {
  const account = await world.account();
  const all = "UPDATE api_keys SET scopes = '{submit,read,admin}' WHERE key_id = $1";
  await world.owner.query(all, [account.key_id]);
  return account;
}

/** Every step, as the edge's role, by the key with this hash. */
const steps = (key_sha256: string, key_id: string) => [
  () => listOwnKeys(world.edge, key_sha256, FIRST),
  () => createOwnKey(world.edge, key_sha256, WANTED, hashes()),
  () => rotateOwnKey(world.edge, key_sha256, { key_id, grace_seconds: 0 }, hashes()),
  () => revokeOwnKey(world.edge, key_sha256, key_id),
];
const refused = { list: (kind: string) => ({ kind }), change: (outcome: string) => ({ outcome }) };

async function expectAll(account: Pick<Account, "key_sha256" | "key_id">, word: string): Promise<void> {
  const [list, ...changes] = steps(account.key_sha256, account.key_id);
  expect(await list?.()).toEqual(refused.list(word));
  for (const step of changes) expect(await step()).toEqual(refused.change(word));
}

describe("the functions of keys", () => {
  it("want a key that is somebody's, and its scope", async () => {
    const account = await admin();
    await expectAll({ ...account, key_sha256: "0".repeat(64) }, "unauthorized");
    await world.owner.query("UPDATE api_keys SET scopes = '{submit,read}' WHERE key_id = $1", [account.key_id]);
    await expectAll(account, "scope-missing");
    await revokeKey(world.owner, account.key_id);
    await expectAll(account, "unauthorized");
  });

  it("work for the role of the edge", async () => {
    const { key_sha256, key_id } = await admin();
    const [made, next] = [hashes(), hashes()];
    expect(await createOwnKey(world.edge, key_sha256, WANTED, made)).toMatchObject({ outcome: "created" });
    const old = { key_id: made.key_id, grace_seconds: 0 };
    expect(await rotateOwnKey(world.edge, key_sha256, old, next)).toMatchObject({ outcome: "rotated" });
    expect(await revokeOwnKey(world.edge, key_sha256, next.key_id)).toMatchObject({ outcome: "revoked" });
    expect(await listOwnKeys(world.edge, key_sha256, FIRST)).toMatchObject({
      kind: "found",
      keys: [
        { key_id: next.key_id, status: "revoked", rotated_from: made.key_id },
        { key_id: made.key_id, status: "expired" },
        { key_id, status: "active" },
      ],
    });
  });

  it("say no to an expiry that has come by the clock of the database", async () => {
    const { key_sha256 } = await admin();
    const wanted = { ...WANTED, expires_at: new Date(Date.now() - 1) };
    expect(await createOwnKey(world.edge, key_sha256, wanted, hashes())).toEqual({ outcome: "past-expiry" });
  });

  it("give a key one successor, whoever asks first: its owner or an operator", async () => {
    const { key_sha256 } = await admin();
    for (let round = 0; round < 5; round++) {
      const [made, theirs, ours] = [hashes(), hashes(), hashes()];
      await createOwnKey(world.edge, key_sha256, WANTED, made);
      const operators = { key_id: ours.key_id, key_sha256: ours.live_sha256 };
      const [owner, operator] = await Promise.all([
        rotateOwnKey(world.edge, key_sha256, { key_id: made.key_id, grace_seconds: 60 }, theirs),
        rotateKey(world.owner, made.key_id, operators, 60),
      ]);
      expect([owner.outcome, operator === undefined]).toEqual(
        operator === undefined ? ["rotated", true] : ["already-rotated", false],
      );
    }
  });

  it("give a new cap to the successor that an operator makes meanwhile, too", async () => {
    const { key_sha256 } = await admin();
    const [made, next] = [hashes(), hashes()];
    await createOwnKey(world.edge, key_sha256, { ...WANTED, spending_cap_usd: micros(5_000_000) }, made);
    const rotation = { sql: ROTATION, values: [made.key_id, next.key_id, next.live_sha256, 3_600] };
    const changed: ReturnType<typeof updateOwnKey>[] = [];
    const { rowCount } = await committing(world.ownerUrl, rotation, async (isWaitedFor) => {
      const change = { key_id: made.key_id, spending_cap_usd: micros(1_000_000) };
      const updating = updateOwnKey(world.edge, key_sha256, change);
      changed.push(updating);
      await isWaitedFor(updating);
    });
    expect(rowCount).toBe(1);
    expect(await Promise.all(changed)).toMatchObject([{ outcome: "updated" }]);
    const caps = "SELECT spending_cap_micros::text FROM api_keys WHERE key_id = ANY ($1)";
    const capped = { spending_cap_micros: "1000000" };
    expect(await world.owner.query(caps, [[made.key_id, next.key_id]])).toEqual([capped, capped]);
  });

  it("tell of a revocation once, whoever asks, and however often at once", async () => {
    const { key_sha256, tenant_id } = await admin();
    const made = hashes();
    await createOwnKey(world.edge, key_sha256, WANTED, made);
    const answers = await Promise.all([
      revokeOwnKey(world.edge, key_sha256, made.key_id),
      revokeOwnKey(world.edge, key_sha256, made.key_id),
      revokeKey(world.owner, made.key_id),
    ]);
    const [first, second, operator] = answers;
    const done = [first.outcome === "revoked", second.outcome === "revoked", operator];
    expect(done.filter(Boolean)).toHaveLength(1);
    const sql = "SELECT type, run_id, payload FROM outbox_events WHERE tenant_id = $1";
    expect(await world.owner.query(sql, [tenant_id])).toMatchObject([
      { type: "key.revoked", run_id: null, payload: { key_id: made.key_id, name: "key" } },
    ]);
  });
});
