import { randomUUID } from "node:crypto";
import { fanOutEvents } from "#core/store/webhooks/fan-out-events.ts";
import { z } from "zod";
import type { Db } from "#core/ports/db.ts";
import { deliveryPage } from "../../edge/webhooks/schemas.ts";
import { eventually } from "../support/eventually.ts";
import { acceptedRun, bearer, call, cancelRun, get, post } from "./client.ts";
import { operations } from "./document.ts";
import type { Account } from "../dev/add-tenant.ts";
import { type Sample, sampleOf } from "./sample.ts";

/** Sends it; what `change` names takes the place of what the sample has. */
export function send(url: string, sample: Sample, change: RequestInit & { readonly query?: string } = {}) {
  const { query = "", ...init } = change;
  const body = sample.body === undefined ? {} : { body: JSON.stringify(sample.body) };
  const headers = new Headers(sample.headers);
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return call(url + sample.path + query, {
    method: sample.method,
    ...body,
    ...init,
    headers,
  });
}

const withId = z.record(z.string(), z.unknown());

/** Where things are made, and what hands out the events of runs. */
interface Maker {
  readonly url: string;
  readonly backend: Db;
}

/** The ids of new things of this account, of the kinds that stand before the path's parameters. */
export async function newThings(maker: Maker, owner: Account, path: string): Promise<readonly string[]> {
  const [collection = "", ...inner] = path.split(/\/\{\w+\}/);
  const id = await newThing(maker.url, owner, collection);
  return inner[0] === "/deliveries" && inner.length > 1 ? [id, await newDelivery(maker, owner, id)] : [id];
}

async function newThing(url: string, owner: Account, collection: string): Promise<string> {
  const create = operations.find((each) => each.path === collection && each.method === "POST");
  if (create === undefined) throw new Error(`nothing is created at ${collection}`);
  const answer = await send(url, sampleOf(create), { headers: bearer(owner.api_key) });
  const named = Object.entries(withId.parse(answer.body)).find(([name]) => /^(id|\w+_id)$/.test(name));
  const id = z.uuid().safeParse(named?.[1]);
  if (!id.success) throw new Error(`${collection} answered ${answer.status} without an id: ${answer.text}`);
  return id.data;
}

/** What this webhook is to be told of a run that is canceled at once. */
async function newDelivery({ url, backend }: Maker, { api_key }: Account, webhook_id: string): Promise<string> {
  const run = acceptedRun(await post({ url, api_key }));
  await cancelRun(`${url}/v1/runs/${run.run_id}`, api_key);
  // Another round may hold the event at this moment.
  return eventually(async () => {
    await fanOutAll(backend);
    const page = await get(`${url}/v1/webhooks/${webhook_id}/deliveries`, api_key);
    const [delivery] = deliveryPage.parse(page.body).deliveries;
    if (delivery === undefined) throw new Error(`nothing is to be delivered to ${webhook_id}`);
    return delivery.delivery_id;
  });
}

/** Turns every event that waits into its deliveries, as rounds of the reaper do. */
export async function fanOutAll(backend: Db): Promise<void> {
  let after: string | undefined;
  for (;;) {
    const { events, go_on_after } = await fanOutEvents(backend, 100, after);
    if (events === 0) return;
    after = go_on_after;
  }
}

export const absentId = (): string => randomUUID();
