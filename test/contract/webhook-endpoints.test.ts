import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { defaultWebhookSecret, deleteWebhook, rotateWebhook } from "#core/store/webhooks/change-webhook.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { sweepOldEvents } from "../../backend/reaper/sweeps/old-events.ts";
import { newRunId, submission } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";
import { createWebhookWorld, receiver, type WebhookWorld } from "./support/webhook-world.ts";

const NEVER = new AbortController().signal;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let world: WebhookWorld;
beforeAll(async () => {
  world = await createWebhookWorld();
});
afterAll(async () => {
  expect(await world.imbalances()).toEqual([]);
  await world.close();
});

describe("an endpoint", () => {
  it("whose secret was rotated is sent two signatures, until the time of the one before has passed", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    const { endpoint_id, secret } = await world.endpoint(account, server.url);
    const change = { endpoint_id, secret: OTHER_SECRET };
    const rotated = await rotateWebhook(world.edge, account.key_sha256, change);
    expect(rotated).toMatchObject({ outcome: "rotated", previous_until: expect.any(Date) });
    await world.happen(account);
    await world.sweep();
    const [first] = server.received;
    expect(first?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const each of [secret, OTHER_SECRET]) new Webhook(each).verify(first?.body ?? "", first?.headers ?? {});

    await world.owner.query("UPDATE webhook_endpoints SET previous_until = now() WHERE endpoint_id = $1", [
      endpoint_id,
    ]);
    await world.happen(account);
    await world.sweep();
    const second = server.received[1];
    new Webhook(OTHER_SECRET).verify(second?.body ?? "", second?.headers ?? {});
    expect(() => new Webhook(secret).verify(second?.body ?? "", second?.headers ?? {})).toThrow("No matching");
  });

  it("whose secret was rotated twice is signed by all that a receiver may still hold", async () => {
    const account = await world.tenant();
    await using server = await receiver();
    const { endpoint_id, secret } = await world.endpoint(account, server.url);
    for (const byte of [1, 2, 3, 4]) {
      const fresh = `whsec_${Buffer.alloc(32, byte).toString("base64")}`;
      await rotateWebhook(world.edge, account.key_sha256, { endpoint_id, secret: fresh });
      if (byte === 1 || byte === 4) continue;
      await world.happen(account);
      await world.sweep();
      const received = server.received.at(-1);
      for (const each of [secret, fresh]) new Webhook(each).verify(received?.body ?? "", received?.headers ?? {});
    }
    await world.happen(account);
    await world.sweep();
    expect(server.received.at(-1)?.headers["webhook-signature"]?.split(" ")).toHaveLength(4);
  });

  it("that is deleted while it is told loses what is pending, and what it says changes nothing", async () => {
    const account = await world.tenant();
    const { endpoint_id } = await world.endpoint(account, "http://127.0.0.1:9/");
    for (let i = 0; i < 6; i++) await world.happen(account);
    const send = async () => {
      await deleteWebhook(world.edge, account.key_sha256, endpoint_id);
      return { kind: "unanswered", fault: "timeout" } as const;
    };
    await world.sweep({ send });
    const rows = await world.owner.query("SELECT status, claim_token FROM webhook_deliveries WHERE endpoint_id = $1", [
      endpoint_id,
    ]);
    expect(rows).toEqual(Array.from({ length: 6 }, () => ({ status: "canceled", claim_token: null })));
    expect(await world.endpointRow(endpoint_id)).toMatchObject({ secret: null, deleted_at: expect.any(Date) });
    await world.happen(account);
    await world.sweep();
    expect(await world.deliveries(account, endpoint_id)).toEqual([]);
  });
});

describe("the default secret", () => {
  it("is made once, whoever asks first", async () => {
    const account = await world.tenant();
    const secrets = [1, 2, 3, 4].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`);
    const answers = await Promise.all([
      ...secrets.map((secret) => defaultWebhookSecret(world.edge, account.key_sha256, secret)),
      ...secrets.map((secret) =>
        world.submit(submission(account, { webhook: { url: "https://example.com/", secret } })),
      ),
    ]);
    const seen = answers.flatMap((answer) => ("secret" in answer ? [answer.secret] : []));
    expect(new Set(seen).size).toBe(1);
    expect(answers.filter(({ outcome }) => outcome === "inserted")).toHaveLength(4);
  });

  it("is rotated like any other", async () => {
    const { key_sha256 } = await world.tenant();
    await defaultWebhookSecret(world.edge, key_sha256, `whsec_${Buffer.alloc(32, 1).toString("base64")}`);
    const rotated = await rotateWebhook(world.edge, key_sha256, { endpoint_id: undefined, secret: OTHER_SECRET });
    expect(rotated).toMatchObject({ outcome: "rotated", previous_until: expect.any(Date) });
    expect(await defaultWebhookSecret(world.edge, key_sha256, "unused")).toMatchObject({ secret: OTHER_SECRET });
    const fresh = await rotateWebhook(world.edge, (await world.tenant()).key_sha256, {
      endpoint_id: undefined,
      secret: OTHER_SECRET,
    });
    expect(fresh).toEqual({ outcome: "rotated", previous_until: null });
  });
});

describe("a run's own address", () => {
  it("comes with the run and is forgotten with it", async () => {
    const account = await world.tenant();
    const run = submission(account, { webhook: { url: "https://example.com/hook", secret: OTHER_SECRET } });
    const url = async () =>
      (await world.owner.query("SELECT webhook_url FROM runs WHERE run_id = $1", [run.run_id]))[0]?.["webhook_url"];
    expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
    expect(await url()).toBe("https://example.com/hook");
    expect(await world.submit({ ...run, run_id: newRunId() })).toMatchObject({
      outcome: "existing",
      run: { run_id: run.run_id },
    });
    await cancelRun(world.edge, account.key_sha256, run.run_id);
    await world.owner.query(
      "UPDATE runs SET retention_until = now() - interval '1 day', purging_at = now() WHERE run_id = $1",
      [run.run_id],
    );
    const version = (await world.owner.query("SELECT version FROM runs WHERE run_id = $1", [run.run_id]))[0]?.[
      "version"
    ];
    expect(await world.backend.query("SELECT * FROM purge_run($1, $2)", [run.run_id, String(version)])).toHaveLength(1);
    expect(await url()).toBeNull();
  });

  it("is noted for no run that is refused", async () => {
    const account = await world.tenant();
    const webhook = { url: "https://example.com/hook", secret: OTHER_SECRET };
    const poor = submission(account, { webhook, reserve: micros(2_000_000) });
    expect(await world.submit(poor)).toMatchObject({ outcome: "insufficient" });
    expect(await world.submit(submission(account, { webhook }), { mode: "dry-run" })).toEqual({ outcome: "absent" });
    const runs = await world.owner.query("SELECT FROM runs WHERE tenant_id = $1", [account.tenant_id]);
    expect(runs).toEqual([]);
  });
});

it("budget.threshold is told once for each of 50, 80 and 100 percent that is crossed", async () => {
  const account = await world.tenant();
  const charge = async (amount: number) => {
    const [left] = await world.owner.query("SELECT available FROM balances WHERE tenant_id = $1", [account.tenant_id]);
    const run = submission(account, { reserve: micros(Number(left?.["available"])) });
    expect(await world.submit(run)).toMatchObject({ outcome: "inserted" });
    const close =
      "SELECT FROM close_run($1, 'QUEUED', NULL, NULL, 1, 'FAILED', $2, 'TEST', '', NULL, NULL, NULL, NULL)";
    expect(await world.backend.query(close, [run.run_id, amount])).toHaveLength(1);
    const rows = await world.owner.query(
      "SELECT payload FROM outbox_events WHERE tenant_id = $1 AND type = 'budget.threshold' ORDER BY event_id",
      [account.tenant_id],
    );
    return rows.map((row) => (row["payload"] as { threshold_percent: number }).threshold_percent);
  };
  expect(await charge(499_999)).toEqual([]);
  expect(await charge(1)).toEqual([50]);
  expect(await charge(10_000)).toEqual([50]);
  expect(await charge(490_000)).toEqual([50, 80, 100]);
});

it("budget.threshold is told too where a clawback makes what is charged a larger share", async () => {
  const { tenant_id, ...account } = await world.tenant();
  const run = submission(account, { reserve: micros(700_000) });
  await world.submit(run);
  const close =
    "SELECT FROM close_run($1, 'QUEUED', NULL, NULL, 1, 'FAILED', 700000, 'TEST', '', NULL, NULL, NULL, NULL)";
  await world.backend.query(close, [run.run_id]);
  await world.owner.query("SELECT FROM clawback_credit($1, $2, 200000)", [tenant_id, `test-${tenant_id}`]);
  const sql = "SELECT payload FROM outbox_events WHERE tenant_id = $1 AND type = 'budget.threshold' ORDER BY event_id";
  const rows = await world.owner.query(sql, [tenant_id]);
  expect(rows.map((row) => row["payload"])).toMatchObject([{ threshold_percent: 50 }, { threshold_percent: 80 }]);
});

it("what was told is forgotten after thirty days, what is pending is not", async () => {
  const account = await world.tenant();
  await using server = await receiver();
  const { endpoint_id } = await world.endpoint(account, server.url);
  const gone = await world.endpoint(account, server.url);
  for (let i = 0; i < 3; i++) await world.happen(account);
  await world.sweep();
  await deleteWebhook(world.edge, account.key_sha256, gone.endpoint_id);
  await world.happen(account);
  await world.sweep({ send: async () => ({ kind: "unanswered", fault: "timeout" }) });
  const heard = recorder();
  const counts = async () => {
    const rows = await world.owner.query(
      `SELECT (SELECT count(*) FROM outbox_events WHERE tenant_id = $1) AS events,
         (SELECT count(*) FROM webhook_deliveries WHERE tenant_id = $1) AS deliveries,
         (SELECT count(*) FROM webhook_endpoints WHERE tenant_id = $1) AS endpoints`,
      [account.tenant_id],
    );
    return Object.values(rows[0] ?? {}).map(Number);
  };
  const forget = () => sweepOldEvents({ db: world.backend, metrics: heard.metrics }, NEVER);
  await forget();
  expect(await counts()).toEqual([4, 7, 2]);
  await world.owner.query("UPDATE outbox_events SET created_at = created_at - interval '31 days'", []);
  await world.owner.query("UPDATE webhook_endpoints SET deleted_at = deleted_at - interval '31 days'", []);
  await forget();
  await forget();
  expect(await counts()).toEqual([1, 1, 1]);
  expect(await world.deliveries(account, endpoint_id)).toMatchObject([{ status: "pending" }]);
});

it("an event that is not what its type says fails alone, and says so", async () => {
  const account = await world.tenant();
  await using server = await receiver();
  const { endpoint_id } = await world.endpoint(account, server.url);
  await world.owner.query(
    "INSERT INTO outbox_events (tenant_id, type, payload, created_at) VALUES ($1, 'run.failed', '[7]', now())",
    [account.tenant_id],
  );
  await world.happen(account);
  const heard = await world.sweep();
  expect((await world.deliveries(account, endpoint_id)).map(({ last_error }) => last_error).toSorted()).toEqual([
    "event-malformed",
    null,
  ]);
  expect(heard.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  expect(server.received).toHaveLength(1);
});
