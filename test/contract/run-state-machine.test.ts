import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { closeRun } from "#core/store/runs/close-run.ts";
import { extendLease } from "#core/store/runs/extend-lease.ts";
import { freezeRun } from "#core/store/audit/freeze-run.ts";
import { requeueUncounted } from "#core/store/runs/requeue-uncounted.ts";
import { failExpired, type ExpiredLease, requeueExpired } from "#core/store/runs/expired-leases.ts";
import { closeAfterTombstone, rollBack, type StaleClaim } from "#core/store/runs/stale-claims.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld, newRunId, submission } from "./support/money-world.ts";
import { MODEL, type ModelRun, RunModel } from "./support/run-model.ts";
import { installSqlClock, type SqlClock } from "./support/sql-clock.ts";
import tenantStateSql from "./support/tenant-state.sql";

const PLATFORM_FAILURE = { detail: "lost", costs_fee: false };
const NOBODY = "00000000-0000-4000-8000-000000000000";
const LEASE_STEPS = [
  "heartbeat",
  "beginFinalize",
  "requeueUncounted",
  "requeueExpired",
  "failExpired",
  "fail",
] as const;
const CLAIM_STEPS = ["complete", "rollBack", "bury", "freeze"] as const;
type StepName = "claim" | "cancel" | (typeof LEASE_STEPS)[number] | (typeof CLAIM_STEPS)[number];
type Bearer = "its own" | "an old" | "another run's" | "the other kind of";

let world: MoneyWorld;
let clock: SqlClock;
beforeAll(async () => {
  world = await createMoneyWorld();
  clock = await installSqlClock(world.owner);
});
afterAll(() => world.close());

/** What was reached, so that a machine that never moves proves nothing. */
const reached = new Set<string>();

/** The token with which a step comes. */
function tokenOf(model: RunModel, run: ModelRun, kind: "lease_token" | "finalize_token", bearer: Bearer): string {
  const other = kind === "lease_token" ? "finalize_token" : "lease_token";
  const stranger = model.runs.find((each) => each !== run && each[kind] !== null);
  const found = { "its own": run[kind], "an old": run.past.at(-1), "another run's": stranger?.[kind] };
  return (bearer === "the other kind of" ? run[other] : found[bearer]) ?? NOBODY;
}

interface Step {
  readonly name: StepName;
  /** At a run for which the step is made, where there is one. */
  readonly aimed: boolean;
  readonly run: number;
  readonly bearer: Bearer;
  readonly fresh: string;
  readonly share: number;
}

/** Whether a run stands where this step takes it on; a frozen one still seems to. */
function isFor({ name }: Step, run: ModelRun): boolean {
  if (name === "claim") return run.status === "QUEUED";
  if (name === "cancel") return run.charged === null;
  return run.status === "PROCESSING" && (run.stage === "CLAIMED") === CLAIM_STEPS.some((each) => each === name);
}

function choose(model: RunModel, step: Step): ModelRun {
  const fit = step.aimed ? model.runs.filter((run) => isFor(step, run)) : [];
  const runs = fit.length > 0 ? fit : model.runs;
  const run = runs[step.run % runs.length];
  if (run === undefined) throw new Error("no run");
  return run;
}

function expected(model: RunModel, run: ModelRun, step: Step, token: string): unknown {
  const { name, fresh } = step;
  const charge = Math.floor((run.reserved * step.share) / 4);
  if (name === "claim") return model.claim(run, fresh);
  if (name === "cancel") return model.cancel(run);
  if (name === "beginFinalize") return model.beginFinalize(run, token, fresh);
  if (name === "complete" || name === "fail") return model[name](run, token, charge);
  return model[name](run, token);
}

async function actual(account: Account, run: ModelRun, step: Step, token: string): Promise<unknown> {
  const { run_id } = run;
  const db = world.backend;
  const lease = { run_id, lease_token: token };
  const stale = { run_id, finalize_token: token };
  const charge = micros(Math.floor((run.reserved * step.share) / 4));
  const steps: Readonly<Record<StepName, () => Promise<unknown>>> = {
    claim: async () => {
      const claim = { run_id, lease_token: step.fresh, lease_seconds: MODEL.lease, max_attempts: MODEL.max_attempts };
      return (await leaseRun(createLeaseBatch(db), claim)).kind === "leased";
    },
    cancel: async () => (await cancelRun(world.edge, account.key_sha256, run_id)).outcome,
    heartbeat: async () => {
      const answer = await extendLease(db, lease, { lease_seconds: MODEL.lease, grace_seconds: MODEL.grace });
      return answer === "extended";
    },
    beginFinalize: async () =>
      (await beginFinalize(createClaimBatch(db), { ...lease, attempt: run.attempt }, step.fresh)) !== "lost",
    requeueUncounted: async () => (await requeueUncounted(db, lease)) === "requeued",
    requeueExpired: () => requeueExpired(db, lease as ExpiredLease, MODEL.max_attempts),
    failExpired: async () =>
      (await failExpired(db, lease as ExpiredLease, MODEL.max_attempts, PLATFORM_FAILURE)) !== undefined,
    fail: async () => {
      const closing = { status: "FAILED", charge, reason_code: "PACK_CRASHED", reason_detail: "crash" } as const;
      return (await closeRun(db, run_id, { stage: "leased", lease_token: token }, closing)) !== undefined;
    },
    complete: async () => {
      const receipt = { cost: charge, sha256: "ab".repeat(32), finalize_token: token, bytes: 2, reliability: 1 };
      const closing = { status: "COMPLETED", receipt, attempt: run.attempt } as const;
      return (await closeRun(db, run_id, { stage: "claimed", finalize_token: token }, closing)) !== undefined;
    },
    rollBack: () => rollBack(db, stale as StaleClaim),
    bury: async () => (await closeAfterTombstone(db, stale as StaleClaim, false)) !== undefined,
    freeze: async () => (await freezeRun(db, stale, { kind: "TEST", detail: {} })) === "frozen",
  };
  return steps[step.name]();
}

function stored(run: ModelRun): Omit<ModelRun, "run_id" | "idempotency_key" | "payload" | "reserved" | "past"> {
  const { run_id: _run, idempotency_key: _key, payload: _payload, reserved: _reserved, past: _past, ...row } = run;
  return row;
}

/** One event for each share of what was granted that is charged by now. */
function thresholds({ balance: { charged, granted } }: RunModel): string[] {
  return [50, 80, 100].filter((percent) => charged * 100 >= percent * granted).map(() => "budget.threshold");
}

async function compare(model: RunModel, account: Account): Promise<void> {
  const [state] = await world.owner.query(tenantStateSql, [account.tenant_id]);
  const closed = model.runs.filter((run) => run.charged !== null);
  expect(state).toEqual({
    balance: model.balance,
    runs: Object.fromEntries(model.runs.map((run) => [run.run_id, stored(run)])),
    events: [...closed.map((run) => `run.${run.status.toLowerCase()}`), ...thresholds(model)].toSorted(),
    usage: { runs: closed.length, charged: closed.reduce((total, run) => total + (run.charged ?? 0), 0) },
    findings: model.runs.filter((run) => run.money === "AUDIT_REQUIRED").length,
  });
}

type Command = fc.AsyncCommand<RunModel, Account>;

const advance = fc.constantFrom(1, 30, 119, 120, 121, 121, 131, 131).map((seconds): Command => ({
  check: () => true,
  run: async (model) => {
    await clock.advance(seconds);
    model.now = clock.now() / 1000;
  },
  toString: () => `${seconds} s pass`,
}));

const submit = fc
  .record({
    key: fc.nat(5),
    payload: fc.constantFrom("ab", "ab", "ab", "cd"),
    reserved: fc.constantFrom(5_000, 20_000, 45_000),
  })
  .map(({ key, payload, reserved }): Command => ({
    check: () => true,
    run: async (model, account) => {
      const wish = { run_id: newRunId(), idempotency_key: `the-key-${key}`, payload: payload.repeat(32), reserved };
      const run = submission(account, {
        ...wish,
        payload_sha256: wish.payload,
        reserve: micros(reserved),
        timebox_sec: MODEL.timebox,
      });
      const answer = await world.submit(run, { deadline_ms: clock.now() });
      const outcome = model.submit(wish);
      expect(answer.outcome).toBe(outcome);
      reached.add(outcome);
      await compare(model, account);
    },
    toString: () => `submit ${key} ${payload} for ${reserved}`,
  }));

const bearer: fc.Arbitrary<Bearer> = fc.oneof(
  { arbitrary: fc.constant("its own"), weight: 8 },
  { arbitrary: fc.constantFrom("an old", "another run's", "the other kind of"), weight: 2 },
);

const move = (names: readonly StepName[]) =>
  fc
    .record({
      name: fc.constantFrom(...names),
      aimed: fc.nat(3).map((part) => part > 0),
      run: fc.nat(2),
      bearer,
      fresh: fc.uuid({ version: 4 }),
      share: fc.nat(4),
    })
    .map((step): Command => {
      const kind = CLAIM_STEPS.some((name) => name === step.name) ? "finalize_token" : "lease_token";
      return {
        check: (model) => model.runs.length > 0,
        run: async (model, account) => {
          const run = choose(model, step);
          const plight = run.money === "AUDIT_REQUIRED" ? "frozen" : run.cancel_requested ? "to be canceled" : "";
          const token = tokenOf(model, run, kind, step.bearer);
          const answer = await actual(account, run, step, token);
          const wanted = expected(model, run, step, token);
          expect(answer, step.name).toBe(wanted);
          reached.add(`${step.name}: ${String(wanted)}`);
          if (step.bearer === "its own") reached.add(`${step.name} of a run ${plight}`);
          await compare(model, account);
        },
        toString: () => `${step.name} of run ${step.run} with ${step.bearer} token, share ${step.share}`,
      };
    });

const commands = fc.commands(
  [
    advance,
    submit,
    move(["claim"]),
    move(["claim", "beginFinalize", "heartbeat"]),
    advance,
    move(["requeueExpired", "failExpired"]),
    move(LEASE_STEPS),
    move(CLAIM_STEPS),
    move(["freeze", "cancel", "cancel"]),
  ],
  { maxCommands: 40, size: "max" },
);

/** Half of the lives begin with a run whose result is being written. */
const prelude = fc.oneof(fc.constant([]), fc.tuple(submit, move(["claim"]), move(["beginFinalize"])));

async function begin(account: Account, first: readonly Command[]): Promise<RunModel> {
  const model = new RunModel(clock.now() / 1000);
  for (const command of first) if (command.check(model)) await command.run(model, account);
  return model;
}

describe("a run's life", () => {
  test("is the same in Postgres as on paper, whatever comes in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(prelude, commands, async (first, sequence) => {
        const account = await world.account({ funds: MODEL.funds, plan: { max_open_runs: MODEL.max_open } });
        await fc.asyncModelRun(async () => ({ model: await begin(account, first), real: account }), sequence);
      }),
      { numRuns: 200, seed: 20_261_120 },
    );
    // What was never reached proves nothing.
    const moves = ["claim", ...LEASE_STEPS, ...CLAIM_STEPS].flatMap((name) => [`${name}: true`, `${name}: false`]);
    const cancels = ["canceled", "requested", "already-canceled", "already-terminal", "frozen"];
    const submits = ["inserted", "existing", "conflict", "insufficient", "too-many-open"];
    const plights = CLAIM_STEPS.flatMap((name) => [`${name} of a run frozen`, `${name} of a run to be canceled`]);
    const wanted = [...moves, ...plights, ...cancels.map((outcome) => `cancel: ${outcome}`), ...submits];
    expect(wanted.filter((each) => !reached.has(each))).toEqual([]);
    expect(await world.imbalances()).toEqual([]);
  });
});
