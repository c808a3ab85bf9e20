import { type Micros, micros } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { startReaper, startWorker, type Supervised } from "../actors/backend.ts";
import { type Intent, requestOf } from "../actors/client.ts";
import { SimEdge } from "../actors/edge.ts";
import { type Account, createAccount } from "../actors/tenants.ts";
import { quiesce, pass } from "../quiesce.ts";
import { type Decision, type FaultPlan, planned } from "../faults.ts";
import { outcomeOf } from "../network.ts";
import { Seeded } from "../seeded.ts";
import type { RunRow } from "../check/snapshot.ts";
import type { Host } from "../stores/host.ts";
import { SETTINGS, World, type WorldSettings } from "../world.ts";

const DAY_MS = 86_400_000;
/** Past the retention of a day, and past the sweep that ends it. */
export const DAY_AND_MORE_MS = DAY_MS + 3 * 3_600_000;
/** For a scenario that lasts for days: a round an hour. */
export const SLOW_SWEEPS: WorldSettings = {
  ...SETTINGS,
  reaper: { ...SETTINGS.reaper, sweep_seconds: 3_600, audit_seconds: 3_600 },
};

interface Change {
  readonly reserve?: number;
  readonly ms?: number;
  readonly units?: number;
  readonly end?: "done" | "fail" | "lose";
  readonly timebox_sec?: number;
  readonly wait_ms?: number;
}

/** A world in which what happens is written down, and so is what has to be said. */
export interface Stage {
  readonly world: World;
  readonly account: Account;
  readonly edge: SimEdge;
  readonly workers: readonly Supervised[];
  /** The only run there is. */
  run(): RunRow;
  intent(idempotency_key: string, change?: Change): Intent;
  /** One submit and what it was told: "run <id>", or a problem's slug. */
  ask(intent: Intent): Promise<string>;
  expect(what: string, said: string, wanted: string): void;
  wait(ms: number): Promise<void>;
  /** Does something with a store itself, while the world stands still. */
  act<T>(work: () => Promise<T>): Promise<T>;
}

export interface Scenario {
  readonly name: string;
  readonly funds: number;
  readonly spending_cap?: number;
  readonly plan?: () => FaultPlan;
  readonly settings?: WorldSettings;
  readonly reapers?: number;
  /** Something in it contradicts a run: it may be frozen, with a finding and a CRITICAL line. */
  readonly mayFreeze?: boolean;
  play(stage: Stage): Promise<void>;
}

export async function playScenario(host: Host, scenario: Scenario): Promise<World> {
  await host.reset();
  const world = new World({
    host,
    random: new Seeded(3),
    plan: scenario.plan?.() ?? planned(new Map()),
    settings: scenario.settings ?? SETTINGS,
    mayFreeze: scenario.mayFreeze ?? false,
  });
  await world.stores.redis.flush();
  const { funds, spending_cap } = scenario;
  const account = await createAccount(world, { funds, max_open_runs: 5, spending_cap });
  const edge = new SimEdge(world, "edge");
  const workers = [startWorker(world, "worker-1"), startWorker(world, "worker-2")];
  const reapers = Array.from({ length: scenario.reapers ?? 1 }, (_, i) => startReaper(world, `reaper-${i + 1}`));
  let isPlayed = false;
  scenario.play(stageOf(world, account, edge, workers)).then(
    () => (isPlayed = true),
    (error: unknown) => world.fault("the scenario", error),
  );
  if (!(await world.run(() => isPlayed, 3 * DAY_MS))) world.violate("0: the scenario did not come to its end");
  await pass(world, 1_000);
  if (world.violations.length === 0 && !world.isTampered) await quiesce(world, [...workers, ...reapers]);
  await world.stores.postgres.close();
  return world;
}

function stageOf(world: World, account: Account, edge: SimEdge, workers: readonly Supervised[]): Stage {
  return {
    world,
    account,
    edge,
    workers,
    run: () => {
      const [run] = world.snapshot.runs;
      if (run === undefined) throw new Error("there is no run");
      return run;
    },
    intent: (
      idempotency_key,
      { reserve = 20_000, ms = 100, units = 1, end = "done", timebox_sec = 90, wait_ms } = {},
    ) => ({
      account,
      idempotency_key,
      reserve: micros(reserve) satisfies Micros,
      timebox_sec,
      plan: { ms, end, units, ...(wait_ms === undefined ? {} : { wait_ms }) },
    }),
    ask: async (intent) => {
      const heard = await edge.submit({ key_sha256: account.key_sha256, address: "192.0.2.1" }, requestOf(intent));
      const verdict = heard.kind === "answered" ? heard.answer.verdict : undefined;
      if (verdict === undefined) return "unknown";
      return verdict instanceof Problem ? verdict.slug : `run ${verdict.run.run_id}`;
    },
    expect: (what, said, wanted) => {
      if (said !== wanted) world.violate(`4: ${what} was told ${said}, not ${wanted}`);
    },
    wait: (ms) => new Promise<void>((resolve) => world.scheduler.after(ms, undefined, resolve)),
    act: (work) =>
      new Promise((resolve, reject) =>
        world.scheduler.after(0, undefined, async () => {
          const done = await outcomeOf(work);
          if ("value" in done) resolve(done.value);
          else reject(done.error);
        }),
      ),
  };
}

/** These happen to the first calls of an operation by processes of a kind, one each, and nothing to any other call. */
export function firstTimes(
  kind: "edge" | "worker" | "reaper",
  operation: string,
  decisions: readonly Decision[],
): FaultPlan {
  const waiting = [...decisions];
  return {
    at: (boundary) => {
      const isMeant = boundary.operation === operation && boundary.process.startsWith(kind);
      return isMeant ? (waiting.shift() ?? {}) : {};
    },
  };
}

/** Whichever of the plans has something for a boundary. */
export const allOf = (...plans: readonly FaultPlan[]): FaultPlan => ({
  at: (boundary) => plans.map((plan) => plan.at(boundary)).find((decision) => Object.keys(decision).length > 0) ?? {},
});
