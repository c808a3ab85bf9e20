import { describe, expect, test } from "vitest";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import * as answers from "../../edge/webhooks/schemas.ts";
import { eventually } from "../support/eventually.ts";
import { acceptedRun, bearer, call, get, newIdempotencyKey, pointers, post, problemOf, work } from "./client.ts";
import { worldLentToFile } from "./harness.ts";
import { HOOK_URL as URL, webhookClient } from "./webhook-client.ts";

const ABSENT = "01a1fa37-24d5-77a5-b92c-ccf601371541";

const world = await worldLentToFile();
const hooks = webhookClient(world);
const [account, other] = [await hooks.tenant(), await hooks.tenant()];

test("a result is sent to nobody by a key that may not read it", async () => {
  const { tenant_id } = account;
  const [admin, submits] = await Promise.all([
    world.key(tenant_id, { scopes: ["admin"] }),
    world.key(tenant_id, { scopes: ["submit"] }),
  ]);
  const order = work({ webhook: URL, webhook_include_output: true });
  for (const refused of [
    await hooks.ask("POST", "", admin, { url: URL, include_output: true }),
    await post({ url: world.url, api_key: submits.api_key, body: order }),
  ]) {
    expect(problemOf(refused, 403, "scope-missing")).toMatchObject({
      scope: "read",
      detail: expect.stringContaining('"read"'),
    });
    expect(refused.headers.get("www-authenticate")).toContain('scope="read"');
  }
  await eventually(async () => expect(await world.mirror.openRuns(account)).toEqual([]));
  const estimate = await call(`${world.url}/v1/runs/estimate`, {
    method: "POST",
    headers: { ...bearer(submits.api_key), "Content-Type": "application/json" },
    body: JSON.stringify(order),
  });
  expect(estimate.body).toMatchObject({ admitted: false, refusal: { code: "scope-missing", scope: "read" } });
  const plain = work({ webhook: URL });
  acceptedRun(await post({ url: world.url, api_key: submits.api_key, body: plain }));
});

describe("a webhook", () => {
  test("is made, listed, read, rotated and deleted; its secret is shown when it is made and rotated", async () => {
    const mine = await hooks.tenant();
    const answer = await hooks.ask("POST", "", mine, {
      url: URL,
      events: ["run.failed", "run.failed"],
      description: "Mine",
    });
    const { secret, ...view } = answers.webhookCreated.parse(answer.body);
    expect(answer.headers.get("location")).toBe(`/v1/webhooks/${view.endpoint_id}`);
    expect(answer.headers.get("ratelimit-policy")).toMatch(/^"read"/);
    expect(view).toMatchObject({ url: URL, events: ["run.failed"], description: "Mine", status: "active" });
    const all = await hooks.create(mine);
    expect(all).toMatchObject({ events: [], description: null, disabled_reason: null });

    const list = await hooks.ask("GET", "", mine);
    expect(answers.webhookList.parse(list.body).webhooks).toMatchObject([view, { endpoint_id: all.endpoint_id }]);
    expect(list.text).not.toContain("whsec_");
    expect((await hooks.ask("GET", `/${view.endpoint_id}`, mine)).body).toEqual(view);

    const rotated = answers.webhookSecret.parse((await hooks.ask("POST", `/${view.endpoint_id}/rotate`, mine)).body);
    expect(rotated.secret).not.toBe(secret);
    const until = Date.parse(rotated.previous_secret_valid_until ?? "");
    expect(until - Date.now()).toBeGreaterThan(23 * 3_600_000);

    expect((await hooks.ask("POST", `/${view.endpoint_id}/enable`, mine, {})).body).toEqual(view);
    const gone = await hooks.ask("DELETE", `/${view.endpoint_id}`, mine);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    problemOf(await hooks.ask("GET", `/${view.endpoint_id}`, mine), 404, "not-found");
    problemOf(await hooks.ask("DELETE", `/${view.endpoint_id}`, mine), 404, "not-found");
    expect(answers.webhookList.parse((await hooks.ask("GET", "", mine)).body).webhooks).toHaveLength(1);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no URL", { url: undefined }, "/url"],
    ["an http URL", { url: "http://example.com/" }, "/url"],
    ["a private address", { url: "https://10.0.0.1/" }, "/url"],
    ["a local name", { url: "https://localhost/" }, "/url"],
    ["userinfo", { url: "https://a:b@example.com/" }, "/url"],
    ["an event that nobody knows", { events: ["run.started"] }, "/events/0"],
    ["an empty description", { description: "" }, "/description"],
    ["a long description", { description: "x".repeat(501) }, "/description"],
    ["an unknown field", { secret: "mine" }, "/secret"],
  ])("with %s is a 400 that says where", async (_what, change, pointer) => {
    const answer = await hooks.ask("POST", "", account, { url: URL, ...change });
    expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual([pointer]);
  });

  test("an unknown or repeated parameter, and an id that is none, is a 400 that names it", async () => {
    const named = async (method: string, path: string) =>
      pointers(problemOf(await hooks.ask(method, path, account), 400, "invalid-request"));
    expect(await named("GET", "?page=2")).toEqual(["page"]);
    expect(await named("DELETE", `/${ABSENT}?force=true`)).toEqual(["force"]);
    expect(await named("GET", "/nobody")).toEqual(["id"]);
    expect(await named("GET", "/default")).toEqual(["id"]);
    expect(await named("DELETE", "/default")).toEqual(["id"]);
    expect(await named("POST", "/default/enable")).toEqual(["id"]);
    expect(await named("POST", "/default/test")).toEqual(["id"]);
    expect(await named("POST", "/default/deliveries/x/redeliver")).toEqual(["delivery_id"]);
  });
});

describe("another tenant's webhook", () => {
  test("is answered like one that is not there, byte for byte", async () => {
    const { endpoint_id } = await hooks.create(account);
    await hooks.happen(account);
    const [delivery] = (await hooks.pageOf(`/${endpoint_id}/deliveries`, account)).deliveries;
    const delivery_id = delivery?.delivery_id ?? "";
    const seen = async (method: string, path: string, ids: Record<string, string>) => {
      const answer = await hooks.ask(method, path, other);
      const document = problemOf(answer, 404, "not-found");
      let text = answer.text.replace(document.trace_id, "");
      for (const [name, id] of Object.entries(ids)) text = text.replaceAll(id, name);
      return text;
    };
    for (const [method, path] of [
      ["GET", "/ID"],
      ["DELETE", "/ID"],
      ["POST", "/ID/rotate"],
      ["POST", "/ID/enable"],
      ["POST", "/ID/test"],
      ["GET", "/ID/deliveries"],
      ["POST", "/ID/deliveries/DELIVERY/redeliver"],
    ] as const) {
      const theirs = path.replace("ID", endpoint_id).replace("DELIVERY", delivery_id);
      const absent = path.replace("ID", ABSENT).replace("DELIVERY", ABSENT);
      expect(await seen(method, theirs, { ID: endpoint_id, DELIVERY: delivery_id }), path).toBe(
        (await seen(method, absent, { ID: ABSENT })).replace("deliveries/ID", "deliveries/DELIVERY"),
      );
    }
    problemOf(await hooks.ask("POST", `/default/deliveries/${delivery_id}/redeliver`, other), 404, "not-found");
    expect((await hooks.ask("GET", `/${endpoint_id}`, account)).status).toBe(200);
  });
});

describe("deliveries", () => {
  test("are listed newest first, in pages, by status", async () => {
    const mine = await hooks.tenant();
    const { endpoint_id } = await hooks.create(mine);
    const runs = [await hooks.happen(mine), await hooks.happen(mine), await hooks.happen(mine)];
    const first = await hooks.pageOf(`/${endpoint_id}/deliveries?limit=2`, mine);
    const last = await hooks.pageOf(`/${endpoint_id}/deliveries?limit=2&cursor=${first.next_cursor}`, mine);
    expect([...first.deliveries, ...last.deliveries].map(({ run_id }) => run_id)).toEqual(runs.toReversed());
    expect(last.next_cursor).toBeNull();
    expect(first.deliveries[0]).toMatchObject({ type: "run.canceled", url: URL, status: "pending", attempts: 0 });
    expect((await hooks.pageOf(`/${endpoint_id}/deliveries?status=pending`, mine)).deliveries).toHaveLength(3);
    expect((await hooks.pageOf(`/${endpoint_id}/deliveries?status=delivered`, mine)).deliveries).toEqual([]);
  });

  test("are sent again when it is asked for, but for those of a webhook that is disabled", async () => {
    const mine = await hooks.tenant();
    const { endpoint_id } = await hooks.create(mine);
    await hooks.happen(mine);
    const [delivery] = (await hooks.pageOf(`/${endpoint_id}/deliveries`, mine)).deliveries;
    await world.owner.query(
      "UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL WHERE delivery_id = $1",
      [delivery?.delivery_id ?? ""],
    );
    const again = () => hooks.ask("POST", `/${endpoint_id}/deliveries/${delivery?.delivery_id}/redeliver`, mine);
    const answer = await again();
    expect(answer.status).toBe(202);
    expect(answers.deliveryView.parse(answer.body)).toMatchObject({ event_id: delivery?.event_id, status: "pending" });
    await world.owner.query("UPDATE webhook_endpoints SET status = 'disabled' WHERE endpoint_id = $1", [endpoint_id]);
    problemOf(await again(), 409, "webhook-disabled");
  });
});

test("a test event is sent when it is asked for, and listed; a disabled webhook gets none", async () => {
  const mine = await hooks.tenant();
  const { endpoint_id } = await hooks.create(mine, { events: ["run.failed"] });
  const ask = (body?: object) => hooks.ask("POST", `/${endpoint_id}/test`, mine, body);
  const answer = await ask();
  expect(answer.status).toBe(202);
  const delivery = answers.deliveryView.parse(answer.body);
  expect(delivery).toMatchObject({ type: "webhook.test", run_id: null, url: URL, status: "pending", attempts: 0 });
  expect((await hooks.pageOf(`/${endpoint_id}/deliveries`, mine)).deliveries).toEqual([delivery]);
  expect(pointers(problemOf(await ask({ type: "run.failed" }), 400, "invalid-request"))).toEqual(["/type"]);
  await world.owner.query("UPDATE webhook_endpoints SET status = 'disabled' WHERE endpoint_id = $1", [endpoint_id]);
  problemOf(await ask(), 409, "webhook-disabled");
  await world.owner.query("UPDATE webhook_endpoints SET status = 'active' WHERE endpoint_id = $1", [endpoint_id]);
  await world.owner.query("UPDATE unpaid_deliveries SET wanted = 1000 WHERE tenant_id = $1", [mine.tenant_id]);
  expect(
    Number(problemOf(await ask(), 429, "rate-limited") && (await ask()).headers.get("retry-after")),
  ).toBeGreaterThan(0);
});

describe("a run's own webhook", () => {
  test("is taken, is part of what its idempotency key stands for, and its deliveries are the default's", async () => {
    const mine = await hooks.tenant();
    const secret = answers.webhookSecret.parse((await hooks.ask("GET", "/default/secret", mine)).body);
    expect((await hooks.ask("GET", "/default/secret", mine)).body).toEqual(secret);
    expect((await hooks.pageOf("/default/deliveries", mine)).deliveries).toEqual([]);
    const idempotency_key = newIdempotencyKey();
    const submit = (change: Record<string, unknown>) =>
      post({ url: world.url, api_key: mine.api_key, idempotency_key, body: work(change) });
    const run = acceptedRun(await submit({ webhook: URL }));
    expect(acceptedRun(await submit({ webhook: URL })).run_id).toBe(run.run_id);
    problemOf(await submit({ webhook: `${URL}2` }), 409, "idempotency-conflict");
    problemOf(await submit({}), 409, "idempotency-conflict");
    const run_id = await hooks.happen(mine, { webhook: "https://127.0.0.1:4000/listed-by-the-operator" });
    const { deliveries } = await hooks.pageOf("/default/deliveries", mine);
    expect(deliveries).toMatchObject([{ run_id, url: "https://127.0.0.1:4000/listed-by-the-operator" }]);

    const rotated = answers.webhookSecret.parse((await hooks.ask("POST", "/default/rotate", mine)).body);
    expect(rotated.previous_secret_valid_until).not.toBeNull();
    expect((await hooks.ask("GET", "/default/secret", mine)).body).toEqual(rotated);
    expect((await hooks.ask("GET", "", mine)).body).toEqual({ webhooks: [] });
  });
});

test("while the operator has halted everything nothing is changed, and all can be read", async () => {
  const { endpoint_id } = await hooks.create(account);
  await setSwitch(world.owner, "halt");
  try {
    for (const [method, path, body] of [
      ["POST", "", { url: URL }],
      ["DELETE", `/${endpoint_id}`],
      ["POST", `/${endpoint_id}/rotate`],
      ["POST", `/${endpoint_id}/enable`],
      ["POST", `/${endpoint_id}/test`],
      ["POST", `/default/deliveries/${ABSENT}/redeliver`],
    ] as const)
      problemOf(await hooks.ask(method, path, account, body), 503, "read-only");
    expect((await get(`${world.url}/v1/webhooks/${endpoint_id}`, account.api_key)).status).toBe(200);
  } finally {
    await setSwitch(world.owner, "normal");
  }
});
