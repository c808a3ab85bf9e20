import { afterAll, describe, expect, it } from "vitest";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import { createWebhook } from "#core/store/webhooks/create-webhook.ts";
import { admit } from "#core/store/redis/admit.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { newRunId } from "./support/money-world.ts";
import { request, shieldHarness } from "./support/shield-harness.ts";
import { createWebhookWorld } from "./support/webhook-world.ts";

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const world = await createWebhookWorld();
afterAll(() => world.close());

const create = (key_sha256: string) =>
  createWebhook(world.edge, key_sha256, {
    endpoint_id: newRunId(),
    url: "https://example.com/",
    events: [],
    description: null,
    include_output: false,
    secret: OTHER_SECRET,
  });

it("a tenant has twenty endpoints at most, however many are made at once", async () => {
  const { key_sha256 } = await world.tenant();
  const made = await Promise.all(Array.from({ length: 24 }, () => create(key_sha256)));
  expect(made.filter(({ outcome }) => outcome === "created")).toHaveLength(20);
  expect(made.filter(({ outcome }) => outcome === "too-many")).toHaveLength(4);
});

it("a tenant makes a hundred endpoints within a day at most, deleted or not, however many at once", async () => {
  const { key_sha256, tenant_id } = await world.tenant();
  const made = "SELECT endpoint_id FROM webhook_endpoints WHERE tenant_id = $1";
  await world.owner.query(
    `INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, created_at, deleted_at)
     SELECT gen_random_uuid(), $1, 'https://example.com/', now(), now() FROM generate_series(1, 98)`,
    [tenant_id],
  );
  const outcomes = await Promise.all(Array.from({ length: 5 }, async () => (await create(key_sha256)).outcome));
  expect(outcomes.toSorted()).toEqual(["created", "created", "too-fast", "too-fast", "too-fast"]);
  expect(await world.owner.query(made, [tenant_id])).toHaveLength(WEBHOOK_LIMITS.max_new_endpoints_a_day);
  expect(await create((await world.tenant()).key_sha256)).toMatchObject({ outcome: "created" });
  await world.owner.query(
    "UPDATE webhook_endpoints SET created_at = created_at - interval '1 day' WHERE tenant_id = $1",
    [tenant_id],
  );
  expect(await create(key_sha256)).toMatchObject({ outcome: "created" });
});

describe.each(redisEngines())("an idempotency hint on %s", (engine) => {
  const shield = shieldHarness(engine);

  it("lives a day", async () => {
    const { tenant_id } = await shield.loaded();
    const wanted = request(tenant_id);
    expect(await admit(shield.redis, wanted)).toMatchObject({ kind: "RESERVED" });
    const life = await shield.raw.pttl(tenantKeys(tenant_id).hint(wanted.idempotency_sha256));
    expect(life).toBeGreaterThan(86_000_000);
    expect(life).toBeLessThanOrEqual(86_400_000);
  });
});
