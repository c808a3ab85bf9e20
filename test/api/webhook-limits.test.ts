import { beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "./client.ts";
import { sharedWorld } from "./harness.ts";
import { HOOK_URL as URL, webhookClient, type WebhookClient } from "./webhook-client.ts";

const TYPED = 'HTTPS://Hooks.EXAMPLE.com:443/a/../b"c/%7Ed?q=\u00e9';
const WRITTEN = "https://hooks.example.com/b%22c/%7Ed?q=%C3%A9";

const world = await sharedWorld();
let hooks: WebhookClient;
beforeAll(async () => {
  hooks = webhookClient(world);
});

describe("a webhook", () => {
  test("is kept as the URL standard writes its address, not as it was typed", async () => {
    const mine = await hooks.tenant();
    const { endpoint_id, url } = await hooks.create(mine, { url: TYPED });
    expect(url).toBe(WRITTEN);
    expect((await hooks.ask("GET", `/${endpoint_id}`, mine)).body).toMatchObject({ url: WRITTEN });
    const run_id = await hooks.happen(mine, { webhook: TYPED });
    const stored = await world.owner.query(
      `SELECT url FROM webhook_endpoints WHERE endpoint_id = $1
       UNION ALL SELECT webhook_url FROM runs WHERE run_id = $2
       UNION ALL SELECT url FROM webhook_deliveries WHERE tenant_id = $3 AND url IS NOT NULL`,
      [endpoint_id, run_id, mine.tenant_id],
    );
    expect(stored).toEqual([{ url: WRITTEN }, { url: WRITTEN }, { url: WRITTEN }]);
    expect((await hooks.pageOf("/default/deliveries", mine)).deliveries).toMatchObject([{ run_id, url: WRITTEN }]);
    expect((await hooks.pageOf(`/${endpoint_id}/deliveries`, mine)).deliveries).toMatchObject([
      { run_id, url: WRITTEN },
    ]);
  });

  test("is one of twenty at most", async () => {
    const mine = await hooks.tenant();
    for (let i = 0; i < 20; i++) await hooks.create(mine);
    problemOf(await hooks.ask("POST", "", mine, { url: URL }), 409, "too-many-webhooks");
  });

  test("is one of a hundred at most that are made within a day", async () => {
    const mine = await hooks.tenant();
    await world.owner.query(
      `INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, created_at, deleted_at)
       SELECT gen_random_uuid(), $1, $2, now(), now() FROM generate_series(1, 99)`,
      [mine.tenant_id, URL],
    );
    await hooks.create(mine);
    expect(problemOf(await hooks.ask("POST", "", mine, { url: URL }), 409, "too-many-webhooks").detail).toContain(
      "24 hours",
    );
  });
});

describe("deliveries", () => {
  test("are sent again a thousand times in an hour at most, what cost nothing among them", async () => {
    const mine = await hooks.tenant();
    const { endpoint_id } = await hooks.create(mine);
    await hooks.happen(mine);
    await world.owner.query("UPDATE unpaid_deliveries SET wanted = 999 WHERE tenant_id = $1", [mine.tenant_id]);
    const [delivery] = (await hooks.pageOf(`/${endpoint_id}/deliveries`, mine)).deliveries;
    const again = () => hooks.ask("POST", `/${endpoint_id}/deliveries/${delivery?.delivery_id}/redeliver`, mine);
    expect((await again()).status).toBe(202);
    const refused = await again();
    expect(problemOf(refused, 429, "rate-limited").detail).toContain("1000 unpaid webhook deliveries");
    const retry_after = Number(refused.headers.get("retry-after"));
    expect(retry_after).toBeGreaterThan(0);
    expect(retry_after).toBeLessThanOrEqual(3_600);
    expect((await hooks.ask("GET", `/${endpoint_id}`, mine)).status).toBe(200);
  });
});
