import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import type { WebhookSender } from "#core/ports/webhook-sender.ts";
import {
  type ClaimedDelivery,
  claimDeliveries,
  finishDelivery,
} from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { fanOutEvents } from "#core/store/webhooks/fan-out-events.ts";
import { SLOW_ATTEMPT_MS, WEBHOOK_PLACES, WEBHOOK_SHARES } from "../../backend/reaper/sweeps/webhooks.ts";
import { EAGER, hangingSender, OK } from "./support/hanging-sender.ts";
import { committing } from "./support/holding.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createWebhookWorld, type WebhookWorld } from "./support/webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
beforeEach(async () => {
  for (const table of ["webhook_deliveries", "outbox_events", "webhook_endpoints"])
    await world.owner.query(`DELETE FROM ${table}`, []);
});
afterAll(() => world.close());

const { per_tenant, per_endpoint, per_host, kept } = WEBHOOK_SHARES;
const DELIVERED = { outcome: "delivered", status: 200, error: null, retry_seconds: null, slow: false } as const;

/** So many events of this tenant, without a run and without a price. */
const happened = (account: Account, count: number) =>
  world.owner.query(
    `INSERT INTO outbox_events (tenant_id, type, payload, created_at)
     SELECT $1, 'budget.threshold', '{"threshold_percent":50,"granted_micros":2,"charged_micros":1}', now() FROM generate_series(1, $2)`,
    [account.tenant_id, count],
  );

/** A tenant with endpoints at these hosts, and so many events that wait for all of them. */
async function tenant(hosts: readonly string[], events: number): Promise<{ account: Account; endpoints: string[] }> {
  const account = await world.tenant();
  const endpoints: string[] = [];
  for (const host of hosts)
    endpoints.push((await world.endpoint(account, `https://${host}/${randomUUID()}`)).endpoint_id);
  await happened(account, events);
  return { account, endpoints };
}

const tenants = (count: number, host: (i: number) => string, events: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => tenant([host(i)], events)));

async function fanOut(): Promise<void> {
  while ((await fanOutEvents(world.backend, 100)).events > 0);
}

async function claim(
  places: { quick?: number; slow?: number; kept?: number } = {},
): Promise<readonly ClaimedDelivery[]> {
  await fanOut();
  const { kept: held = 0, ...free } = places;
  return claimDeliveries(world.backend, { quick: 1_000, slow: 1_000, ...free }, { ...WEBHOOK_SHARES, kept: held });
}

const countOf = (claimed: readonly ClaimedDelivery[], { account }: { account: Account }) =>
  claimed.filter(({ tenant_id }) => tenant_id === account.tenant_id).length;

const setSlow = (endpoint_ids: readonly string[]) =>
  world.owner.query("UPDATE webhook_endpoints SET slow = true WHERE endpoint_id = ANY ($1)", [endpoint_ids]);

describe("receivers that never answer", () => {
  it("leave places for tenants that have nothing under way, however many of their tenants there are", async () => {
    const hostile = Math.ceil((WEBHOOK_PLACES.quick - kept) / per_tenant) + 4;
    for (let i = 0; i < hostile; i++) await tenant([`dead${i}.example.com`, `dead${i}.example.net`], 10);
    await Promise.all([tenant(["a.example.com"], 3), tenant(["b.example.com"], 3)]);
    const sender = hangingSender();
    const swept = world.sweep({ send: sender.send, sleeper: EAGER });
    await Promise.all([sender.sentTo("a.example.com"), sender.sentTo("b.example.com")]);
    await tenant(["late.example.com"], 1);
    await sender.sentTo("late.example.com");
    sender.letGo();
    await swept;
    const dead = sender.sent.filter((host) => host.startsWith("dead")).length;
    expect(dead).toBe(hostile * 20);
    expect(sender.sent.filter((host) => host === "a.example.com")).toHaveLength(3);
  });

  it("take slow places alone from their first long attempt on, until one is quick", async () => {
    const dead = await tenant(["dead.example.com"], 9);
    let now = Date.now();
    const slowly = (ms: number): WebhookSender => {
      return async () => {
        now += ms;
        return OK;
      };
    };
    const isSlow = async () => (await world.endpointRow(dead.endpoints[0] ?? ""))["slow"];
    const clock = { now: () => now };
    await world.sweep({ clock, send: slowly(SLOW_ATTEMPT_MS) });
    expect(await isSlow()).toBe(true);
    await happened(dead.account, 9);
    const claimed = await claim();
    expect(claimed.map(({ slow }) => slow)).toEqual(Array.from({ length: per_endpoint / 2 }, () => true));
    await world.hasten();
    await world.sweep({ clock, send: slowly(SLOW_ATTEMPT_MS / 100) });
    expect(await isSlow()).toBe(false);
  });

  it("have no more than the slow places, and nobody else's", async () => {
    const hostile = await tenants(40, (i) => `dead${i}.example.com`, 20);
    await setSlow(hostile.flatMap(({ endpoints }) => endpoints));
    const good = await tenants(5, (i) => `good${i}.example.com`, 20);
    const claimed = await claim(WEBHOOK_PLACES);
    expect(claimed.filter(({ slow }) => slow)).toHaveLength(WEBHOOK_PLACES.slow);
    for (const each of good) expect(countOf(claimed, each)).toBe(per_endpoint);
    for (const each of hostile) expect(countOf(claimed, each)).toBeLessThanOrEqual(1);
  });

  it("are not forgotten by making another endpoint", async () => {
    const { account, endpoints } = await tenant(["dead.example.com"], 0);
    await setSlow(endpoints);
    const { endpoint_id } = await world.endpoint(account, "https://fresh.example.com/");
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ slow: true });
    const other = await tenant(["fresh.example.com"], 0);
    expect(await world.endpointRow(other.endpoints[0] ?? "")).toMatchObject({ slow: false });
  });

  it("of one tenant with 20 endpoints and 10,000 pending deliveries take its share and no more", async () => {
    const hosts = Array.from({ length: 20 }, (_, i) => `dead${i}.example.com`);
    const big = await tenant(hosts, 500);
    await fanOut();
    const small = await tenant(["good.example.com"], 1);
    const claimed = await claim({ quick: 20 });
    expect([countOf(claimed, big), countOf(claimed, small)]).toEqual([per_tenant, 1]);
    expect(new Set(claimed.map(({ endpoint_id }) => endpoint_id)).size).toBe(per_tenant + 1);
    expect(await claim({ quick: 20 })).toEqual([]);
  });
});

describe("a target host", () => {
  it("has its share and no more of what is under way, whoever points at it, and keeps a quarter for newcomers", async () => {
    const many = await tenants(10, () => "dead.example.com", 20);
    const elsewhere = await tenant(["good.example.com"], 20);
    const claimed = await claim();
    const atHost = claimed.filter(({ url }) => url.includes("dead.example.com"));
    expect(atHost).toHaveLength(per_host - per_host / 4);
    for (const each of many) expect(countOf(claimed, each)).toBeGreaterThanOrEqual(2);
    expect(countOf(claimed, elsewhere)).toBe(per_endpoint);
    const late = await tenants(per_host, () => "DEAD.example.com:8443", 20);
    const then = await claim();
    expect(late.map((each) => countOf(then, each)).filter((count) => count === 1)).toHaveLength(per_host / 4);
    expect(await claim()).toEqual([]);
  });

  it("that is full keeps what a tenant has for other hosts from nobody", async () => {
    await tenants(per_host, () => "full.example.com", 20);
    await claim();
    const hosts = [...Array.from({ length: per_tenant }, () => "full.example.com"), "good.example.com"];
    const both = await tenant(hosts, 3);
    expect((await claim()).filter(({ tenant_id }) => tenant_id === both.account.tenant_id)).toMatchObject(
      Array.from({ length: 3 }, () => ({ url: expect.stringContaining("good.example.com") })),
    );
    const own = await world.tenant();
    for (let i = 0; i < 5; i++) await world.happen(own, "https://full.example.com/own");
    await world.happen(own, "https://good.example.com/own");
    expect(await claim()).toMatchObject([{ tenant_id: own.tenant_id, url: "https://good.example.com/own" }]);
  });
});

describe("turns", () => {
  it("go round the tenants, whose oldest is due first or not, and round a tenant's endpoints", async () => {
    const first = await tenant(["a.example.com", "b.example.com"], 50);
    await fanOut();
    const then = await tenants(2, (i) => `t${i}.example.com`, 50);
    await world.owner.query(
      "UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - interval '1 hour' WHERE endpoint_id = $1",
      [first.endpoints[1] ?? ""],
    );
    const claimed = await claim({ quick: 6 });
    expect([first, ...then].map((each) => countOf(claimed, each))).toEqual([2, 2, 2]);
    const ofFirst = claimed.filter(({ tenant_id }) => tenant_id === first.account.tenant_id);
    expect(new Set(ofFirst.map(({ endpoint_id }) => endpoint_id))).toEqual(new Set(first.endpoints));
    expect((await claim({ quick: 3 })).map(({ tenant_id }) => tenant_id).toSorted()).toEqual(
      [first, ...then].map(({ account }) => account.tenant_id).toSorted(),
    );
  });

  it("leave kept places alone that only newcomers may take", async () => {
    const busy = await tenant(["busy.example.com"], 20);
    expect(countOf(await claim({ quick: 5, kept: 4 }), busy)).toBe(1);
    expect(await claim({ quick: 4, kept: 4 })).toEqual([]);
    const fresh = await tenants(6, (i) => `t${i}.example.com`, 5);
    expect(await claim({ quick: 4, kept: 4 })).toHaveLength(4);
    expect(fresh).toHaveLength(6);
  });

  it("come back with each delivery that has ended", async () => {
    const { account } = await tenant(["a.example.com"], 20);
    const [one] = await claim();
    expect(await claim()).toEqual([]);
    if (one === undefined) throw new Error("nothing was claimed");
    expect(await finishDelivery(world.backend, one, DELIVERED)).toBe("delivered");
    expect(await claim()).toMatchObject([{ tenant_id: account.tenant_id }]);
  });

  it("are exact however many claim at once", async () => {
    await tenants(3, (i) => `t${i}.example.com`, 50);
    await fanOut();
    const claimed = "SELECT * FROM claim_webhook_deliveries($1, 0, 1, 8, $2, 32, 60)";
    const values = [100, per_endpoint];
    let second: Promise<readonly unknown[]> | undefined;
    const { rows } = await committing(world.ownerUrl, { sql: claimed, values }, async (isWaitedFor) => {
      second = world.backend.query(claimed, values);
      await isWaitedFor(second);
    });
    expect([rows.length, (await second)?.length]).toEqual([3 * per_endpoint, 0]);
  });
});

it("what is due is sent although no event can become a delivery, and the error is told", async () => {
  await tenant(["a.example.com"], 3);
  await fanOut();
  const broken: Db = {
    query: (statement, values) =>
      statement.name === "fan-out-events"
        ? Promise.reject(new Outage("database", "broken"))
        : world.backend.query(statement, values),
  };
  const sent: string[] = [];
  const send: WebhookSender = async ({ url }) => {
    sent.push(url);
    return OK;
  };
  await expect(world.sweep({ db: broken, send })).rejects.toBeInstanceOf(Outage);
  expect(sent).toHaveLength(3);
});
