import { setTimeout as sleep } from "node:timers/promises";
import { type Caller, Client, type Payload } from "./client.ts";
import type { Refused, Scribe } from "./history.ts";
import type { Seeded } from "./seeded.ts";
import { type ChaosTenant, type TenantName, TENANTS } from "./tenants.ts";
import { newPayload } from "./work.ts";
import type { World } from "./world.ts";

const TRIES = 14;
const WATCH_MS = 25_000;
const SHARES = Object.fromEntries(Object.entries(TENANTS).map(([name, { share }]) => [name, share])) as Record<
  TenantName,
  number
>;

interface Me {
  readonly name: string;
  readonly world: World;
  readonly client: Client;
  readonly random: Seeded;
  readonly stop: AbortSignal;
}

/** One client: one piece of work after the other until `stop`. */
export async function workAway(world: World, name: string, random: Seeded, scribe: Scribe, stop: AbortSignal) {
  const edges = [world.system.edgeUrlOf("edge"), world.system.edgeUrlOf("edge-2")];
  // Between regions half of all requests cross over, so that most keys are asked for at both.
  const client = new Client(name, { edges, crossing: world.shields.length > 1 ? 0.5 : 0.1 }, random, scribe);
  const me = { name, world, client, random, stop };
  for (let count = 0; !stop.aborted; count += 1) {
    const kind = random.choose({ run: 70, budget: 12, probe: 8, look: 10 });
    const caller = newCaller(me);
    if (kind === "run") await run(me, caller, `${name}-${String(count).padStart(6, "0")}`);
    else if (kind === "budget") await client.budget(caller);
    else if (kind === "probe") await probe(me, caller);
    else if (caller.tenant.runs.length > 0) await client.look(caller, random.pick(caller.tenant.runs));
    await pause(me, 0, 60);
  }
}

function newCaller({ world, random }: Me): Caller {
  const name = random.choose(SHARES);
  const tenant = tenantOf(world, name);
  return { tenant, key: random.pick(tenant.keys) };
}

export function tenantOf(world: World, name: TenantName): ChaosTenant {
  const tenant = world.tenants.find((each) => each.name === name);
  if (tenant === undefined) throw new Error(`no tenant ${name}`);
  return tenant;
}

const pause = ({ random, stop }: Me, from: number, to: number) =>
  sleep(random.whole(from, to), undefined, { signal: stop }).catch(() => undefined);

/** Submits as an agent would, and as a confused one would: twice at once, with little patience, with another payload. */
async function run(me: Me, caller: Caller, idempotency_key: string): Promise<void> {
  const { client, random, world } = me;
  const payload = newPayload(random, world.pages, `question of ${idempotency_key}`);
  const rival = newPayload(random, world.pages, `another question of ${idempotency_key}`);
  const style = random.choose({ plain: 70, twice: 12, hasty: 10, rival: 8 });
  if (style === "twice") {
    const many = random.whole(2, 4);
    await Promise.all(Array.from({ length: many }, () => client.submit(caller, idempotency_key, payload)));
  }
  if (style === "hasty") await client.submit(caller, idempotency_key, payload, random.whole(1, 40));
  if (style === "rival") {
    const both = [client.submit(caller, idempotency_key, payload), client.submit(caller, idempotency_key, rival)];
    await Promise.all(both);
  }
  const run_id = await persuade(me, caller, idempotency_key, payload);
  if (run_id === undefined) return;

  if (world.hasCancel && random.chance(0.12)) {
    await pause(me, 0, 300);
    await client.cancel(caller, run_id);
  }
  if (random.chance(0.6)) await watch(me, caller, run_id);
  if (random.chance(0.2)) await client.submit(caller, idempotency_key, payload);
  if (random.chance(0.08)) await client.submit(caller, idempotency_key, rival);
}

/** Sends the same request again, under the same key, until its outcome is known or hope is lost. */
async function persuade(me: Me, caller: Caller, idempotency_key: string, payload: Payload) {
  const { client, random, stop } = me;
  for (let tries = 0; tries < TRIES && !stop.aborted; tries += 1) {
    const outcome = await client.submit(caller, idempotency_key, payload);
    if (outcome.kind === "ok") return outcome.run_id;
    if (outcome.kind === "refused" && (isFinal(outcome) || random.chance(0.4))) return undefined;
    await pause(me, 50, outcome.kind === "unknown" ? 1_500 : 800);
  }
}

const isFinal = ({ status }: Refused): boolean => [400, 401, 403, 409].includes(status);

async function watch(me: Me, caller: Caller, run_id: string): Promise<void> {
  const { client, random, stop } = me;
  const until = performance.now() + WATCH_MS;
  while (!stop.aborted && performance.now() < until) {
    const seen = await client.look(caller, run_id);
    if (seen.kind === "refused" && seen.status === 401) return;
    if (seen.kind === "ok" && seen.status !== "QUEUED" && seen.status !== "PROCESSING") {
      if (seen.status === "COMPLETED" && random.chance(0.5)) await client.result(caller, run_id);
      return;
    }
    await pause(me, 30, 400);
  }
}

async function probe({ world, client, random }: Me, caller: Caller): Promise<void> {
  const others = world.tenants.filter((each) => each !== caller.tenant && each.runs.length > 0);
  if (others.length === 0) return;
  const run_id = random.pick(random.pick(others).runs);
  const path = random.pick([`/v1/runs/${run_id}`, `/v1/runs/${run_id}/result`]);
  if (world.hasCancel && random.chance(0.3)) await client.probe(caller, "POST", `/v1/runs/${run_id}/cancel`);
  else await client.probe(caller, "GET", path);
}
