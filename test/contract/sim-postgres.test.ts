import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { newId } from "#core/domain/ids.ts";
import { micros } from "#core/domain/money.ts";
import type { Db } from "#core/ports/db.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { closeRun } from "#core/store/runs/close-run.ts";
import { definePlan } from "#core/store/plans/define-plan.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { requeueUncounted } from "#core/store/runs/requeue-uncounted.ts";
import { findExpiredLeases, requeueExpired } from "#core/store/runs/expired-leases.ts";
import { findStaleClaims, rollBack } from "#core/store/runs/stale-claims.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import { type Host, openHost } from "../tools/sim/stores/host.ts";
import { SimPostgres } from "../tools/sim/stores/postgres.ts";
import { createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";
import { installSqlClock, type SqlClock } from "./support/sql-clock.ts";
import tenantStateSql from "./support/tenant-state.sql";
import { addKey, addTenant } from "../dev/add-tenant.ts";

const SEED = 20_261_124;
const RUNS = 3;
const LEASE = { lease_seconds: 120, max_attempts: 2 };
type Roles = Pick<MoneyWorld, "owner" | "edge" | "backend">;

let plain: MoneyWorld;
let clock: SqlClock;
let host: Host;
let sim: SimPostgres;
beforeAll(async () => {
  plain = await createMoneyWorld();
  clock = await installSqlClock(plain.owner);
  const { databaseUrl, redisUrl } = inject("stack");
  host = await openHost({ database_url: databaseUrl, redis_url: redisUrl });
  sim = new SimPostgres(host);
});
afterAll(async () => {
  await host.close();
  await plain.close();
});

const simDb = (role: "owner" | "edge" | "backend"): Db => ({
  query: (statement, values) => sim.query(role, statement, values, clock.now()),
});

/** What a trace speaks of, the same to both. */
function newCast() {
  const runs = Array.from({ length: RUNS }, () => ({
    run_id: newId(clock.now(), Buffer.from(randomUUID().slice(0, 16))),
    idempotency_key: randomUUID(),
  }));
  const tokens = [randomUUID(), randomUUID()];
  return { tenant_id: randomUUID(), key_id: randomUUID(), key_sha256: sha256Hex(randomUUID()), runs, tokens };
}
type Cast = ReturnType<typeof newCast>;

async function openAccount({ owner }: Roles, { tenant_id, key_id, key_sha256 }: Cast): Promise<void> {
  const plan_id = `plan-${tenant_id}`;
  await definePlan(owner, plan_id, { max_open_runs: 2 }, ["decision"]);
  await addTenant(owner, { tenant_id, plan_id, funds: 60_000 });
  await addKey(owner, tenant_id, { key_id, key_sha256 });
}

interface Step {
  readonly name: keyof typeof steps;
  readonly run: number;
  readonly token: number;
  readonly reserve: number;
}

const fail = { status: "FAILED", charge: micros(500), reason_code: "PACK_CRASHED", reason_detail: "crash" } as const;
const steps = {
  submit: ({ edge }: Roles, cast: Cast, step: Step) => {
    const run = submission(cast, { ...cast.runs[step.run], reserve: micros(step.reserve) });
    return submitRun(edge, run, { mode: "reserve", deadline_ms: clock.now() + 1_000 });
  },
  claim: ({ backend }: Roles, cast: Cast, step: Step) =>
    leaseRun(createLeaseBatch(backend), { ...named(cast, step).lease, ...LEASE }),
  beat: ({ backend }: Roles, cast: Cast, step: Step) =>
    extendLease(backend, named(cast, step).lease, { lease_seconds: LEASE.lease_seconds, grace_seconds: 30 }),
  begin: async ({ backend }: Roles, cast: Cast, step: Step) => {
    const { lease } = named(cast, step);
    for (let attempt = 1; attempt <= LEASE.max_attempts; attempt++) {
      const begun = await beginFinalize(
        createClaimBatch(backend),
        { ...lease, attempt },
        cast.tokens[step.token] ?? "",
      );
      if (begun !== "lost") return begun;
    }
    return "lost";
  },
  requeueUncounted: ({ backend }: Roles, cast: Cast, step: Step) => requeueUncounted(backend, named(cast, step).lease),
  cancel: ({ edge }: Roles, cast: Cast, step: Step) => cancelRun(edge, cast.key_sha256, named(cast, step).run_id),
  fail: ({ backend }: Roles, cast: Cast, step: Step) => {
    const { run_id, lease } = named(cast, step);
    return closeRun(backend, run_id, { stage: "leased", lease_token: lease.lease_token }, fail);
  },
  reap: async ({ backend }: Roles) => {
    const answers: unknown[] = [];
    for (const expired of await findExpiredLeases(backend)) {
      answers.push(expired, await requeueExpired(backend, expired, LEASE.max_attempts));
    }
    return answers;
  },
  undo: async ({ backend }: Roles) => {
    const answers: unknown[] = [];
    for (const stale of await findStaleClaims(backend, LEASE.lease_seconds)) {
      answers.push(stale, await rollBack(backend, stale));
    }
    return answers;
  },
};

function named(cast: Cast, step: Step) {
  const run_id = cast.runs[step.run]?.run_id ?? "";
  return { run_id, lease: { run_id, lease_token: cast.tokens[step.token] ?? "" } };
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(...(Object.keys(steps) as Step["name"][]), "submit", "submit", "claim", "claim"),
  run: fc.nat(RUNS - 1),
  token: fc.constantFrom(0, 0, 0, 1),
  reserve: fc.constantFrom(5_000, 45_000),
});
const pause = fc.constantFrom(0, 0, 1, 30, 121);

test("the simulator's Postgres answers every trace as a plain one does, and holds the same", async () => {
  const reached = new Set<string>();
  const world: Roles = { owner: simDb("owner"), edge: simDb("edge"), backend: simDb("backend") };
  const compare = async (trace: readonly (readonly [Step, number])[]) => {
    const cast = newCast();
    for (const each of [plain, world]) await openAccount(each, cast);
    for (const [done, seconds] of trace) {
      await clock.advance(seconds);
      const answer = await steps[done.name](plain, cast, done);
      expect(await steps[done.name](world, cast, done), JSON.stringify(done)).toEqual(answer);
      reached.add(`${done.name}: ${kindOf(answer)}`);
    }
    const state = await plain.owner.query(tenantStateSql, [cast.tenant_id]);
    expect(await world.owner.query(tenantStateSql, [cast.tenant_id])).toEqual(state);
  };
  const trace = fc.array(fc.tuple(step, pause), { minLength: 10, maxLength: 30 });
  await fc.assert(fc.asyncProperty(trace, compare), { numRuns: 25, seed: SEED });
  const wanted = {
    submit: "inserted existing insufficient too-many-open",
    claim: "leased busy over",
    beat: "extended lost",
    begin: "some lost",
    requeueUncounted: "kept",
    cancel: "canceled absent",
    fail: "some none",
    reap: "some none",
    undo: "some none",
  };
  const all = Object.entries(wanted).flatMap(([name, kinds]) => kinds.split(" ").map((kind) => `${name}: ${kind}`));
  expect([...reached]).toEqual(expect.arrayContaining(all));
});

/** What a reader would call this answer. */
function kindOf(answer: unknown): string {
  if (answer === undefined) return "none";
  if (Array.isArray(answer)) return answer.length > 0 ? "some" : "none";
  if (typeof answer === "string") return answer;
  const { outcome, kind = "some" } = answer as { readonly outcome?: string; readonly kind?: string };
  return outcome ?? kind;
}
