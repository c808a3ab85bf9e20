import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLATFORM_FAILURES } from "#core/domain/run.ts";
import { WEBHOOK_LIMITS } from "#core/domain/webhook.ts";
import type { Db } from "#core/ports/db.ts";
import { claimDeliveries } from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { bytea, fn } from "#core/store/fn.ts";
import { redeliverWebhook } from "#core/store/webhooks/webhook-deliveries.ts";
import { WEBHOOK_PLACES, WEBHOOK_SHARES } from "../../backend/reaper/sweeps/webhooks.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createWebhookWorld, receiver, type WebhookWorld } from "./support/webhook-world.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
afterAll(async () => {
  expect(await world.imbalances()).toEqual([]);
  await world.close();
});

/** One round of the fan-out, with a limit that a test can reach. */
const fanOut = (per_hour: number) => fn(world.backend, "fan_out_events", [100, per_hour, PLATFORM_FAILURES, null]);

/** The end of a run as close_run tells it. */
const ended = ({ tenant_id }: Account, type: string, charged_micros: number, reason_code: string | null) =>
  world.owner.query(
    "INSERT INTO outbox_events (tenant_id, type, payload, created_at) VALUES ($1, $2, $3::jsonb, clock_timestamp())",
    [tenant_id, type, JSON.stringify({ charged_micros, reason_code })],
  );

async function statuses({ tenant_id }: Account): Promise<Record<string, number>> {
  const sql = "SELECT status, count(*)::integer AS many FROM webhook_deliveries WHERE tenant_id = $1 GROUP BY status";
  const rows = await world.owner.query(sql, [tenant_id]);
  return Object.fromEntries(rows.map(({ status, many }) => [String(status), Number(many)]));
}

/** A tenant that is told of everything at so many addresses, where nothing listens. */
async function listener(endpoints: number) {
  const account = await world.tenant();
  const made = [];
  for (let n = 0; n < endpoints; n++) made.push(await world.endpoint(account, `http://127.0.0.1:9/${n}`));
  return { account, endpoint_id: made[0]?.endpoint_id ?? "" };
}

describe("runs that are submitted and canceled in a loop", () => {
  it("are told of so often in an hour, and each telling that is left out is seen by its owner", async () => {
    const { account } = await listener(3);
    const other = await listener(1);
    for (let run = 0; run < 4; run++) await world.happen(account, "http://127.0.0.1:9/own");
    await world.happen(other.account);
    const [counted] = await fanOut(5);
    expect(counted).toMatchObject({ events: "5", skipped: "11" });
    expect(await statuses(account)).toEqual({ pending: 5, skipped: 11 });
    expect(await statuses(other.account)).toEqual({ pending: 1 });
    const own = await world.deliveries(account);
    expect(own.map(({ status, last_error }) => [status, last_error])).toContainEqual(["skipped", "unpaid-limit"]);

    await world.happen(account);
    expect(await fanOut(5)).toMatchObject([{ events: "1", skipped: "3" }]);
    await world.owner.query("UPDATE unpaid_deliveries SET hour = hour - interval '1 hour'", []);
    await world.happen(account);
    expect(await fanOut(5)).toMatchObject([{ events: "1", skipped: "0" }]);
  });

  it("are counted exactly, however many fan out at once", async () => {
    const { account } = await listener(2);
    for (let run = 0; run < 12; run++) await world.happen(account);
    const one = () => fn(world.backend, "fan_out_events", [1, 7, PLATFORM_FAILURES, null]);
    for (let round = 0; round < 6; round++) await Promise.all([one(), one(), one()]);
    expect(await statuses(account)).toEqual({ pending: 7, skipped: 17 });
  });

  it("are sent on demand in the next hour, though the limit was reached", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    const { endpoint_id } = await world.endpoint(account, server.url);
    await world.happen(account);
    await fanOut(0);
    const [skipped] = await world.deliveries(account, endpoint_id);
    await world.sweep();
    expect([skipped?.status, server.received.length]).toEqual(["skipped", 0]);
    await world.owner.query("UPDATE unpaid_deliveries SET hour = hour - interval '1 hour', wanted = 1000", []);
    const delivery = { endpoint_id, delivery_id: skipped?.delivery_id ?? randomUUID() };
    expect(await redeliverWebhook(world.edge, account.key_sha256, delivery)).toMatchObject({ outcome: "redelivering" });
    await world.sweep();
    expect(server.received).toHaveLength(1);
    expect(await world.deliveries(account, endpoint_id)).toMatchObject([{ status: "delivered" }]);
  });
});

describe("deliveries that are asked for again", () => {
  /** With a limit that a test can reach. */
  const again = (account: Account, endpoint_id: string, delivery_id: string, per_hour: number) =>
    fn(
      world.edge,
      "redeliver_webhook",
      [bytea(account.key_sha256), endpoint_id, delivery_id, per_hour],
      "outcome, (delivery).*, retry_after_seconds",
    );

  it("count in the tenant's hour, whatever their run cost and however many are asked for at once", async () => {
    const { account, endpoint_id } = await listener(1);
    await ended(account, "run.completed", 12_000, null);
    await world.happen(account);
    await fanOut(100);
    const paid = (await world.deliveries(account, endpoint_id)).find(({ type }) => type === "run.completed");
    const delivery_id = paid?.delivery_id ?? "";
    const answers = await Promise.all(Array.from({ length: 8 }, () => again(account, endpoint_id, delivery_id, 5)));
    const outcomes = answers.map(([row]) => row?.["outcome"]).toSorted();
    expect(outcomes).toEqual([...Array(4).fill("redelivering"), ...Array(4).fill("too-many")]);
    const refused = answers.find(([row]) => row?.["outcome"] === "too-many")?.[0];
    expect(refused?.["retry_after_seconds"]).toBeGreaterThan(0);
    expect(refused?.["retry_after_seconds"]).toBeLessThanOrEqual(3_600);

    const other = await listener(1);
    await world.happen(other.account);
    await fanOut(100);
    const [theirs] = await world.deliveries(other.account, other.endpoint_id);
    expect(await again(other.account, other.endpoint_id, theirs?.delivery_id ?? "", 5)).toMatchObject([
      { outcome: "redelivering" },
    ]);
    await world.owner.query("UPDATE unpaid_deliveries SET hour = hour - interval '1 hour'", []);
    expect(await again(account, endpoint_id, delivery_id, 5)).toMatchObject([{ outcome: "redelivering" }]);
  });

  it("are counted together with test events, which cost nothing and are refused beyond the limit", async () => {
    const { account, endpoint_id } = await listener(1);
    const attempt = (per_hour: number) =>
      fn(world.edge, "test_webhook", [bytea(account.key_sha256), endpoint_id, "webhook.test", per_hour]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => attempt(4)));
    const outcomes = answers.map(([row]) => row?.["outcome"]).toSorted();
    expect(outcomes).toEqual([...Array(4).fill("sending"), ...Array(2).fill("too-many")]);
    const deliveries = await world.deliveries(account, endpoint_id);
    expect(deliveries).toHaveLength(4);
    expect(await again(account, endpoint_id, deliveries[0]?.delivery_id ?? "", 4)).toMatchObject([
      { outcome: "too-many" },
    ]);
  });

  it("leave as many less to runs that cost nothing", async () => {
    const { account, endpoint_id } = await listener(1);
    await world.happen(account);
    await fanOut(2);
    const [first] = await world.deliveries(account, endpoint_id);
    await again(account, endpoint_id, first?.delivery_id ?? "", 2);
    await world.happen(account);
    expect(await fanOut(2)).toMatchObject([{ events: "1", skipped: "1" }]);
  });

  it("do not count while the delivery is under way, or where there is none", async () => {
    const { account, endpoint_id } = await listener(1);
    await world.happen(account);
    await fanOut(100);
    await claimDeliveries(world.backend, WEBHOOK_PLACES, WEBHOOK_SHARES);
    const [delivery] = await world.deliveries(account, endpoint_id);
    for (let time = 0; time < 3; time++) {
      expect(await again(account, endpoint_id, delivery?.delivery_id ?? "", 1)).toMatchObject([
        { outcome: "redelivering", attempts: 1 },
      ]);
      expect(await again(account, endpoint_id, randomUUID(), 1)).toMatchObject([{ outcome: "absent" }]);
    }
  });
});

describe("what is always told", () => {
  it.each<[string, string, number, string | null]>([
    ["a run that cost something", "run.canceled", 1, "CANCELED"],
    ["a run that completed", "run.completed", 12_000, null],
    ...PLATFORM_FAILURES.map((reason): [string, string, number, string] => [reason, "run.failed", 0, reason]),
    ["an event of no run", "budget.threshold", 0, null],
  ])("%s", async (_what, type, charged, reason) => {
    const { account } = await listener(2);
    await ended(account, type, charged, reason);
    await ended(account, "run.failed", 0, "ADDRESS_NOT_ALLOWED");
    await fanOut(0);
    expect(await statuses(account)).toEqual({ pending: 2, skipped: 2 });
  });
});

it("a sweep keeps to the limit that the documents name, and says so when it is reached", async () => {
  const { account } = await listener(1);
  await world.happen(account);
  await world.owner.query(
    "INSERT INTO unpaid_deliveries VALUES ($1, date_trunc('hour', clock_timestamp(), 'UTC'), $2)",
    [account.tenant_id, WEBHOOK_LIMITS.max_unpaid_per_hour],
  );
  const asked: unknown[] = [];
  const db: Db = {
    query: (statement, values) => {
      if (statement.name === "fan-out-events") asked.push(values[1]);
      return world.backend.query(statement, values);
    },
  };
  const heard = await world.sweep({ db });
  expect(new Set(asked)).toEqual(new Set([1_000]));
  expect(await statuses(account)).toEqual({ skipped: 1 });
  expect(heard.counted("webhooks_skipped")).toBe(1);
});
