import type { ReceivedMessage } from "#core/ports/queue.ts";
import { Later, type Outcome } from "../network.ts";
import type { Scheduler } from "../scheduler.ts";
import type { SimQueue } from "./queue.ts";

interface Waiter {
  readonly max: number;
  readonly signal: AbortSignal;
  readonly done: (outcome: Outcome<readonly ReceivedMessage[]>) => Promise<void>;
}

/** The queue with its long polls: whoever waits is served as soon as a message is to be seen. */
export class WaitingRoom {
  readonly #scheduler: Scheduler;
  readonly #queue: SimQueue;
  #waiters: Waiter[] = [];

  constructor(scheduler: Scheduler, queue: SimQueue) {
    this.#scheduler = scheduler;
    this.#queue = queue;
  }

  send(body: string, delay_ms = 0): void {
    this.#queue.send(body, this.#scheduler.now() + delay_ms);
    this.#serveAfter(delay_ms);
  }

  /** A poll whose caller was killed still takes messages, as a real one does; one that was called off does not. */
  receive(
    max: number,
    wait_ms: number,
    signal: AbortSignal,
  ): readonly ReceivedMessage[] | Later<readonly ReceivedMessage[]> {
    const found = this.#queue.receive(max, this.#scheduler.now());
    if (found.length > 0) this.#serveAfter(this.#queue.visibility_ms);
    if (found.length > 0 || wait_ms === 0) return found;
    return new Later((done) => {
      const waiter: Waiter = { max, signal, done };
      this.#waiters.push(waiter);
      this.#scheduler.after(wait_ms, undefined, async () => {
        if (this.#leave(waiter)) await done({ value: [] });
      });
    });
  }

  #leave(waiter: Waiter): boolean {
    const before = this.#waiters.length;
    this.#waiters = this.#waiters.filter((each) => each !== waiter);
    return this.#waiters.length < before;
  }

  hide(receipt: string, ms: number): void {
    const now_ms = this.#scheduler.now();
    this.#queue.hide(receipt, now_ms + ms, now_ms);
    this.#serveAfter(ms);
  }

  delete(receipt: string): void {
    this.#queue.delete(receipt);
  }

  #serveAfter(ms: number): void {
    this.#scheduler.after(ms, undefined, () => this.#serve());
  }

  async #serve(): Promise<void> {
    for (const waiter of this.#waiters.slice()) {
      if (waiter.signal.aborted) {
        this.#leave(waiter);
        continue;
      }
      const found = this.#queue.receive(waiter.max, this.#scheduler.now());
      if (found.length === 0) return;
      // What nobody deletes is to be seen again when its time has passed.
      this.#serveAfter(this.#queue.visibility_ms);
      this.#leave(waiter);
      await waiter.done({ value: found });
    }
  }

  /** The messages that were given up. */
  get dead(): readonly string[] {
    return this.#queue.dead;
  }

  lose(): void {
    this.#queue.lose();
  }

  repeat(): void {
    this.#queue.repeat(this.#scheduler.now());
    this.#serveAfter(0);
  }

  /** Everything that waits is seen this much later. */
  delay(ms: number): void {
    this.#queue.delay(this.#scheduler.now() + ms);
    this.#serveAfter(ms);
  }
}
