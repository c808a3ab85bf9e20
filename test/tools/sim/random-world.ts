import { micros } from "#core/domain/money.ts";
import { startReaper, startWorker, type Supervised } from "./actors/backend.ts";
import { follow, type Intent, type Learned, pursue, spy } from "./actors/client.ts";
import { SimEdge } from "./actors/edge.ts";
import { type Account, clawBack, closeShop, createAccount, grant, limitOpenRuns, revoke } from "./actors/tenants.ts";
import { quiesce, pass, type Rest } from "./quiesce.ts";
import { stormy } from "./faults.ts";
import { Seeded } from "./seeded.ts";
import type { Host } from "./stores/host.ts";
import { SETTINGS, World } from "./world.ts";

export interface Played {
  readonly world: World;
  readonly rest: Rest | undefined;
}

/** Every such seed also waits until all its runs are past their retention. */
const RETENTION_EVERY = 5;
/** How long clients and operators go on, in the world's time. */
const TRAFFIC_MS = 240_000;

/** One random world from its seed: traffic under a storm, then rest, then judgement. */
export async function playSeed(host: Host, seed: number): Promise<Played> {
  await host.reset();
  const random = new Seeded(seed);
  const weather = {
    fault: random.pick([0, 0.01, 0.03, 0.08, 0.15]),
    stall: random.pick([0, 0.001, 0.005, 0.02]),
    pause: random.pick([0, 0.1, 0.4]),
  };
  let isStorm = true;
  const plan = stormy(random.fork(), weather, () => isStorm);
  const reaper = { ...SETTINGS.reaper, sweep_seconds: random.pick([60, 120, 240]), audit_seconds: 1_800 };
  const world = new World({ host, random, plan, settings: { ...SETTINGS, reaper } });
  await world.stores.redis.flush();
  const cast = await assemble(world);
  const open = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>) => {
    const tracked: Promise<unknown> = work.finally(() => open.delete(tracked));
    open.add(tracked);
  };
  const known: { intent: Intent; learned: Learned }[] = [];
  schedule(world, cast, (intent) => track(live(world, cast, intent, known)));
  trouble(world, cast);
  const end_ms = world.scheduler.now() + TRAFFIC_MS;
  await world.run(() => world.scheduler.now() >= end_ms, TRAFFIC_MS * 2);
  isStorm = false;
  world.network.down.clear();
  await world.run(() => open.size === 0, 3_600_000);
  const rest = world.violations.length > 0 ? undefined : await quiesce(world, [...cast.workers, ...cast.reapers]);
  for (const law of world.violations.length > 0 ? [] : judge(world, known)) world.violate(law);
  if (world.violations.length === 0 && seed % RETENTION_EVERY === 0) await outlive(world);
  await world.stores.postgres.close();
  return { world, rest };
}

/** A day later nothing is left but the rows that add up. */
async function outlive(world: World): Promise<void> {
  await pass(world, 25 * 3_600_000);
  const reaper = startReaper(world, "reaper-at-last");
  await world.run(() => world.snapshot.runs.every((run) => run.purged_at !== null), 600_000);
  reaper.end();
  if (world.violations.length > 0) return;
  if (world.snapshot.runs.some((run) => run.purged_at === null)) world.violate("7: a run is kept past its retention");
  const keys = [...world.stores.objects.all.keys()];
  if (keys.length > 0) world.violate(`7: objects are kept past retention: ${keys.join(" ")}`);
}

interface Cast {
  readonly edges: readonly SimEdge[];
  readonly workers: readonly Supervised[];
  readonly reapers: readonly Supervised[];
  readonly accounts: readonly Account[];
}

async function assemble(world: World): Promise<Cast> {
  const { random } = world;
  const accounts = [
    await createAccount(world, { funds: 2_000_000, max_open_runs: random.pick([2, 20]), spending_cap: undefined }),
    await createAccount(world, {
      funds: random.pick([30_000, 100_000]),
      max_open_runs: 20,
      spending_cap: random.pick([undefined, 60_000]),
    }),
  ];
  return {
    accounts,
    edges: ["edge-1", "edge-2"].map((name) => new SimEdge(world, name)),
    workers: ["worker-1", "worker-2", "worker-3"]
      .slice(0, random.between(1, 3))
      .map((name) => startWorker(world, name)),
    reapers: ["reaper-1", "reaper-2"].slice(0, random.between(1, 2)).map((name) => startReaper(world, name)),
  };
}

/** Clients come at random times; some send what another sent, with the same body or with another. */
function schedule(world: World, { accounts }: Cast, begin: (intent: Intent) => void): void {
  const { random, scheduler } = world;
  const intents: Intent[] = [];
  for (let i = random.between(4, 14); i > 0; i--) {
    const fresh: Intent = {
      account: random.pick(accounts),
      idempotency_key: `intent-${String(i).padStart(4, "0")}`,
      reserve: micros(random.pick([5_000, 10_000, 25_000, 60_000])),
      timebox_sec: random.pick([10, 90, 200]),
      plan: {
        ms: random.pick([20, 500, 5_000, 45_000, 130_000]),
        end: random.pick(["done", "done", "done", "done", "ask", "fail", "reject", "crash", "hang"]),
        units: random.pick([0, 3, 8, 50]),
        more: random.pick([0, 0, 0, 40]),
      },
    };
    const other = intents.length > 0 && random.chance(0.25) ? random.pick(intents) : undefined;
    const intent =
      other === undefined
        ? fresh
        : random.chance(0.6)
          ? other
          : { ...fresh, account: other.account, idempotency_key: other.idempotency_key };
    intents.push(intent);
    // Now and then several at one moment.
    const at_ms = random.chance(0.3) ? 10_000 : random.between(0, TRAFFIC_MS - 60_000);
    scheduler.after(at_ms, undefined, () => begin(intent));
  }
}

async function live(
  world: World,
  cast: Cast,
  intent: Intent,
  known: { intent: Intent; learned: Learned }[],
): Promise<void> {
  const { random, scheduler } = world;
  const pickEdge = () => random.pick(cast.edges);
  const wait = (ms: number) => new Promise<void>((resolve) => scheduler.after(ms, undefined, resolve));
  const learned = await pursue(world, intent, pickEdge, wait);
  known.push({ intent, learned });
  if (learned.run_id === undefined) return;
  if (random.chance(0.3)) await wait(random.between(0, 20_000));
  if (random.chance(0.25))
    await pickEdge().cancel({ key_sha256: intent.account.key_sha256, address: "192.0.2.1" }, learned.run_id);
  const stranger = cast.accounts.find((account) => account.tenant_id !== intent.account.tenant_id);
  if (stranger !== undefined && random.chance(0.2)) await spy(world, stranger, learned.run_id, pickEdge);
  await follow(world, intent, learned.run_id, pickEdge, wait, 3);
}

/** What operators do, and what befalls machines. */
function trouble(world: World, { accounts, workers, reapers }: Cast): void {
  const { random, scheduler, stores, network } = world;
  const outage = (port: "redis" | "database" | "objects" | "queue") => {
    network.down.add(port);
    scheduler.after(random.between(500, 20_000), undefined, () => void network.down.delete(port));
  };
  const events: readonly (() => unknown)[] = [
    () => stores.redis.flush(),
    () => stores.redis.rewind(random.between(1, 30)),
    () => outage("redis"),
    () => outage(random.pick(["database", "objects", "queue"])),
    () => stores.queue.lose(),
    () => stores.queue.repeat(),
    () => stores.queue.delay(random.between(1_000, 200_000)),
    () => random.pick(workers).stop(),
    () => random.pick(workers).kill(),
    () => random.pick(workers).pause(random.between(5_000, 400_000)),
    () => random.pick(reapers).pause(random.between(5_000, 400_000)),
    () => random.pick(reapers).kill(),
    () => grant(world, random.pick(accounts), `grant ${random.between(1, 3)}`, random.pick([10_000, 100_000])),
    () => grant(world, random.pick(accounts), `grant ${random.between(1, 3)}`, random.pick([10_000, 100_000])),
    () => clawBack(world, random.pick(accounts), `clawback ${random.between(1, 2)}`, random.pick([20_000, 500_000])),
    () => limitOpenRuns(world, random.pick(accounts), random.pick([1, 3, 30])),
    () => closeShop(world, random.pick(accounts), random.pick(["read-only", "halt"]), random.between(5_000, 40_000)),
    () => (random.chance(0.3) ? revoke(world, random.pick(accounts)) : undefined),
  ];
  for (let i = random.between(0, 10); i > 0; i--) {
    const event = random.pick(events);
    scheduler.after(random.between(1_000, TRAFFIC_MS - 10_000), undefined, async () => {
      const doing = event();
      // A store's own act ends before anything else happens; an operator's goes through the network.
      if (event === events[0] || event === events[1]) await doing;
    });
  }
}

/** What the clients learned, held against what there is when all is over. */
function judge(world: World, known: readonly { intent: Intent; learned: Learned }[]): readonly string[] {
  return known.flatMap(({ intent, learned }) => {
    const run = world.snapshot.runs.find(
      (each) => each.tenant_id === intent.account.tenant_id && each.idempotency_key === intent.idempotency_key,
    );
    const rivals = known.filter(
      (other) => other.intent.account === intent.account && other.intent.idempotency_key === intent.idempotency_key,
    );
    if (learned.run_id !== undefined && run?.run_id !== learned.run_id) {
      return [`3: ${intent.idempotency_key} was accepted as ${learned.run_id}, and there is ${run?.run_id}`];
    }
    const isBound = rivals.some(({ learned: { run_id, lost, unknown, refused } }) => {
      const isOpenEnded = refused === undefined || refused === "unauthorized";
      return run_id !== undefined || lost > 0 || (unknown > 0 && isOpenEnded);
    });
    return run !== undefined && !isBound
      ? [`4: ${intent.idempotency_key} was refused (${learned.refused}), and it is bound`]
      : [];
  });
}
