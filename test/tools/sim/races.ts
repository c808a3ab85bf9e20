import { type Micros, micros } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { startReaper, startWorker } from "./actors/backend.ts";
import { type Intent, payloadOf, requestOf } from "./actors/client.ts";
import { SimEdge } from "./actors/edge.ts";
import { type Account, createAccount } from "./actors/tenants.ts";
import { quiesce } from "./quiesce.ts";
import type { FaultPlan } from "./faults.ts";
import { Seeded } from "./seeded.ts";
import type { Host } from "./stores/host.ts";
import { World } from "./world.ts";

/** Two submits at one moment, one of which waits inside submit_run while the other goes through all of it. */
export interface Race {
  readonly name: string;
  readonly funds: number;
  readonly max_open_runs: number;
  readonly spending_cap: number | undefined;
  readonly second: { readonly idempotency_key: string; readonly units: number };
  /** What the two are answered, in any order; "run" stands for an acceptance. */
  readonly answers: readonly [string, string];
  readonly runs: 1 | 2;
}

const RESERVE = 60_000;
const FIRST = { idempotency_key: "race-of-one", units: 1 };
const OTHER = { idempotency_key: "race-of-two", units: 1 };
const ample = { funds: 1_000_000, max_open_runs: 5, spending_cap: undefined };

export const RACES: readonly Race[] = [
  { name: "the same request twice", ...ample, second: FIRST, answers: ["run", "run"], runs: 1 },
  {
    name: "the same request twice, and money for one",
    ...ample,
    funds: RESERVE,
    second: FIRST,
    answers: ["run", "run"],
    runs: 1,
  },
  {
    name: "the same request twice, and room for one",
    ...ample,
    max_open_runs: 1,
    second: FIRST,
    answers: ["run", "run"],
    runs: 1,
  },
  {
    name: "the same request twice, and a cap for one",
    ...ample,
    spending_cap: RESERVE,
    second: FIRST,
    answers: ["run", "run"],
    runs: 1,
  },
  {
    name: "one key, two bodies",
    ...ample,
    second: { ...FIRST, units: 2 },
    answers: ["run", "idempotency-conflict"],
    runs: 1,
  },
  {
    name: "two requests, and money for one",
    ...ample,
    funds: RESERVE,
    second: OTHER,
    answers: ["run", "budget-exceeded"],
    runs: 1,
  },
  {
    name: "two requests, and room for one",
    ...ample,
    max_open_runs: 1,
    second: OTHER,
    answers: ["run", "too-many-open-runs"],
    runs: 1,
  },
  {
    name: "two requests, and a cap for one",
    ...ample,
    spending_cap: RESERVE,
    second: OTHER,
    answers: ["run", "budget-exceeded"],
    runs: 1,
  },
  { name: "two requests", ...ample, second: OTHER, answers: ["run", "run"], runs: 2 },
];

type Pause = "looked" | "counted" | undefined;
/** Where the first waits, and whether Redis is there. */
export const RACE_CIRCUMSTANCES: readonly (readonly [pause: Pause, isRedisUp: boolean])[] = [
  ["looked", true],
  ["looked", false],
  ["counted", true],
  ["counted", false],
  [undefined, true],
  [undefined, false],
];

/** Fights a race with Redis up or down; the first to reach the database waits at `pause`. */
export async function playRace(host: Host, race: Race, pause: Pause, isRedisUp: boolean): Promise<World> {
  await host.reset();
  const world = new World({ host, random: new Seeded(7), plan: pauseFirst(pause) });
  await world.stores.redis.flush();
  const account = await createAccount(world, race);
  if (!isRedisUp) world.network.down.add("redis");
  const answers = [await ask(world, account, FIRST, 0), await ask(world, account, race.second, 50)];
  await world.run(() => answers.every(({ said }) => said() !== undefined), 120_000);
  const said = answers.map(({ said }) => said() ?? "nothing");
  const kinds = said.map((each) => (each.startsWith("run ") ? "run" : each)).toSorted();
  if (kinds.join() !== race.answers.toSorted().join()) world.violate(`4: ${race.name}: answered ${kinds.join(", ")}`);
  const accepted = new Set(said.filter((each) => each.startsWith("run ")));
  if (accepted.size !== race.runs) world.violate(`4: ${race.name}: ${accepted.size} runs were accepted`);
  if (world.snapshot.runs.length !== race.runs)
    world.violate(`4: ${race.name}: there are ${world.snapshot.runs.length} runs`);
  const payloads = new Set(answers.map(({ intent }) => `\\x${payloadOf(intent)}`));
  if (!world.snapshot.runs.every((run) => payloads.has(run.payload_sha256)))
    world.violate("4: a body that nobody sent");
  world.network.down.clear();
  const processes = [startWorker(world, "worker"), startReaper(world, "reaper")];
  if (world.violations.length === 0) await quiesce(world, processes);
  await world.stores.postgres.close();
  return world;
}

/** The first statement of a submit waits long enough for the other to end. */
function pauseFirst(pause: Pause): FaultPlan {
  let isFirst = true;
  return {
    at: ({ operation }) => {
      if (operation !== "submit-run" || !isFirst) return {};
      isFirst = false;
      return { pause_at: pause, ms: 3_000 };
    },
  };
}

async function ask(world: World, account: Account, wish: typeof FIRST, after_ms: number) {
  const edge = new SimEdge(world, `edge-${after_ms}`);
  const intent: Intent = {
    account,
    idempotency_key: wish.idempotency_key,
    reserve: micros(RESERVE) satisfies Micros,
    timebox_sec: 90,
    plan: { ms: 100, end: "done", units: wish.units },
  };
  let said: string | undefined;
  world.scheduler.after(after_ms, undefined, async () => {
    void edge.submit({ key_sha256: account.key_sha256, address: "192.0.2.1" }, requestOf(intent)).then((heard) => {
      const verdict = heard.kind === "answered" ? heard.answer.verdict : undefined;
      said =
        verdict === undefined ? "unknown" : verdict instanceof Problem ? verdict.slug : `run ${verdict.run.run_id}`;
    });
  });
  return { intent, said: () => said };
}
