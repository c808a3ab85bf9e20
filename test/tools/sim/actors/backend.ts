import { NO_TRACER } from "#core/ports/tracer.ts";
import { reaperLoop } from "../../../../backend/reaper/loop.ts";
import { workerLoop } from "../../../../backend/worker/loop.ts";
import { createOffThread } from "../../../../backend/worker/off-thread/off-thread.ts";
import { dbOf, deadLettersOf, objectsOf, queueOf, redisOf } from "../ports.ts";
import { SimProcess } from "../scheduler.ts";
import type { World } from "../world.ts";
import { simPacks } from "./pack.ts";

/** What a worker or reaper does from its start to its end. */
type Life = (process: SimProcess, stopping: AbortSignal) => Promise<void>;

/** A process that is started again a while after it ended, for whatever reason. */
export class Supervised {
  readonly #world: World;
  readonly #name: string;
  readonly #life: Life;
  /** Undefined between an end and the next start. */
  #process: SimProcess | undefined;
  #stopping = new AbortController();
  #isOver = false;

  constructor(world: World, name: string, life: Life) {
    this.#world = world;
    this.#name = name;
    this.#life = life;
    this.#start();
  }

  #start(): void {
    if (this.#isOver) return;
    const process = new SimProcess(this.#name);
    this.#process = process;
    this.#stopping = new AbortController();
    let isEnded = false;
    const startAgain = () => {
      if (isEnded) return;
      isEnded = true;
      this.#process = undefined;
      this.#world.scheduler.after(this.#world.random.between(200, 4_000), undefined, () => this.#start());
    };
    process.onCrash(startAgain);
    this.#life(process, this.#stopping.signal).then(startAgain, (error: unknown) => {
      this.#world.fault(process.name, error);
      startAgain();
    });
  }

  /** SIGTERM. */
  stop(): void {
    this.#stopping.abort();
  }

  kill(): void {
    this.#process?.crash();
  }

  /** For good. */
  end(): void {
    this.#isOver = true;
    this.kill();
  }

  pause(ms: number): void {
    const { scheduler, network } = this.#world;
    if (this.#process === undefined) return;
    this.#process.paused_until_ms = scheduler.now() + ms;
    network.unsettled_until_ms = Math.max(network.unsettled_until_ms, scheduler.now() + 2 * ms);
  }
}

export function startWorker(world: World, name: string): Supervised {
  return new Supervised(world, name, (process, stopping) => {
    const sleeper = world.scheduler.sleeper(process);
    return workerLoop(
      {
        db: dbOf(world, process, "backend"),
        redis: redisOf(world, process),
        queue: queueOf(world, process),
        objects: objectsOf(world, process),
        packs: simPacks(sleeper),
        // What this world's runs send and make is small.
        offThread: createOffThread(() => Promise.reject(new Error("no process can be started in this world"))),
        fetch: () => Promise.reject(new Error("there is no network in this world")),
        clock: world.scheduler,
        sleeper,
        random: world.random.fork(),
        platform_failure_fee: "none",
        metrics: world.metrics,
        tracer: NO_TRACER,
        log: world.logOf(process),
      },
      world.settings.worker,
      stopping,
    );
  });
}

export function startReaper(world: World, name: string): Supervised {
  return new Supervised(world, name, (process, stopping) =>
    reaperLoop(
      {
        db: dbOf(world, process, "backend"),
        redis: redisOf(world, process),
        queue: queueOf(world, process),
        objects: objectsOf(world, process),
        dead_letters: deadLettersOf(world, process),
        webhooks: undefined,
        clock: world.scheduler,
        sleeper: world.scheduler.sleeper(process),
        platform_failure_fee: "none",
        metrics: world.metrics,
        tracer: NO_TRACER,
        log: world.logOf(process),
      },
      world.settings.reaper,
      stopping,
    ),
  );
}
