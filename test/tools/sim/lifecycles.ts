import { micros } from "#core/domain/money.ts";
import { newId } from "#core/domain/ids.ts";
import { receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { startReaper, startWorker } from "./actors/backend.ts";
import { follow, type Intent, pursue } from "./actors/client.ts";
import { SimEdge } from "./actors/edge.ts";
import type { PackPlan } from "./actors/pack.ts";
import { createAccount } from "./actors/tenants.ts";
import { quiesce } from "./quiesce.ts";
import { isFrozen, isOpen } from "./check/snapshot.ts";
import { type Boundary, type Decision, type Fault, planned } from "./faults.ts";
import { Seeded } from "./seeded.ts";
import type { Host } from "./stores/host.ts";
import { SETTINGS, World } from "./world.ts";

/** What stands at an attempt's key although nobody of this run has put it there. */
type Stranger = "garbage" | "another-token" | "too-dear";

/** One run's whole life, and what is different about it. */
export interface Lifecycle {
  readonly name: string;
  readonly plan: PackPlan;
  /** At the first call of this kind a stranger's object appears before it, or the caller meets this fault. */
  readonly at?: readonly {
    readonly process: string;
    readonly operation: string;
    readonly fault?: Fault;
    readonly plant?: Stranger;
  }[];
}

const QUICK: PackPlan = { ms: 300, end: "done", units: 4 };

export const LIFECYCLES: readonly [Lifecycle, ...Lifecycle[]] = [
  { name: "a run that completes", plan: QUICK },
  { name: "a run that outlasts its first lease", plan: { ...QUICK, ms: 150_000 } },
  { name: "a pack that fails", plan: { ...QUICK, end: "fail" } },
  { name: "a pack that refuses its inputs", plan: { ...QUICK, end: "reject" } },
  { name: "a pack whose work shows that it costs more than its cap", plan: { ...QUICK, more: 86 } },
  { name: "a pack that hangs", plan: { ...QUICK, end: "hang" } },
  {
    name: "an object that is no result stands where the result belongs",
    plan: QUICK,
    at: [{ process: "worker", operation: "put", plant: "garbage" }],
  },
  {
    name: "another's result stands where the result belongs",
    plan: QUICK,
    at: [{ process: "worker", operation: "put", plant: "another-token" }],
  },
  {
    name: "a lost worker's receipt is above its reservation",
    plan: QUICK,
    at: [
      { process: "worker", operation: "put", fault: "crash-before" },
      { process: "reaper", operation: "put", plant: "too-dear" },
    ],
  },
  {
    name: "another's result stands where a lost worker's belongs",
    plan: QUICK,
    at: [
      { process: "worker", operation: "put", fault: "crash-before" },
      { process: "reaper", operation: "put", plant: "another-token" },
    ],
  },
];

export interface Played {
  /** Those that the lifecycle itself crossed, before the world was brought to rest. */
  readonly boundaries: readonly Boundary[];
  readonly violations: readonly string[];
  readonly world: World;
  /** How many of the decisions were met. */
  readonly fired: number;
}

/** The reaper comes after the main road, so that each of its idle steps is crossed once. */
const REAPER_STARTS_MS = 20_000;
const TAIL_MS = 30_000;
const LONGEST_MS = 4 * 3_600_000;

/** Plays one lifecycle with these decisions at its boundaries; the same decisions play it the same way. */
export async function playLifecycle(
  host: Host,
  lifecycle: Lifecycle,
  decisions: ReadonlyMap<number, Decision>,
): Promise<Played> {
  await host.reset();
  const boundaries: Boundary[] = [];
  let fired = 0;
  const ahead = [...(lifecycle.at ?? [])];
  let hands: Hands | undefined;
  const given = planned(decisions);
  const world = new World({
    host,
    random: new Seeded(1),
    settings: SETTINGS,
    mayFreeze: lifecycle.at !== undefined,
    plan: {
      at: (boundary) => {
        const next = ahead.findIndex(
          (each) => each.process === boundary.process && each.operation === boundary.operation,
        );
        const [event] = next < 0 ? [] : ahead.splice(next, 1);
        if (event?.plant !== undefined) plant(world, event.plant);
        return event?.fault === undefined ? given.at(boundary) : { fault: event.fault };
      },
    },
    onBoundary: (boundary, decision) => {
      boundaries.push(boundary);
      if (decisions.has(boundary.index)) fired += 1;
      if (hands !== undefined) intrude(world, decision, hands);
    },
  });
  await world.stores.redis.flush();
  const account = await createAccount(world, { funds: 1_000_000, max_open_runs: 5, spending_cap: 500_000 });
  const edge = new SimEdge(world, "edge");
  const worker = startWorker(world, "worker");
  const processes = [worker];
  world.scheduler.after(REAPER_STARTS_MS, undefined, () => void processes.push(startReaper(world, "reaper")));
  const intent: Intent = {
    account,
    idempotency_key: "the-only-one",
    reserve: micros(60_000),
    timebox_sec: 200,
    plan: lifecycle.plan,
  };
  const caller = { key_sha256: account.key_sha256, address: "192.0.2.1" };
  hands = {
    stopWorker: () => worker.stop(),
    cancel: () => {
      const run = world.snapshot.runs[0];
      if (run !== undefined) void edge.cancel(caller, run.run_id);
    },
  };
  await live(world, intent, edge);
  const crossed = boundaries.slice();
  if (world.violations.length === 0) await quiesce(world, processes);
  await world.stores.postgres.close();
  return { boundaries: crossed, violations: world.violations, world, fired };
}

/** From the submit to the end of the run, and a while beyond. */
async function live(world: World, intent: Intent, edge: SimEdge): Promise<void> {
  const wait = (ms: number) => new Promise<void>((resolve) => world.scheduler.after(ms, undefined, resolve));
  let run_id: string | undefined;
  let isLived = false;
  const life = async () => {
    ({ run_id } = await pursue(world, intent, () => edge, wait));
    if (run_id !== undefined) await follow(world, intent, run_id, () => edge, wait, 2);
    isLived = true;
  };
  void life();
  await world.run(() => isLived && !world.snapshot.runs.some((run) => isOpen(run) && !isFrozen(run)), LONGEST_MS);
  const end_ms = world.scheduler.now() + TAIL_MS;
  await world.run(() => world.scheduler.now() >= end_ms, 2 * TAIL_MS);
  if (run_id === undefined) world.violate("3: the client was never played of its run");
  else if (world.snapshot.runs[0]?.run_id !== run_id) world.violate("3: the run that was accepted is not there");
}

interface Hands {
  stopWorker(): void;
  cancel(): void;
}

/** The world's own doing, just before a boundary is crossed. */
function intrude(world: World, { intrusion }: Decision, hands: Hands): void {
  const { stores, scheduler } = world;
  const acts = {
    cancel: () => hands.cancel(),
    "stop-worker": () => hands.stopWorker(),
    "flush-redis": () => stores.redis.flush(),
    "rewind-redis": () => stores.redis.rewind(3),
    "lose-messages": () => stores.queue.lose(),
    "repeat-messages": () => stores.queue.repeat(),
  };
  if (intrusion !== undefined) scheduler.after(0, undefined, acts[intrusion]);
}

function plant(world: World, stranger: Stranger): void {
  const [run] = world.snapshot.runs;
  if (run === undefined) return;
  const receipt = {
    cost: micros(stranger === "too-dear" ? run.reserved_micros + 1_000 : 1_000),
    sha256: "0".repeat(64),
    finalize_token:
      stranger === "too-dear" ? (run.finalize_token ?? "") : newId(world.scheduler.now(), world.random.bytes(16)),
    bytes: 2,
    reliability: 1,
  };
  world.stores.objects.create(resultKey(run.tenant_id, run.run_id, run.attempt), {
    body: new TextEncoder().encode("{}"),
    metadata: stranger === "garbage" ? {} : receiptMetadata(receipt),
  });
}
