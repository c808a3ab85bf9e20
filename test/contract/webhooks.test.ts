import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { webhookEvents } from "#core/domain/webhook-message.ts";
import type { Db } from "#core/ports/db.ts";
import { defaultWebhookSecret, deleteWebhook, enableWebhook } from "#core/store/webhooks/change-webhook.ts";
import { redeliverWebhook, testWebhook } from "#core/store/webhooks/webhook-deliveries.ts";
import { createWebhookSender } from "../../backend/drivers/fetch/webhook-sender.ts";
import { complete, fail } from "../api/finish.ts";
import type { Account } from "../dev/add-tenant.ts";
import { submission } from "./support/money-world.ts";
import { createWebhookWorld, receiver, type WebhookWorld } from "./support/webhook-world.ts";
import { SUBMITTED } from "../support/submission.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
afterAll(async () => {
  expect(await world.imbalances()).toEqual([]);
  await world.close();
});

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

describe("an event", () => {
  it("is sent to each endpoint that wants it and to the run's own address, signed, and to nobody else", async () => {
    const [account, stranger] = [await world.tenant(), await world.tenant()];
    await using mine = await receiver();
    await using own = await receiver();
    await using others = await receiver();
    const { secret, endpoint_id } = await world.endpoint(account, `${mine.url}?token=hush`, ["run.canceled"]);
    await world.endpoint(account, others.url, ["run.completed", "budget.threshold"]);
    await world.endpoint(stranger, others.url);
    const run_id = await world.happen(account, own.url);
    const heard = await world.sweep();

    const answer = await defaultWebhookSecret(world.edge, account.key_sha256, OTHER_SECRET);
    const ownSecret = answer.outcome === "found" ? answer.secret : "";
    expect([mine.received.length, own.received.length, others.received.length]).toEqual([1, 1, 0]);
    const [received, receivedOwn] = [...mine.received, ...own.received];
    const body = new Webhook(secret).verify(received?.body ?? "", received?.headers ?? {});
    expect(new Webhook(ownSecret).verify(receivedOwn?.body ?? "", receivedOwn?.headers ?? {})).toEqual(body);
    expect(body).toMatchObject({
      type: "run.canceled",
      data: {
        run: {
          run_id,
          pack_type: "decision",
          status: "CANCELED",
          cost: { actual_usd: "0.0000" },
          metadata: { order: "A-1" },
        },
      },
    });
    expect(received?.path).toBe("/hook?token=hush");
    expect(received?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "Decisionproof-Webhook/1.0",
      traceparent: SUBMITTED.traceparent,
      "webhook-id": expect.stringMatching(/^evt_[0-9a-f-]{36}$/),
    });
    expect(receivedOwn?.headers["webhook-id"]).toBe(received?.headers["webhook-id"]);
    expect(await world.deliveries(account, endpoint_id)).toMatchObject([
      { status: "delivered", attempts: 1, last_status: 204, last_error: null, run_id, delivered_at: expect.any(Date) },
    ]);
    expect(await world.deliveries(account)).toMatchObject([{ url: own.url, status: "delivered" }]);
    const lines = JSON.stringify(heard.lines);
    for (const hidden of [secret, "hush", "A-1", own.origin]) expect(lines).not.toContain(hidden);
    expect(heard.counted("webhook_attempts")).toBe(2);
  });

  it("that happened before the endpoint was made is not sent to it", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    await world.happen(account);
    await world.endpoint(account, server.url);
    await world.sweep();
    expect(server.received).toEqual([]);
  });

  it("is sent once, however many sweep", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    for (const path of ["/a", "/b"]) await world.endpoint(account, server.origin + path);
    for (let i = 0; i < 12; i++) await world.happen(account);
    await Promise.all([world.sweep(), world.sweep(), world.sweep()]);
    await world.sweep();
    const names = server.received.map(({ path, headers }) => `${path} ${headers["webhook-id"]}`);
    expect(names).toHaveLength(24);
    expect(new Set(names).size).toBe(24);
  });

  it("is sent again under the same id when the reaper dies before it has written down the end", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    const { endpoint_id } = await world.endpoint(account, server.url);
    await world.happen(account);
    const dies: Db = {
      query: (statement, values) =>
        statement.name === "finish-webhook-delivery"
          ? Promise.reject(new Outage("database", "dead"))
          : world.backend.query(statement, values),
    };
    expect((await world.sweep({ db: dies })).counted("webhook_unconcluded")).toBe(1);
    await world.sweep();
    expect(server.received).toHaveLength(1);
    expect(await world.row(endpoint_id)).toMatchObject({ status: "pending", claim_token: expect.any(String) });
    await world.hasten();
    await world.sweep();
    expect(new Set(server.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(server.received).toHaveLength(2);
    expect(await world.row(endpoint_id)).toMatchObject({ status: "delivered", attempts: 2, claim_token: null });
  });
});

describe("a receiver", () => {
  /** What becomes of one delivery to a receiver that answers so. */
  const answered = async (status: number, headers: Record<string, string> = {}) => {
    const account = await world.tenant();
    await using server = await receiver((_, response) => response.writeHead(status, headers).end("x".repeat(100_000)));
    const { endpoint_id } = await world.endpoint(account, server.url);
    await world.happen(account);
    await world.sweep();
    expect(server.received).toHaveLength(1);
    const row = await world.row(endpoint_id);
    const next = row["next_attempt_at"];
    return { account, endpoint_id, row, wait_s: next instanceof Date ? (next.getTime() - Date.now()) / 1000 : null };
  };

  it.each([200, 201, 299])("that answers %i has received it", async (status) => {
    const { row } = await answered(status);
    expect(row).toMatchObject({ status: "delivered", last_status: status, last_error: null });
  });

  it.each([
    [500, "http-error"],
    [404, "http-error"],
    [301, "redirect"],
    [307, "redirect"],
  ])("that answers %i is tried again, and no redirect is followed", async (status, last_error) => {
    await using elsewhere = await receiver();
    const { row, wait_s } = await answered(status, { location: elsewhere.url });
    expect(row).toMatchObject({ status: "pending", last_status: status, last_error, claim_token: null });
    expect(wait_s).toBeLessThan(6.1);
    expect(elsewhere.connections()).toBe(0);
  });

  it("that asks for time gets it", async () => {
    expect((await answered(503, { "retry-after": "7200" })).wait_s).toBeGreaterThan(7_000);
    expect((await answered(429, { "retry-after": "9999999" })).wait_s).toBeLessThan(86_401);
  });

  it("that never says yes is given up after ten tries, and may be sent again by hand", async () => {
    const { account, endpoint_id } = await answered(500);
    for (let i = 0; i < 12; i++) {
      await world.hasten();
      await world.sweep({ send: async () => ({ kind: "unanswered", fault: "connection" }) });
    }
    expect(await world.row(endpoint_id)).toMatchObject({ status: "failed", attempts: 10, last_error: "connection" });
    const delivery_id = String((await world.row(endpoint_id))["delivery_id"]);
    const again = () => redeliverWebhook(world.edge, account.key_sha256, { endpoint_id, delivery_id });
    expect(await again()).toMatchObject({ outcome: "redelivering", delivery: { status: "pending", attempts: 10 } });
    await world.sweep({ send: async () => ({ kind: "unanswered", fault: "connection" }) });
    expect(await world.row(endpoint_id)).toMatchObject({ status: "pending", attempts: 11, tries: 1 });
    await again();
    await world.sweep({ send: async () => ({ kind: "answered", status: 200, retry_after_seconds: 0 }) });
    expect(await world.row(endpoint_id)).toMatchObject({ status: "delivered", last_error: null });
    await again();
    await world.sweep({ send: async () => ({ kind: "answered", status: 200, retry_after_seconds: 0 }) });
    expect(await world.row(endpoint_id)).toMatchObject({ status: "delivered", attempts: 13 });
  });

  it("that is gone is sent nothing more until it is enabled", async () => {
    const { account, endpoint_id, row } = await answered(410);
    expect(row).toMatchObject({ status: "failed", last_status: 410, last_error: "gone" });
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ status: "disabled", disabled_reason: "gone" });
    await world.happen(account);
    await world.sweep();
    const delivery_id = String(row["delivery_id"]);
    const again = () => redeliverWebhook(world.edge, account.key_sha256, { endpoint_id, delivery_id });
    expect(await again()).toEqual({ outcome: "disabled" });
    expect(await world.deliveries(account, endpoint_id)).toHaveLength(1);
    expect(await enableWebhook(world.edge, account.key_sha256, endpoint_id)).toMatchObject({ outcome: "enabled" });
    expect(await again()).toMatchObject({ outcome: "redelivering" });
  });

  it("that is gone loses what else is pending for it", async () => {
    const account = await world.tenant();
    const url = "http://127.0.0.1:9/gone";
    const { endpoint_id } = await world.endpoint(account, url);
    for (let i = 0; i < 6; i++) await world.happen(account);
    let isSent = false;
    await world.sweep({
      send: async (request) => {
        if (request.url !== url || isSent) return { kind: "unanswered", fault: "timeout" };
        isSent = true;
        return { kind: "answered", status: 410, retry_after_seconds: 0 };
      },
    });
    const statuses = (await world.deliveries(account, endpoint_id)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual(["canceled", "canceled", "canceled", "canceled", "canceled", "failed"]);
  });

  it("of a run that is gone fails alone", async () => {
    const account = await world.tenant();
    await using server = await receiver(({ path }, response) => response.writeHead(path === "/gone" ? 410 : 200).end());
    await world.happen(account, `${server.origin}/gone`);
    await world.happen(account, server.url);
    await world.sweep();
    const found = await world.deliveries(account);
    expect(found.map(({ status, url }) => `${status} ${new URL(url).pathname}`).toSorted()).toEqual([
      "delivered /hook",
      "failed /gone",
    ]);
    await world.happen(account, server.url);
    await world.sweep();
    expect((await world.deliveries(account))[0]).toMatchObject({ status: "delivered" });
  });

  it("that does not answer in time is cut off and tried again", async () => {
    const account = await world.tenant();
    await using server = await receiver(() => undefined);
    const { endpoint_id } = await world.endpoint(account, server.url);
    await world.happen(account);
    await world.sweep({ send: createWebhookSender({ allowHosts: ["127.0.0.1:*"], timeoutMs: 200 }) });
    expect(await world.row(endpoint_id)).toMatchObject({ status: "pending", last_status: null, last_error: "timeout" });
  });

  it("that is slow keeps nobody waiting, and is sent four deliveries at once", async () => {
    const [account, other] = [await world.tenant(), await world.tenant()];
    const [quickReceived, fourAreHeld] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let [atOnce, most] = [0, 0];
    await using slow = await receiver((_, response) => {
      most = Math.max(most, ++atOnce);
      if (most === 4) fourAreHeld.resolve();
      void quickReceived.promise.then(() => response.writeHead(200).end(() => atOnce--));
    });
    await using quick = await receiver((_, response) => {
      quickReceived.resolve();
      response.writeHead(200).end();
    });
    const { endpoint_id } = await world.endpoint(account, slow.url);
    for (let i = 0; i < 6; i++) await world.happen(account);
    await world.endpoint(other, quick.url);
    const sleeps = { sleep: async () => void (await new Promise((resolve) => setImmediate(resolve))) };
    const swept = world.sweep({ sleeper: sleeps });
    await fourAreHeld.promise;
    await world.happen(other);
    await swept;
    expect([most, slow.received.length, quick.received.length]).toEqual([4, 6, 1]);
    expect((await world.deliveries(account, endpoint_id)).every(({ status }) => status === "delivered")).toBe(true);
  });
});

describe("the event of a completed run", () => {
  const RESULT = { data: { winner: "tea" } };
  const bodiesOf = ({ received }: Awaited<ReturnType<typeof receiver>>) =>
    received.map(({ body }) => JSON.parse(body) as { data: { run: Record<string, unknown> } });

  /** A run that has completed with this result, with an address of its own. */
  async function completedRun(
    account: Account,
    webhook?: { url: string; include_output: boolean },
    result: object = RESULT,
  ) {
    const own = webhook === undefined ? undefined : { ...webhook, secret: OTHER_SECRET };
    const run = submission(account, { webhook: own, idempotency_key: randomUUID() });
    await world.submit(run);
    await complete(world.backend, run.run_id, result, 5_000);
    return run.run_id;
  }

  it("has the result where its receiver asked for it, at an endpoint and at the run's own address, and nowhere else", async () => {
    const account = await world.tenant();
    await using asks = await receiver();
    await using plain = await receiver();
    await using own = await receiver();
    await world.endpoint(account, asks.url, [], true);
    await world.endpoint(account, plain.url);
    const run_id = await completedRun(account, { url: own.url, include_output: true });
    await world.sweep();
    for (const each of [asks, own]) {
      expect(bodiesOf(each)).toMatchObject([{ data: { run: { run_id, status: "COMPLETED", output: RESULT } } }]);
    }
    expect(bodiesOf(plain)[0]?.data.run).not.toHaveProperty("output");
  });

  it("has no output at a run's own address that did not ask, and of no other event", async () => {
    const account = await world.tenant();
    await using asks = await receiver();
    await using own = await receiver();
    await world.endpoint(account, asks.url, ["run.canceled"], true);
    await completedRun(account, { url: own.url, include_output: false });
    await world.happen(account);
    await world.sweep();
    for (const each of [asks, own]) expect(bodiesOf(each)[0]?.data.run).not.toHaveProperty("output");
  });

  it("has no outcome at a run's own address whose key may not read it, also when it is sent again", async () => {
    const account = await world.tenant();
    const submits = await world.key(account.tenant_id, { scopes: ["submit"] });
    await using own = await receiver();
    await using owners = await receiver();
    await world.endpoint(account, owners.url, [], true);
    const completed = await completedRun(submits, { url: own.url, include_output: false });
    const failed = submission(submits, {
      webhook: { url: own.url, secret: OTHER_SECRET },
      idempotency_key: randomUUID(),
    });
    await world.submit(failed);
    await fail(world.backend, failed.run_id);
    await world.sweep();
    for (const { delivery_id } of await world.deliveries(account))
      await redeliverWebhook(world.edge, account.key_sha256, { endpoint_id: undefined, delivery_id });
    await world.sweep();

    const hidden = { cost: { actual_usd: null }, result: null, result_expires_at: null, error: null };
    const of = (run_id: string, status: string) => ({ data: { run: { run_id, status, ...hidden } } });
    const shown = bodiesOf(own).toSorted((a, b) =>
      String(a.data.run["status"]).localeCompare(String(b.data.run["status"])),
    );
    expect(shown).toMatchObject([
      ...Array.from({ length: 2 }, () => of(completed, "COMPLETED")),
      ...Array.from({ length: 2 }, () => of(failed.run_id, "FAILED")),
    ]);
    const [first, second] = bodiesOf(owners).map(({ data }) => data.run);
    for (const run of [first, second]) {
      if (run?.["run_id"] === completed) expect(run).toMatchObject({ cost: { actual_usd: "0.0050" }, output: RESULT });
      else expect(run).toMatchObject({ error: { reason_code: "NO_LUCK" } });
    }
  });

  it("says null for a result above 64 KiB", async () => {
    const account = await world.tenant();
    await using asks = await receiver();
    await world.endpoint(account, asks.url, [], true);
    await completedRun(account, undefined, { data: "x".repeat(64 * 1024) });
    await world.sweep();
    expect(bodiesOf(asks)).toMatchObject([{ data: { run: { output: null, links: { output: expect.any(String) } } } }]);
  });

  it("is sent at once without the result while the store of results is out", async () => {
    const account = await world.tenant();
    await using asks = await receiver();
    const { endpoint_id } = await world.endpoint(account, asks.url, [], true);
    await completedRun(account);
    const download = () => Promise.reject(new Outage("s3", new Error("down")));
    const heard = await world.sweep({ objects: { download } });
    expect(bodiesOf(asks)).toMatchObject([{ data: { run: { status: "COMPLETED", output: null } } }]);
    expect(await world.row(endpoint_id)).toMatchObject({ status: "delivered", attempts: 1 });
    expect(heard.lines.map(({ message }) => message)).toContain(
      "a webhook is sent without its output, which could not be read",
    );
  });
});

describe("a test event", () => {
  it("is sent to the endpoint that is tried, signed, whatever it subscribes to, and to no other", async () => {
    const account = await world.tenant();
    await using tried = await receiver();
    await using others = await receiver();
    const { endpoint_id, secret } = await world.endpoint(account, tried.url, ["run.failed"], true);
    await world.endpoint(account, others.url);
    const sending = await testWebhook(world.edge, account.key_sha256, endpoint_id);
    expect(sending).toMatchObject({
      outcome: "sending",
      delivery: { type: "webhook.test", status: "pending", attempts: 0, run_id: null, url: tried.url },
    });
    await world.sweep();
    expect([tried.received.length, others.received.length]).toEqual([1, 0]);
    const [received] = tried.received;
    const body = new Webhook(secret).verify(received?.body ?? "", received?.headers ?? {});
    expect(webhookEvents.test.parse(body)).toMatchObject({ type: "webhook.test", data: { endpoint_id } });
    const [delivery] = await world.deliveries(account, endpoint_id);
    expect(delivery).toMatchObject({ status: "delivered", attempts: 1, last_status: 204 });

    const again = { endpoint_id, delivery_id: delivery?.delivery_id ?? "" };
    expect(await redeliverWebhook(world.edge, account.key_sha256, again)).toMatchObject({ outcome: "redelivering" });
    await world.sweep();
    expect(tried.received.map(({ headers }) => headers["webhook-id"])).toEqual(
      Array(2).fill(received?.headers["webhook-id"]),
    );
  });

  it("that is answered 410 disables the endpoint, which then gets none until it is enabled", async () => {
    const account = await world.tenant();
    await using server = await receiver((_, response) => response.writeHead(410).end());
    const { endpoint_id } = await world.endpoint(account, server.url);
    const ask = () => testWebhook(world.edge, account.key_sha256, endpoint_id);
    await ask();
    await world.sweep();
    expect(await ask()).toEqual({ outcome: "disabled" });
    await enableWebhook(world.edge, account.key_sha256, endpoint_id);
    expect(await ask()).toMatchObject({ outcome: "sending" });
    expect(await world.deliveries(account, endpoint_id)).toMatchObject([
      { status: "pending" },
      { status: "failed", last_status: 410, last_error: "gone" },
    ]);
  });

  it("is refused for an endpoint that is deleted, the default one, another tenant's, and for a key without admin", async () => {
    const [account, stranger] = [await world.tenant(), await world.tenant()];
    const reader = await world.account({ key: { scopes: ["submit", "read"] } });
    const { endpoint_id } = await world.endpoint(account, "http://127.0.0.1:9/");
    await defaultWebhookSecret(world.edge, account.key_sha256, OTHER_SECRET);
    const [own] = await world.owner.query(
      "SELECT endpoint_id::text FROM webhook_endpoints WHERE tenant_id = $1 AND url IS NULL",
      [account.tenant_id],
    );
    const outcomeOf = async ({ key_sha256 }: Account, id: string) =>
      (await testWebhook(world.edge, key_sha256, id)).outcome;
    expect(await outcomeOf(stranger, endpoint_id)).toBe("absent");
    expect(await outcomeOf(account, String(own?.["endpoint_id"]))).toBe("absent");
    expect(await outcomeOf(reader, endpoint_id)).toBe("scope-missing");
    await deleteWebhook(world.edge, account.key_sha256, endpoint_id);
    expect(await outcomeOf(account, endpoint_id)).toBe("absent");
    expect(await world.row(endpoint_id)).toEqual({});
  });
});
