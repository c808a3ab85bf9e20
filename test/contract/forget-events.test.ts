import { afterAll, expect, it } from "vitest";
import { forgetEvents } from "#core/store/webhooks/forget-events.ts";
import { sweepOldEvents } from "../../backend/reaper/sweeps/old-events.ts";
import { recorder } from "./support/recorder.ts";
import { createWebhookWorld, receiver } from "./support/webhook-world.ts";

const world = await createWebhookWorld();
afterAll(() => world.close());

/** A tenant's events of 40 days ago, six of them, of which something is pending for the oldest four. */
async function six() {
  const account = await world.tenant();
  await using server = await receiver();
  const { endpoint_id } = await world.endpoint(account, server.url);
  for (let i = 0; i < 6; i++) await world.happen(account);
  await world.sweep();
  await world.owner.query(
    "UPDATE outbox_events SET created_at = created_at - interval '40 days' WHERE tenant_id = $1",
    [account.tenant_id],
  );
  await world.owner.query(
    `UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = now() + interval '1 hour'
      WHERE event_id IN (SELECT event_id FROM outbox_events WHERE tenant_id = $1 ORDER BY created_at LIMIT 4)`,
    [account.tenant_id],
  );
  return { left: async () => (await world.deliveries(account, endpoint_id)).length };
}

it("old events of which something is pending hide no others behind them", async () => {
  const { left } = await six();
  const first = await forgetEvents(world.backend, 30, 4);
  expect({ ...first, left: await left() }).toEqual({ events: 0, last: expect.anything(), left: 6 });
  expect(await forgetEvents(world.backend, 30, 4, first.last)).toEqual({ events: 2, last: undefined });
  expect(await left()).toBe(4);
});

it("the sweep of old events begins where the last one ended, and at the start once it came to the end", async () => {
  const { left } = await six();
  const turn = { after: undefined };
  await sweepOldEvents({ db: world.backend, ...recorder() }, new AbortController().signal, turn);
  expect({ left: await left(), turn }).toEqual({ left: 4, turn: { after: undefined } });
});

it.each([-1, -40])("%i days are refused: no event of the future is old", async (days) => {
  const { left } = await six();
  await expect(forgetEvents(world.backend, days, 4)).rejects.toThrow("days must be zero or more");
  expect(await left()).toBe(6);
});
