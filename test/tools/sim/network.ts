import { Outage } from "#core/domain/outage.ts";
import type { Boundary, Decision, FaultPlan, PortName } from "./faults.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";
import type { Seeded } from "./seeded.ts";

/** When a caller gives a silent store up, as the production drivers do. */
const TIMEOUT_MS: Readonly<Record<PortName, number>> = {
  database: 10_000,
  redis: 2_000,
  objects: 15_000,
  queue: 15_000,
};
const STORE: Readonly<Record<PortName, Outage["store"]>> = {
  database: "database",
  redis: "redis",
  objects: "s3",
  queue: "sqs",
};

export interface NetworkOptions {
  readonly scheduler: Scheduler;
  readonly random: Seeded;
  readonly plan: FaultPlan;
  /** Hears of every boundary before it is crossed. */
  readonly onBoundary: (boundary: Boundary, decision: Decision) => void;
  /** Hears of every call that a store has applied, with what it answered. */
  readonly onApplied: (boundary: Boundary, outcome: Outcome) => Promise<void>;
}

export type Outcome<T = unknown> = { readonly value: T } | { readonly error: unknown };

/** A call that its store holds for a while, and answers in an occurrence of its own. */
export class Later<T> {
  readonly answer: (done: (outcome: Outcome<T>) => Promise<void>) => void;

  constructor(answer: (done: (outcome: Outcome<T>) => Promise<void>) => void) {
    this.answer = answer;
  }
}

/** A call on its way: `apply` runs at its store, once, unless it is lost before. */
export interface Call<T> {
  readonly process: SimProcess;
  readonly port: PortName;
  readonly operation: string;
  readonly size?: number;
  readonly apply: (decision: Decision) => T | Later<T> | Promise<T | Later<T>>;
}

/** Between processes and stores: here calls take time, get lost, come late, and their callers die. */
export class Network {
  readonly #options: NetworkOptions;
  /** Stores that are out: what is sent to them is not applied. */
  readonly down = new Set<PortName>();
  #count = 0;
  /** Until then something that was held up may still come, in the world's time. */
  unsettled_until_ms = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  get boundaries(): number {
    return this.#count;
  }

  call<T>(call: Call<T>): Promise<T> {
    const { process, port, operation, size = 1 } = call;
    if (!process.alive) return never();
    const { scheduler, plan, onBoundary } = this.#options;
    const boundary: Boundary = { index: this.#count++, process: process.name, port, operation, size };
    const decision = plan.at(boundary);
    onBoundary(boundary, decision);
    const ms = decision.ms ?? 0;
    if (decision.fault !== undefined)
      this.unsettled_until_ms = Math.max(this.unsettled_until_ms, scheduler.now() + 2 * ms);
    if (decision.fault === "crash-before") {
      process.crash();
      return never();
    }
    if (decision.fault === "refuse") return this.#silence(process, port);
    if (decision.fault === "late") {
      scheduler.after(ms, undefined, () => this.#apply(call, boundary, decision, () => undefined));
      return this.#silence(process, port);
    }
    const isStalled = decision.fault === "stall";
    if (isStalled) process.paused_until_ms = scheduler.now() + ms;
    return this.#send(call, boundary, decision, isStalled ? ms : 0);
  }

  #latency(): number {
    return this.#options.random.between(1, 12);
  }

  #send<T>(call: Call<T>, boundary: Boundary, decision: Decision, wait_ms: number): Promise<T> {
    const { scheduler } = this.#options;
    const { process, port } = call;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const reply = (outcome: Outcome<T>) => {
      if (decision.fault === "crash-after") return process.crash();
      if (decision.fault === "lose-reply") {
        scheduler.after(TIMEOUT_MS[port], process, () => reject(outage(port)));
        return;
      }
      if (decision.fault === "stall-after") process.paused_until_ms = scheduler.now() + (decision.ms ?? 0);
      scheduler.after(this.#latency(), process, () => {
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      });
    };
    scheduler.after(wait_ms + this.#latency(), undefined, () => this.#apply(call, boundary, decision, reply));
    return promise;
  }

  async #apply<T>(
    call: Call<T>,
    boundary: Boundary,
    decision: Decision,
    reply: (outcome: Outcome<T>) => void,
  ): Promise<void> {
    const done = async (outcome: Outcome<T>) => {
      await this.#options.onApplied(boundary, outcome);
      reply(outcome);
    };
    if (this.down.has(call.port)) return reply({ error: outage(call.port) });
    const answer = await outcomeOf(async () => call.apply(decision));
    if ("value" in answer && answer.value instanceof Later) return answer.value.answer(done);
    await done(answer as Outcome<T>);
  }

  /** The caller hears nothing until it gives up. */
  #silence(process: SimProcess, port: PortName): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#options.scheduler.after(TIMEOUT_MS[port], process, () => reject(outage(port)));
    return promise;
  }
}

/** What a piece of work answered or threw. */
export const outcomeOf = <T>(work: () => Promise<T>): Promise<Outcome<T>> =>
  work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

const outage = (port: PortName): Outage => new Outage(STORE[port], "no answer");
const never = (): Promise<never> => new Promise(() => undefined);
