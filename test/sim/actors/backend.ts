import { reaperLoop } from "../../../backend/reaper/loop.ts";
import { workerLoop } from "../../../backend/worker/loop.ts";
import { dbOf, deadLettersOf, objectsOf, queueOf, redisOf } from "../ports.ts";
import { SimProcess } from "../scheduler.ts";
import type { World } from "../world.ts";
import { simPacks } from "./pack.ts";

/** What a worker or reaper does from its start to its end. */
type Life = (process: SimProcess, stopping: AbortSignal) => Promise<void>;

/** A process that is started again a while after it ended, for whatever reason. */
export class Supervised {
  readonly #world: World;
  readonly #life: Life;
  #process: SimProcess;
  #stopping = new AbortController();
  #isOver = false;

  constructor(world: World, name: string, life: Life) {
    this.#world = world;
    this.#life = life;
    this.#process = new SimProcess(name);
    this.#start();
  }

  #start(): void {
    const process = this.#process;
    process.onCrash(() => this.#startAgain());
    this.#stopping = new AbortController();
    this.#life(process, this.#stopping.signal).then(
      () => this.#startAgain(),
      (error: unknown) => {
        this.#world.fault(process.name, error);
        this.#startAgain();
      },
    );
  }

  #startAgain(): void {
    if (this.#isOver) return;
    const { name } = this.#process;
    this.#process = new SimProcess(name);
    this.#world.scheduler.after(this.#world.random.between(200, 4_000), undefined, () => this.#start());
  }

  /** SIGTERM. */
  stop(): void {
    this.#stopping.abort();
  }

  kill(): void {
    this.#process.crash();
  }

  /** For good. */
  end(): void {
    this.#isOver = true;
    this.#process.crash();
  }

  pause(ms: number): void {
    this.#process.paused_until_ms = this.#world.scheduler.now() + ms;
    this.#world.network.unsettled_until_ms = Math.max(
      this.#world.network.unsettled_until_ms,
      this.#process.paused_until_ms + ms,
    );
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
        fetch: () => Promise.reject(new Error("there is no network in this world")),
        clock: world.scheduler,
        sleeper,
        random: world.random.fork(),
        metrics: world.metrics,
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
        sleeper: world.scheduler.sleeper(process),
        metrics: world.metrics,
        log: world.logOf(process),
      },
      world.settings.reaper,
      stopping,
    ),
  );
}
