import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PLATFORM_FAILURES } from "#core/domain/run.ts";
import type { Db } from "#core/ports/db.ts";
import type { WebhookResponse } from "#core/ports/webhook-sender.ts";
import {
  type ClaimedDelivery,
  claimDeliveries,
  finishDelivery,
} from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { fanOutEvents } from "#core/store/webhooks/fan-out-events.ts";
import { deleteWebhook, enableWebhook } from "#core/store/webhooks/change-webhook.ts";
import { redeliverWebhook } from "#core/store/webhooks/webhook-deliveries.ts";
import { WEBHOOK_PLACES, WEBHOOK_SHARES } from "../../backend/reaper/sweeps/webhooks.ts";
import { OK } from "./support/hanging-sender.ts";
import { committing, holding } from "./support/holding.ts";
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

const RETRY = { outcome: "retry", status: 500, error: "http-error", retry_seconds: 5, slow: false } as const;
const FAN_OUT = "SELECT * FROM fan_out_events($1, $2, $3, NULL)";
const FAN_OUT_VALUES = [100, 1_000, PLATFORM_FAILURES];
const CLAIM = "SELECT * FROM claim_webhook_deliveries(96, 0, 32, 8, 4, 32, 60)";

const claim = (quick: number = WEBHOOK_PLACES.quick) =>
  claimDeliveries(world.backend, { quick, slow: WEBHOOK_PLACES.slow }, { ...WEBHOOK_SHARES, kept: 0 });

const happened = ({ tenant_id }: Account, count: number) =>
  world.owner.query(
    `INSERT INTO outbox_events (tenant_id, type, payload, created_at)
     SELECT $1, 'budget.threshold', '{"threshold_percent":50,"granted_micros":2,"charged_micros":1}', now() FROM generate_series(1, $2)`,
    [tenant_id, count],
  );

/** A tenant with one endpoint there, and so many deliveries that are due. */
async function listener(host: string, due = 0) {
  const account = await world.tenant();
  const { endpoint_id } = await world.endpoint(account, `https://${host}/`);
  if (due > 0) {
    await happened(account, due);
    await fanOutEvents(world.backend, 100);
  }
  return { account, endpoint_id };
}

/** So many endpoints of a tenant, at one host, each with a delivery that is due since an hour ago. */
const crowd = ({ tenant_id }: Account, host: string, endpoints: number) =>
  world.owner.query(
    `WITH made AS (
       INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, secret, created_at, next_due_at)
       SELECT gen_random_uuid(), $1, $2, 's', now(), now() - interval '1 hour' FROM generate_series(1, $3)
       RETURNING endpoint_id
     ), event AS (
       INSERT INTO outbox_events (tenant_id, type, payload, created_at, fanned_out_at)
       VALUES ($1, 'key.revoked', '{}', now(), now()) RETURNING event_id
     )
     INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, next_attempt_at, created_at)
     SELECT $1, event_id, endpoint_id, now() - interval '1 hour', now() FROM made, event`,
    [tenant_id, `https://${host}/`, endpoints],
  );

const at = async (endpoint_id: string) => (await world.endpointRow(endpoint_id))["next_due_at"];
const only = (claimed: readonly ClaimedDelivery[]): ClaimedDelivery => {
  expect(claimed).toHaveLength(1);
  return claimed[0] as ClaimedDelivery;
};

describe("an endpoint is due", () => {
  it("from its first delivery until there is none, and at its next retry or the end of a lease in between", async () => {
    const { account, endpoint_id } = await listener("a.example.com");
    expect(await at(endpoint_id)).toBeNull();
    await happened(account, 1);
    await fanOutEvents(world.backend, 100);
    expect(await at(endpoint_id)).toEqual((await world.row(endpoint_id))["next_attempt_at"]);

    const first = only(await claim());
    const lease_end = await at(endpoint_id);
    expect(lease_end).toEqual((await world.row(endpoint_id))["next_attempt_at"]);
    await finishDelivery(world.backend, first, RETRY);
    expect(await at(endpoint_id)).toEqual((await world.row(endpoint_id))["next_attempt_at"]);
    expect(Number(await at(endpoint_id))).toBeLessThan(Number(lease_end));

    await world.hasten();
    const second = only(await claim());
    await finishDelivery(world.backend, second, { ...RETRY, outcome: "delivered", retry_seconds: null });
    await world.hasten();
    expect(await claim()).toEqual([]);
    expect(await at(endpoint_id)).toBeNull();

    const { delivery_id } = second;
    await redeliverWebhook(world.edge, account.key_sha256, { endpoint_id, delivery_id });
    expect(only(await claim())).toMatchObject({ delivery_id });
  });

  it("again when the lease of its claim ends without a conclusion", async () => {
    const { endpoint_id } = await listener("a.example.com", 1);
    const { delivery_id } = only(await claim());
    expect(await claim()).toEqual([]);
    await world.hasten();
    expect(only(await claim())).toMatchObject({ delivery_id, tries: 2 });
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ passed_over: false });
  });

  it("as long as something of it is left over", async () => {
    const { endpoint_id } = await listener("a.example.com", 6);
    const claimed = await claim();
    expect(claimed).toHaveLength(WEBHOOK_SHARES.per_endpoint);
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ passed_over: true });
    for (const each of claimed) await finishDelivery(world.backend, each, { ...RETRY, retry_seconds: 3_600 });
    expect(await claim()).toHaveLength(2);
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ passed_over: false });
  });
});

describe("a delivery is never missed", () => {
  it("that is made while a claim is about to end", async () => {
    const { account } = await listener("a.example.com", 1);
    await happened(account, 1);
    let made: Promise<unknown> | undefined;
    const { rows } = await committing(world.ownerUrl, { sql: CLAIM, values: [] }, async (isWaitedFor) => {
      made = fanOutEvents(world.backend, 100);
      await isWaitedFor(made);
    });
    expect(rows).toHaveLength(1);
    await made;
    // Where the claim took its time, the event has stayed for its tenant's next turn.
    await fanOutEvents(world.backend, 100);
    expect(await claim()).toHaveLength(1);
  });

  it("whose making is about to end while others are claimed", async () => {
    const { account } = await listener("a.example.com");
    await listener("b.example.com", 1);
    await happened(account, 1);
    await committing(world.ownerUrl, { sql: FAN_OUT, values: FAN_OUT_VALUES }, async () => {
      expect(only(await claim()).url).toBe("https://b.example.com/");
    });
    expect(only(await claim()).url).toBe("https://a.example.com/");
  });

  it("that is to be tried again while another of its endpoint is claimed", async () => {
    const { account, endpoint_id } = await listener("a.example.com", 1);
    const first = only(await claim());
    await happened(account, 1);
    await fanOutEvents(world.backend, 100);
    let concluded: Promise<unknown> | undefined;
    await committing(world.ownerUrl, { sql: CLAIM, values: [] }, async (isWaitedFor) => {
      concluded = finishDelivery(world.backend, first, RETRY);
      await isWaitedFor(concluded);
    });
    expect(await concluded).toBe("pending");
    const [retried] = await world.owner.query("SELECT next_attempt_at FROM webhook_deliveries WHERE delivery_id = $1", [
      first.delivery_id,
    ]);
    expect(await at(endpoint_id)).toEqual(retried?.["next_attempt_at"]);
  });

  it("that is asked for again while its endpoint is claimed", async () => {
    const { account, endpoint_id } = await listener("a.example.com", 1);
    const { delivery_id, claim_token } = only(await claim());
    await finishDelivery(world.backend, { delivery_id, claim_token } as ClaimedDelivery, {
      ...RETRY,
      outcome: "delivered",
      retry_seconds: null,
    });
    await world.hasten();
    let asked: Promise<unknown> | undefined;
    await committing(world.ownerUrl, { sql: CLAIM, values: [] }, async (isWaitedFor) => {
      asked = redeliverWebhook(world.edge, account.key_sha256, { endpoint_id, delivery_id });
      await isWaitedFor(asked);
    });
    expect(await asked).toMatchObject({ outcome: "redelivering" });
    expect(only(await claim())).toMatchObject({ delivery_id });
  });
});

describe("an endpoint with more pending than one statement cancels", () => {
  const PENDING = 2_300;
  const counts = async (endpoint_id: string) => {
    const rows = await world.owner.query(
      "SELECT status, count(*)::integer AS count FROM webhook_deliveries WHERE endpoint_id = $1 GROUP BY status",
      [endpoint_id],
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  };
  /** Its endpoint has so many deliveries that are to be tried again in an hour, and one that is due. */
  async function busy() {
    const { account, endpoint_id } = await listener("busy.example.com");
    await happened(account, PENDING);
    await world.owner.query(
      `WITH events AS (
         UPDATE outbox_events SET fanned_out_at = now() WHERE tenant_id = $1 RETURNING event_id
       )
       INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, next_attempt_at, created_at)
       SELECT $1, event_id, $2, now() + interval '1 hour', now() FROM events`,
      [account.tenant_id, endpoint_id],
    );
    await happened(account, 1);
    await fanOutEvents(world.backend, 100);
    return { account, endpoint_id };
  }

  it("is deleted at once, and claims cancel the rest and send none of it", async () => {
    const { account, endpoint_id } = await busy();
    expect(await deleteWebhook(world.edge, account.key_sha256, endpoint_id)).toEqual({ outcome: "deleted" });
    expect(await counts(endpoint_id)).toEqual({ canceled: 1_000, pending: PENDING + 1 - 1_000 });
    expect(await claim()).toEqual([]);
    expect(await counts(endpoint_id)).toEqual({ canceled: 2_000, pending: PENDING + 1 - 2_000 });
    expect(await claim()).toEqual([]);
    expect(await counts(endpoint_id)).toEqual({ canceled: PENDING + 1 });
    await claim();
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ cancel_before: null, next_due_at: null });
  });

  it("that asked for no more and is enabled again gets what happens from then on, and nothing from before", async () => {
    const { account, endpoint_id } = await busy();
    await finishDelivery(world.backend, only(await claim()), { ...RETRY, outcome: "gone", retry_seconds: null });
    expect(await counts(endpoint_id)).toEqual({ failed: 1, canceled: 1_000, pending: PENDING - 1_000 });
    await enableWebhook(world.edge, account.key_sha256, endpoint_id);
    await happened(account, 1);
    await fanOutEvents(world.backend, 100);
    const [{ delivery_id } = { delivery_id: "" }] = await world.deliveries(account, endpoint_id);
    const asked = { endpoint_id, delivery_id };
    expect(await redeliverWebhook(world.edge, account.key_sha256, asked)).toMatchObject({ outcome: "disabled" });
    expect(await claim()).toEqual([]);
    expect(only(await claim())).toMatchObject({ delivery_id });
    expect(await counts(endpoint_id)).toEqual({ failed: 1, canceled: PENDING, pending: 1 });
  });
});

describe("an endpoint that asks for no more", () => {
  const GONE = { ...RETRY, outcome: "gone", retry_seconds: null } as const;
  const pendingOf = async (endpoint_id: string) =>
    Number(
      (
        await world.owner.query(
          "SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = $1 AND status = 'pending'",
          [endpoint_id],
        )
      )[0]?.["count"],
    );

  it("loses what a fan-out creates at this moment", async () => {
    const { account, endpoint_id } = await listener("gone.example.com", 1);
    const claimed = only(await claim());
    await happened(account, 1);
    let finished: Promise<unknown> | undefined;
    await committing(world.ownerUrl, { sql: FAN_OUT, values: FAN_OUT_VALUES }, async (isWaitedFor) => {
      finished = finishDelivery(world.backend, claimed, GONE);
      await isWaitedFor(finished);
    });
    await finished;
    expect(await pendingOf(endpoint_id)).toBe(0);
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ status: "disabled", cancel_before: null });
  });

  it("is sent nothing that was created for it later than its end, and loses it", async () => {
    const { endpoint_id } = await listener("gone.example.com", 2);
    const [first] = await claim(1);
    await world.owner.query(
      "UPDATE webhook_deliveries SET created_at = now() + interval '1 hour' WHERE endpoint_id = $1",
      [endpoint_id],
    );
    await finishDelivery(world.backend, first as ClaimedDelivery, GONE);
    expect(await claim()).toEqual([]);
    expect(await pendingOf(endpoint_id)).toBe(0);
  });

  it("is not disabled again by an attempt that was under way when it ended, once it is enabled", async () => {
    const { account, endpoint_id } = await listener("gone.example.com", 2);
    const [first, second] = await claim();
    await world.owner.query(
      `WITH events AS (
         INSERT INTO outbox_events (tenant_id, type, payload, created_at, fanned_out_at)
         SELECT $1, 'key.revoked', '{}', now(), now() FROM generate_series(1, 1500) RETURNING event_id
       )
       INSERT INTO webhook_deliveries (tenant_id, event_id, endpoint_id, next_attempt_at, created_at)
       SELECT $1, event_id, $2, now(), now() FROM events`,
      [account.tenant_id, endpoint_id],
    );
    await finishDelivery(world.backend, first as ClaimedDelivery, GONE);
    await enableWebhook(world.edge, account.key_sha256, endpoint_id);
    expect(await finishDelivery(world.backend, second as ClaimedDelivery, GONE)).toBeUndefined();
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ status: "active" });
    expect(await claim()).toEqual([]);
    expect(await pendingOf(endpoint_id)).toBe(0);
  });
});

it("a sweep goes on with what is due, though its last attempts ended while it looked for more", async () => {
  const { endpoint_id, account } = await listener("a.example.com", 6);
  let [claims, concluded] = [0, 0];
  const firstFour = Promise.withResolvers<WebhookResponse>();
  const firstFourConcluded = Promise.withResolvers<void>();
  const db: Db = {
    query: async (statement, values) => {
      const rows = await world.backend.query(statement, values);
      if (statement.name === "finish-webhook-delivery" && ++concluded === 4) firstFourConcluded.resolve();
      if (statement.name === "claim-webhook-deliveries" && ++claims === 2) {
        expect(rows).toEqual([]);
        firstFour.resolve(OK);
        await firstFourConcluded.promise;
        await setImmediate();
      }
      return rows;
    },
  };
  await world.sweep({ db, send: () => firstFour.promise });
  const deliveries = await world.deliveries(account, endpoint_id);
  expect(deliveries.map(({ status }) => status)).toEqual(Array(6).fill("delivered"));
});

describe("endpoints whose host has no room", () => {
  it("are looked at some at a time, keep newcomers waiting for one look, and each has its turn", async () => {
    const hostile = await world.tenant();
    await crowd(hostile, "full.example.com", WEBHOOK_SHARES.per_tenant);
    const others = [];
    for (let i = 0; i < 4; i++) others.push(await world.tenant());
    for (const each of others) await crowd(each, "full.example.com", 150);
    while ((await claim()).length > 0);

    const behind = await world.tenant();
    await crowd(behind, "good.example.com", 1);
    // The one that could be sent to is the last of its line.
    await world.owner.query(
      `UPDATE webhook_endpoints
          SET passed_over = true, next_due_at = now() - make_interval(secs => (tenant_id <> $1)::integer)`,
      [behind.tenant_id],
    );
    const { account } = await listener("newcomer.example.com", 1);
    expect(only(await claim(1)).tenant_id).toBe(account.tenant_id);
    let looks = 0;
    let claimed: readonly ClaimedDelivery[] = [];
    while (claimed.length === 0 && looks++ < 20) claimed = await claim(1);
    expect(only(claimed).tenant_id).toBe(behind.tenant_id);
    expect(looks).toBeLessThanOrEqual(Math.ceil(600 / 64) + 1);
  });
});

describe("events of a tenant", () => {
  it("that has a backlog leave the others their turn", async () => {
    const [big, small] = [await listener("big.example.com"), await listener("small.example.com")];
    await happened(big.account, 300);
    await happened(small.account, 1);
    expect(await fanOutEvents(world.backend, 100)).toMatchObject({ events: 51 });
    expect(await world.deliveries(small.account, small.endpoint_id)).toHaveLength(1);
    expect(await fanOutEvents(world.backend, 100)).toMatchObject({ events: 100 });
  });

  it("whose endpoint another transaction holds wait for their next turn, and no other tenant's do", async () => {
    const [held, free] = [await listener("held.example.com"), await listener("free.example.com")];
    for (const { account } of [held, free]) await happened(account, 2);
    const sql = "SELECT FROM webhook_endpoints WHERE endpoint_id = $1 FOR UPDATE";
    await holding(world.ownerUrl, { sql, values: [held.endpoint_id] }, async () => {
      expect(await fanOutEvents(world.backend, 100)).toMatchObject({ events: 2, skipped: 0 });
    });
    expect(await world.deliveries(free.account, free.endpoint_id)).toHaveLength(2);
    expect(await fanOutEvents(world.backend, 100)).toMatchObject({ events: 2, skipped: 0 });
    expect(await world.deliveries(held.account, held.endpoint_id)).toHaveLength(2);
  });

  it("have their turn after those of the tenants before it, and each event has one", async () => {
    const all = [];
    for (let i = 0; i < 30; i++) all.push(await listener(`t${i}.example.com`));
    for (const { account } of all) await happened(account, 8);
    const first = await fanOutEvents(world.backend, 100);
    expect(first.events).toBe(100);
    const second = await fanOutEvents(world.backend, 100, first.go_on_after);
    expect(second.events).toBe(100);
    for (const { account, endpoint_id } of all)
      expect(await world.deliveries(account, endpoint_id), endpoint_id).not.toEqual([]);
    await fanOutEvents(world.backend, 100, second.go_on_after);
    expect(await fanOutEvents(world.backend, 100)).toMatchObject({ events: 0 });
    for (const { account, endpoint_id } of all) expect(await world.deliveries(account, endpoint_id)).toHaveLength(8);
  });
});
