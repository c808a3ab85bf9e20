import { type Micros, micros } from "#core/domain/money.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { Problem } from "#core/domain/problem.ts";
import { startReaper, startWorker, type Supervised } from "./actors/backend.ts";
import { type Intent, payloadOf, pursue, requestOf, spy } from "./actors/client.ts";
import { SimEdge } from "./actors/edge.ts";
import { type Account, closeShop, createAccount, revoke } from "./actors/tenants.ts";
import { comeToRest, pass } from "./come-to-rest.ts";
import { type Decision, type FaultPlan, planned } from "./faults.ts";
import { outcomeOf } from "./network.ts";
import { Seeded } from "./seeded.ts";
import type { Host } from "./stores/host.ts";
import { SETTINGS, World, type WorldSettings } from "./world.ts";

const DAY_MS = 86_400_000;

interface Change {
  readonly reserve?: number;
  readonly ms?: number;
  readonly units?: number;
  readonly end?: "done" | "fail";
  readonly timebox_sec?: number;
}

/** A world in which what happens is written down, and so is what has to be said. */
interface Stage {
  readonly world: World;
  readonly account: Account;
  readonly edge: SimEdge;
  intent(idempotency_key: string, change?: Change): Intent;
  /** One submit and what it was told: "run <id>", or a problem's slug. */
  ask(intent: Intent): Promise<string>;
  expect(what: string, said: string, wanted: string): void;
  wait(ms: number): Promise<void>;
  /** Does something with a store itself, while the world stands still. */
  act<T>(work: () => Promise<T>): Promise<T>;
}

export interface Script {
  readonly name: string;
  readonly funds: number;
  readonly plan?: () => FaultPlan;
  readonly settings?: WorldSettings;
  play(stage: Stage): Promise<void>;
}

export const SCRIPTS: readonly Script[] = [
  {
    // Another run has the money when the client comes back; when that one has ended, the statement arrives.
    name: "a submit that comes a minute late binds nothing after its client was refused",
    funds: 60_000,
    plan: () => firstTimes("submit-run", [{ fault: "late", ms: 60_000 }]),
    play: async ({ world, edge, intent, expect, wait, act }) => {
      const late = pursue(world, intent("latecomer", { reserve: 30_000 }), () => edge, wait);
      await wait(12_000);
      await act(() => world.stores.redis.flush());
      void pursue(world, intent("the-other", { reserve: 60_000, ms: 20_000 }), () => edge, wait);
      expect("the latecomer", (await late).refused ?? "a run", "budget-exceeded");
      await wait(100_000);
      if (world.books.runs.some((run) => run.idempotency_key === "latecomer"))
        world.violate("4: it was refused, and then it was bound");
    },
  },
  {
    name: "a run that exists is found when its money is all that there was, and no hint of it is left",
    funds: 60_000,
    play: async ({ world, account, edge, intent, ask, expect, wait, act }) => {
      const mine = intent("all-of-it-1", { reserve: 60_000, ms: 60_000 });
      const first = await ask(mine);
      await act(() => world.stores.redis.flush());
      // Loads the mirror as Postgres has it: no money, and nothing of the key.
      await edge.read({ key_sha256: account.key_sha256, address: "192.0.2.1" }, first.slice(4));
      expect("the same again", await ask(mine), first);
      expect("another", await ask(intent("all-of-it-2")), "budget-exceeded");
      await wait(1_000);
    },
  },
  {
    name: "a hint that nothing stands behind denies nobody",
    funds: 100_000,
    play: async ({ world, account, intent, ask, expect, act }) => {
      const poison = intent("poisoned-key", { units: 2 });
      await ask(intent("warm-the-mirror"));
      const hint = tenantKeys(account.tenant_id).hint(sha256Hex(poison.idempotency_key));
      const value = `${account.key_id}:${payloadOf(poison)}`;
      await act(() => world.stores.redis.set(hint, value, 86_400_000, world.scheduler.now()));
      const said = await ask(intent("poisoned-key", { units: 3 }));
      if (!said.startsWith("run ")) world.violate(`4: a key that binds nothing was refused: ${said}`);
      expect("the first body, now", await ask(poison), "idempotency-conflict");
    },
  },
  ...["rewound", "down"].map((redis): Script => ({
    name: `a revoked key is dead when Redis is ${redis}`,
    funds: 100_000,
    play: async ({ world, account, intent, ask, expect, wait, act }) => {
      await ask(intent("before-revocation"));
      await wait(2_000);
      await revoke(world, account);
      if (redis === "down") world.network.down.add("redis");
      else await act(() => world.stores.redis.rewind(1));
      expect("after the revocation", await ask(intent("after-revocation")), "unauthorized");
      world.network.down.clear();
    },
  })),
  {
    name: "a switch at read-only refuses what is new, and finds what is there; at halt it refuses all",
    funds: 200_000,
    play: async ({ world, account, intent, ask, expect, wait }) => {
      const old = intent("before-the-switch");
      const run = await ask(old);
      await closeShop(world, account, "read-only", 20_000);
      expect("what is there", await ask(old), run);
      expect("what is new", await ask(intent("while-read-only")), "read-only");
      await wait(30_000);
      await closeShop(world, account, "halt", 20_000);
      expect("what is there, at halt", await ask(old), "read-only");
      expect("what is new, at halt", await ask(intent("while-at-halt")), "read-only");
      await wait(30_000);
    },
  },
  {
    // It wakes with a failure to tell; by then another attempt of the run goes on.
    name: "a worker that slept through its lease does not fail the run that another holds",
    funds: 100_000,
    plan: () => firstTimes("extend-lease", [{ fault: "stall", ms: 250_000 }]),
    play: async ({ world, intent, ask, wait }) => {
      await ask(intent("slept-through", { ms: 150_000, end: "fail", timebox_sec: 200 }));
      await wait(600_000);
      if (world.books.runs[0]?.attempt !== 2) world.violate("0: there was no second attempt");
    },
  },
  {
    // When it wakes, its tombstone stands, and another attempt has claimed the run under a token of its own.
    name: "a worker whose claim was buried does not close the run under another's claim",
    funds: 100_000,
    plan: () =>
      firstTimes("put", [
        { fault: "stall", ms: 290_000 },
        { fault: "stall", ms: 200_000 },
      ]),
    play: async ({ world, intent, ask, wait }) => {
      await ask(intent("buried-alive"));
      await wait(900_000);
      if ((world.books.runs[0]?.attempt ?? 0) < 3) world.violate("0: there was no third attempt");
    },
  },
  {
    // Its tombstone is forgotten with all else, so its upload succeeds: a stray, and nothing more.
    name: "a worker that wakes two days after its claim, past its run's retention, changes nothing",
    funds: 100_000,
    plan: () => firstTimes("put", [{ fault: "stall", ms: 2 * DAY_MS }]),
    settings: { ...SETTINGS, reaper: { ...SETTINGS.reaper, sweep_seconds: 3_600, audit_seconds: 43_200 } },
    play: async ({ world, intent, ask, wait, act }) => {
      await ask(intent("outlives-its-run"));
      await wait(2 * DAY_MS - 60_000);
      const purged = JSON.stringify(world.books.runs);
      if (world.books.runs.some((run) => run.purged_at === null)) world.violate("7: a run is kept past its retention");
      await wait(120_000);
      await act(() => world.look());
      if (JSON.stringify(world.books.runs) !== purged) world.violate("3: a run changed after its end");
      if (world.stores.objects.all.size !== 1) world.violate("0: the worker never woke");
    },
  },
  {
    name: "a stranger neither sees a run nor cancels it",
    funds: 100_000,
    play: async ({ world, edge, intent, ask, wait, act }) => {
      const run = await ask(intent("somebody-elses", { ms: 30_000 }));
      const wishes = { funds: 10_000, max_open_runs: 5, spending_cap: undefined };
      const stranger = await act(() => createAccount(world, wishes));
      await spy(world, stranger, run.slice(4), () => edge);
      await wait(40_000);
      if (world.books.runs.some((each) => each.status !== "COMPLETED")) world.violate("6: a stranger ended a run");
    },
  },
];

export async function playScript(host: Host, script: Script): Promise<World> {
  await host.db.owner.query("SELECT sim_reset()", []);
  const world = new World({
    host,
    random: new Seeded(3),
    plan: script.plan?.() ?? planned(new Map()),
    settings: script.settings ?? SETTINGS,
  });
  await world.stores.redis.flush();
  const account = await createAccount(world, { funds: script.funds, max_open_runs: 5, spending_cap: undefined });
  const edge = new SimEdge(world, "edge");
  const processes: readonly Supervised[] = [
    startWorker(world, "worker-1"),
    startWorker(world, "worker-2"),
    startReaper(world, "reaper"),
  ];
  let isPlayed = false;
  script.play(stageOf(world, account, edge)).then(
    () => (isPlayed = true),
    (error: unknown) => world.fault("the script", error),
  );
  if (!(await world.run(() => isPlayed, 3 * DAY_MS))) world.violate("0: the script did not come to its end");
  await pass(world, 1_000);
  if (world.violations.length === 0) await comeToRest(world, processes);
  await world.stores.postgres.close();
  return world;
}

function stageOf(world: World, account: Account, edge: SimEdge): Stage {
  return {
    world,
    account,
    edge,
    intent: (idempotency_key, { reserve = 20_000, ms = 100, units = 1, end = "done", timebox_sec = 90 } = {}) => ({
      account,
      idempotency_key,
      reserve: micros(reserve) satisfies Micros,
      timebox_sec,
      plan: { ms, end, units },
    }),
    ask: async (intent) => {
      const heard = await edge.submit({ key_sha256: account.key_sha256, address: "192.0.2.1" }, requestOf(intent));
      const verdict = heard.kind === "answered" ? heard.answer.verdict : undefined;
      if (verdict === undefined) return "unknown";
      return verdict instanceof Problem ? verdict.slug : `run ${verdict.run_id}`;
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

/** These happen to the first calls of this operation by edge or workers, one each, and nothing to any other. */
function firstTimes(operation: string, decisions: readonly Decision[]): FaultPlan {
  const waiting = [...decisions];
  return {
    at: (boundary) => {
      const isMeant = boundary.operation === operation && !boundary.process.startsWith("reaper");
      return isMeant ? (waiting.shift() ?? {}) : {};
    },
  };
}
