import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { newId } from "#core/domain/ids.ts";
import { newWebhookSecret } from "#core/domain/webhook.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import {
  defaultWebhookSecret,
  deleteWebhook,
  enableWebhook,
  rotateWebhook,
} from "#core/store/webhooks/change-webhook.ts";
import {
  claimDeliveries,
  type ClaimedDelivery,
  type AttemptResult,
  finishDelivery,
} from "#core/store/webhooks/claim-webhook-deliveries.ts";
import { createOwnKey } from "#core/store/keys/create-own-key.ts";
import { createWebhook } from "#core/store/webhooks/create-webhook.ts";
import { fanOutEvents } from "#core/store/webhooks/fan-out-events.ts";
import { forgetEvents } from "#core/store/webhooks/forget-events.ts";
import { revokeOwnKey } from "#core/store/keys/revoke-own-key.ts";
import { rotateOwnKey } from "#core/store/keys/rotate-own-key.ts";
import { redeliverWebhook } from "#core/store/webhooks/webhook-deliveries.ts";
import { WEBHOOK_SHARES } from "../../backend/reaper/sweeps/webhooks.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, submission } from "./support/money-world.ts";

const AT_ONCE = 10;
const STEPS_EACH = 120;
const MAX_KEYS = 100;
const ALL = { scopes: ["submit", "read", "admin"] } as const;

const world = await createMoneyWorld();
afterAll(() => world.close());

const pick = <T>(list: readonly T[]): T | undefined => list[list.length === 0 ? 0 : randomInt(list.length)];
const secret = () => newWebhookSecret(randomBytes(32));
const hashes = () => ({
  key_id: randomUUID(),
  live_sha256: randomBytes(32).toString("hex"),
  test_sha256: randomBytes(32).toString("hex"),
});

const ENDS: readonly AttemptResult[] = [
  { outcome: "delivered", status: 200, error: null, retry_seconds: null, slow: false },
  { outcome: "retry", status: 500, error: "http-error", retry_seconds: 0, slow: true },
  { outcome: "gone", status: 410, error: "gone", retry_seconds: null, slow: false },
];

/** What the owner of an account does to its webhooks, and the reaper to what they are told. */
function webhookSteps(account: Account) {
  const { key_sha256 } = account;
  const made: string[] = [];
  const claimed: ClaimedDelivery[] = [];
  const any = () => pick(made) ?? randomUUID();
  return [
    async () => {
      const endpoint_id = newId(Date.now(), randomBytes(16));
      const webhook = {
        endpoint_id,
        url: "https://hooks.example.com/",
        events: [],
        description: null,
        include_output: false,
        secret: secret(),
      };
      if ((await createWebhook(world.edge, key_sha256, webhook)).outcome === "created") made.push(endpoint_id);
    },
    () => deleteWebhook(world.edge, key_sha256, any()),
    () => enableWebhook(world.edge, key_sha256, any()),
    () => rotateWebhook(world.edge, key_sha256, { endpoint_id: pick([any(), undefined]), secret: secret() }),
    () => defaultWebhookSecret(world.edge, key_sha256, secret()),
    () => fanOutEvents(world.backend, 10),
    () => forgetEvents(world.backend, 0, 10),
    async () => {
      const mine = await claimDeliveries(world.backend, { quick: 8, slow: 8 }, WEBHOOK_SHARES);
      claimed.push(...mine);
      for (const delivery of mine) await finishDelivery(world.backend, delivery, pick(ENDS) as AttemptResult);
    },
    async () => {
      const delivery = pick(claimed);
      if (delivery !== undefined) await redeliverWebhook(world.edge, key_sha256, delivery);
    },
  ];
}

/** What two admin keys do to the keys of their account. */
function keySteps(admins: readonly Account[]) {
  const made: string[] = [];
  const by = () => pick(admins)?.key_sha256 ?? "";
  const any = () => pick(made) ?? randomUUID();
  return [
    async () => {
      const key = hashes();
      const wanted = { name: "key", scopes: ["read", "admin"] } as const;
      if ((await createOwnKey(world.edge, by(), wanted, key)).outcome === "created") made.push(key.key_id);
    },
    () => rotateOwnKey(world.edge, by(), { key_id: any(), grace_seconds: 1 }, hashes()),
    () => revokeOwnKey(world.edge, by(), any()),
  ];
}

/** A run that brings an address along, and is canceled by two at once. */
async function runAndCancel(admins: readonly Account[]): Promise<void> {
  const [first] = admins;
  if (first === undefined) return;
  const run = submission(first, { webhook: { url: "https://hooks.example.com/own", secret: secret() } });
  await world.submit(run);
  await Promise.all(admins.map(({ key_sha256 }) => cancelRun(world.edge, key_sha256, run.run_id)));
}

it("changes of keys and webhooks, runs and the telling of them wait for each other in one order", async () => {
  const account = await world.account({ funds: 100_000_000, key: ALL });
  const admins = [account, await world.key(account.tenant_id, ALL)];
  const steps = [...webhookSteps(account), ...keySteps(admins), () => runAndCancel(admins)];
  const one = async () => {
    for (let step = 0; step < STEPS_EACH; step++) await pick<() => Promise<unknown>>(steps)?.();
  };
  // A deadlock, or a lock that is not had in time, rejects.
  await Promise.all(Array.from({ length: AT_ONCE }, one));

  const [keys] = await world.owner.query(
    "SELECT count(*)::integer AS active FROM api_keys WHERE tenant_id = $1 AND status = 'active'",
    [account.tenant_id],
  );
  expect(keys?.["active"]).toBeLessThanOrEqual(MAX_KEYS);
  const stranded = `SELECT d.delivery_id FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
    WHERE d.status = 'pending' AND (w.status <> 'active' OR w.deleted_at IS NOT NULL)`;
  expect(await world.owner.query(stranded, [])).toEqual([]);
  const missed = `SELECT d.delivery_id FROM webhook_deliveries d JOIN webhook_endpoints w USING (endpoint_id)
    WHERE d.status = 'pending' AND coalesce(w.next_due_at, 'infinity') > greatest(d.next_attempt_at, clock_timestamp())`;
  expect(await world.owner.query(missed, [])).toEqual([]);
  expect(await world.imbalances()).toEqual([]);
});
