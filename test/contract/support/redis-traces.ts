import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { micros } from "#core/domain/money.ts";
import { newId } from "#core/domain/ids.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { type Scope, scope } from "#core/domain/plan.ts";
import type { Redis } from "#core/ports/redis.ts";
import type { TenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import { admit } from "#core/store/redis/admit.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { tenantKeys, tenantOfKey } from "#core/store/redis/keys.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { readReservations } from "#core/store/redis/read-reservations.ts";
import { release } from "#core/store/redis/release.ts";
import { settle } from "#core/store/redis/settle.ts";
import { sync } from "#core/store/redis/sync.ts";
import { keyOf } from "./shield-harness.ts";

const RUNS = 5;
const MINUTE_MS = 60_000;
const PACKS = ["decision", "url"];

/** One tenant of a trace, the same to both servers. */
export function newTenant() {
  const run_ids = Array.from({ length: RUNS }, () => newId(Date.now(), Buffer.from(randomUUID().slice(0, 16))));
  const keys = [sha256Hex(randomUUID()), sha256Hex(randomUUID())] as const;
  return { tenant_id: randomUUID(), key_id: randomUUID(), run_ids, keys };
}
type Tenant = ReturnType<typeof newTenant>;

const run = fc.nat(RUNS - 1);
const key = fc.constantFrom(0, 0, 0, 1);
const version = fc.integer({ min: 1, max: 4 }).map(String);
// So slow that no trace lasts until the next one may come: who is refused does not depend on the time.
const rate = fc.constantFrom(1, 2);
const ownRate = fc.constantFrom(null, null, 1);
const burst = fc.constantFrom(2, 20, 20);
const scopes = fc.oneof({ arbitrary: fc.constant<Scope[]>(["submit", "read"]), weight: 3 }, fc.subarray(scope.options));
const ttl = fc.constantFrom(undefined, 5 * MINUTE_MS, 60 * MINUTE_MS);

const anyPlan = fc.record({
  version,
  submit_per_minute: rate,
  submit_burst: burst,
  read_per_minute: rate,
  read_burst: burst,
  max_open_runs: fc.constantFrom(1, 3, 10),
  max_cost_micros: fc.constantFrom("20000", "50000"),
  pack_types: fc.constantFrom(["decision"], PACKS),
});
const anyMirroredKey = fc.record({
  key,
  status: fc.constantFrom("active" as const, "active" as const, "active" as const, "revoked" as const),
  expires_at_ms: fc.constantFrom(null, null, null, "1000", String(Date.UTC(2100, 0))),
  scopes,
  submit_per_minute: ownRate,
  read_per_minute: ownRate,
  version,
});
const reserve = fc.constantFrom(10_000, 30_000, 60_000);

const steps = {
  admit: fc.record({
    run,
    key,
    intent: run,
    payload: fc.constantFrom("a", "a", "b"),
    reserve,
    price: fc.constantFrom(1_000, 30_000),
    pack: fc.constantFrom(...PACKS),
  }),
  release: fc.record({ run, intent: run }),
  settle: fc.record({ run, charged: fc.constantFrom(0, 5_000, 10_000) }),
  authorize: fc.record({ key, scope: fc.constantFrom(...scope.options) }),
  "read-clock": fc.constant({}),
  "read-reservations": fc.constant({}),
  /** By the clock that was read so many readings ago, or by one read for it. */
  sync: fc.record({
    back: fc.constantFrom(undefined, undefined, 0, 1),
    grace_seconds: fc.constantFrom(0, 90),
    available: fc.constantFrom(0, 25_000, 100_000, 900_000_000_000_000),
    open: fc.subarray(
      Array.from({ length: RUNS }, (_, index) => index),
      { maxLength: 2 },
    ),
    ended: fc.subarray(
      Array.from({ length: RUNS }, (_, index) => index),
      { maxLength: 2 },
    ),
    plan: anyPlan,
    keys: fc.uniqueArray(anyMirroredKey, { selector: ({ key }) => key, minLength: 1 }),
  }),
  get: fc.record({ key }),
  set: fc.record({ key, ttl_ms: ttl }),
  /** What nobody of ours puts there: hints that name no run, and other types. */
  "set-astray": fc.record({ at: fc.constantFrom("hint", "hint", "plan", "key"), ttl_ms: ttl }),
};
type Steps = { [Kind in keyof typeof steps]: { readonly kind: Kind } & FcValue<(typeof steps)[Kind]> };
type FcValue<A> = A extends fc.Arbitrary<infer Value> ? Value : never;
export type Step = Steps[keyof Steps];

const WEIGHTS: Readonly<Record<string, number>> = { admit: 10, release: 3, settle: 3, authorize: 4, sync: 4 };
const anyStep = fc.oneof(
  ...Object.entries(steps).map(([kind, given]) => ({
    arbitrary: (given as fc.Arbitrary<object>).map((step) => ({ kind, ...step }) as Step),
    weight: WEIGHTS[kind] ?? 1,
  })),
);
export const anyTrace = fc
  .tuple(steps.sync, fc.array(anyStep, { minLength: 8, maxLength: 30 }))
  .map(([first, rest]): readonly Step[] => [{ kind: "sync", ...first }, ...rest]);
export const anyKey = fc.record({
  name: fc.constantFrom("one", "two", "three"),
  ttl_ms: fc.constantFrom(undefined, 1, 1_000, 2_000, 4_000),
});

/** Two steps at one time come in no order: on a server with a coarse clock they wait for its next tick. */
export async function clockMoved(redis: Redis): Promise<void> {
  const before = await readClock(redis);
  while ((await readClock(redis)) === before);
}

/** Takes a step on one server. What depends on its time is not in the answer; an answer that is an error is one. */
export async function take(
  redis: Redis,
  tenant: Tenant,
  clocks: string[],
  step: Step,
): Promise<{ readonly kind: string }> {
  try {
    const answer = await ask(redis, tenant, clocks, step);
    if (!("rate" in answer)) return answer;
    const { reset_ms: _reset, retry_ms: _retry, ...timeless } = answer.rate as Record<"reset_ms" | "retry_ms", number>;
    return { ...answer, rate: timeless } as { readonly kind: string };
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return { kind: "error" };
    throw error;
  }
}

async function ask(redis: Redis, tenant: Tenant, clocks: string[], step: Step): Promise<{ readonly kind: string }> {
  const { tenant_id } = tenant;
  const done = { kind: "done" };
  const run_id = (index: number) => tenant.run_ids[index] ?? "";
  const key_sha256 = "key" in step ? (tenant.keys[step.key] ?? "") : "";
  const intent = (index: number) => sha256Hex(`${tenant_id} ${index}`);
  if (step.kind === "admit") {
    const { pack: pack_type, payload } = step;
    const price = micros(step.price);
    const names = { tenant_id, key_sha256, run_id: run_id(step.run), idempotency_sha256: intent(step.intent) };
    return admit(redis, {
      ...names,
      payload_sha256: sha256Hex(payload),
      reserve: micros(step.reserve),
      price,
      pack_type,
    });
  }
  if (step.kind === "authorize") return authorize(redis, { tenant_id, key_sha256, scope: step.scope });
  if (step.kind === "read-clock") clocks.push(await readClock(redis));
  if (step.kind === "read-reservations") {
    const { run_ids } = await readReservations(redis, tenant_id);
    return { ...done, run_ids: run_ids.toSorted() } as { readonly kind: string };
  }
  if (step.kind === "sync") {
    const clock_read = (step.back === undefined ? undefined : clocks.at(-1 - step.back)) ?? (await readClock(redis));
    const { grace_seconds } = step;
    return sync(redis, snapshotOf(tenant, step), { clock_read, grace_seconds, ended: step.ended.map(run_id) });
  }
  if (step.kind === "release")
    await release(redis, { tenant_id, run_id: run_id(step.run), idempotency_sha256: intent(step.intent) });
  if (step.kind === "settle")
    await settle(redis, { tenant_id, run_id: run_id(step.run), charged: micros(step.charged) });
  if (step.kind === "get") {
    const value = await redis.get(tenantOfKey(key_sha256));
    return value === null ? { kind: "nothing" } : ({ kind: "found", value } as { readonly kind: string });
  }
  if (step.kind === "set") await redis.set(tenantOfKey(key_sha256), tenant_id, step.ttl_ms);
  if (step.kind === "set-astray") {
    const keys = tenantKeys(tenant_id);
    const at = { hint: keys.hint(intent(0)), plan: keys.plan, key: keys.key(tenant.keys[0]) }[step.at] ?? "";
    await redis.set(at, "astray", step.ttl_ms);
  }
  return done;
}

function snapshotOf({ tenant_id, key_id, run_ids, keys }: Tenant, step: Steps["sync"]): TenantSnapshot {
  return {
    tenant_id,
    available_micros: micros(step.available),
    open_runs: step.open.map((run) => ({ run_id: run_ids[run] ?? "", micros: "10000" })),
    plan: step.plan,
    keys: step.keys.map(({ key, ...rest }) =>
      keyOf({
        sha256: keys[key] ?? "",
        key_id,
        submit_limits: rest.submit_per_minute === null ? [] : [{ id: key_id, per_minute: rest.submit_per_minute }],
        read_limits: rest.read_per_minute === null ? [] : [{ id: key_id, per_minute: rest.read_per_minute }],
        ...rest,
      }),
    ),
  };
}
