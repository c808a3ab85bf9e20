import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { micros } from "#core/domain/money.ts";
import { Outage } from "#core/domain/outage.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { setPlan } from "#core/store/plans/set-plan.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type Event, type EventOf, instant, type Scribe, spanFrom } from "./history.ts";
import { tenantOf } from "./load.ts";
import type { Seeded } from "./seeded.ts";
import { addChaosKey, type ChaosTenant, CHANGES, TENANTS } from "./tenants.ts";
import { TIMES, type World } from "./world.ts";

interface Me {
  readonly world: World;
  readonly scribe: Scribe;
}

type Unsure = Extract<EventOf<"grant">["outcome"], { kind: "unknown" }>;
const nothing = async (work: Promise<unknown>) => work.then(() => ({ kind: "ok" as const }));

/** Does one thing in Postgres and then, mostly, tells the mirror, as the operator's commands do. */
async function perform<R extends { readonly kind: "ok" }>(
  me: Me,
  tenant: ChaosTenant,
  work: () => Promise<R>,
  event: (base: ReturnType<typeof spanFrom> & { tenant_id: string }, outcome: R | Unsure) => Event,
): Promise<void> {
  const began = instant();
  const outcome = await work().catch((error: unknown): Unsure => {
    if (!(error instanceof Outage)) throw error;
    return { kind: "unknown", why: error.store };
  });
  me.scribe.write(event({ ...spanFrom(began), tenant_id: tenant.tenant_id }, outcome));
  const { db, redis } = me.world;
  await syncTenant({ db, redis }, { tenant_id: tenant.tenant_id }, TIMES.grace).catch(() => undefined);
}

function grant(me: Me, tenant: ChaosTenant, grant_id: string, amount: number) {
  const { tenant_id } = tenant;
  return perform(
    me,
    tenant,
    () => nothing(grantCredit(me.world.db, { tenant_id, grant_id, amount: micros(amount) })),
    (base, outcome) => ({ op: "grant", ...base, grant_id, amount, outcome }),
  );
}

function clawBack(me: Me, tenant: ChaosTenant, clawback_id: string, amount: number) {
  const { tenant_id } = tenant;
  return perform(
    me,
    tenant,
    async () => {
      const taken = await clawbackCredit(me.world.db, { tenant_id, clawback_id, amount: micros(amount) });
      if (taken === undefined) throw new Error(`no tenant ${tenant_id}`);
      return { kind: "ok", taken: taken.taken_micros };
    },
    (base, outcome) => ({ op: "clawback", ...base, clawback_id, amount, outcome }),
  );
}

/** The credit that tenants begin with. */
export async function grantFirst(world: World, scribe: Scribe): Promise<void> {
  for (const tenant of world.tenants) {
    await grant({ world, scribe }, tenant, `first-${tenant.name}`, TENANTS[tenant.name].first_grant);
  }
}

/** What was given or taken, to be repeated under its id. */
type Repeat = () => Promise<void>;

/** Gives and takes credit, sometimes under the same id again or at once; revokes keys; changes plans; until `stop`. */
export async function operate(world: World, random: Seeded, scribe: Scribe, stop: AbortSignal): Promise<void> {
  const me = { world, scribe };
  const changing = tenantOf(world, "changing");
  const done: Repeat[] = [];
  const credit = (how: typeof grant): Repeat => {
    const tenant = random.chance(0.8) ? tenantOf(world, "poor") : random.pick(world.tenants);
    const [id, amount] = [randomUUID(), random.whole(5_000, 40_000)];
    const repeat = () => how(me, tenant, id, amount);
    done.push(repeat);
    return repeat;
  };
  const doings = {
    grant: () => credit(grant)(),
    twice: () => thrice(credit(grant)),
    clawback: () => credit(clawBack)(),
    "clawback twice": () => thrice(credit(clawBack)),
    again: async () => (done.length > 0 ? random.pick(done)() : undefined),
    revoke: () => replaceKey(me, changing, random),
    plan: () => changePlan(me, changing, random.pick(CHANGES)),
    cap: () => renewCap(world, random),
  };
  while (!stop.aborted) {
    await sleep(random.whole(200, 1_200), undefined, { signal: stop }).catch(() => undefined);
    const what = random.choose({
      grant: 54,
      twice: 7,
      clawback: 6,
      "clawback twice": 3,
      again: 14,
      revoke: 5,
      plan: 8,
      cap: 3,
    });
    await doings[what]().catch((error: unknown) => {
      // A key that could not be made: the next one will be.
      if (!(error instanceof Outage)) throw error;
    });
  }
}

const thrice = (work: Repeat): Promise<unknown> => Promise.all([work(), work(), work()]);

function changePlan(me: Me, tenant: ChaosTenant, plan_id: string): Promise<void> {
  return perform(
    me,
    tenant,
    () => nothing(setPlan(me.world.db, tenant.tenant_id, plan_id)),
    (base, outcome) => ({ op: "plan", ...base, plan_id, outcome }),
  );
}

/** The old key stays in some hands for a while, so that it is tried after its end. */
async function replaceKey(me: Me, tenant: ChaosTenant, random: Seeded): Promise<void> {
  const key = await addChaosKey(me.world.db, tenant.tenant_id, undefined);
  const old = random.pick(tenant.keys);
  tenant.keys = [...tenant.keys, key].slice(-3);
  const { key_id } = old;
  await perform(
    me,
    tenant,
    () => nothing(revokeKey(me.world.db, key_id)),
    (base, outcome) => ({ op: "revoke", ...base, key_id, outcome }),
  );
}

/** Another key with a budget of its own, once the one before may be spent. */
async function renewCap(world: World, random: Seeded): Promise<void> {
  const capped = tenantOf(world, "capped");
  const key = await addChaosKey(world.db, capped.tenant_id, random.whole(40_000, 200_000));
  capped.keys = [...capped.keys.slice(0, 1), ...capped.keys.slice(-1), key];
}
