import { Outage } from "#core/domain/outage.ts";
import type { ReceivedMessage } from "#core/ports/queue.ts";
import type { Seeded } from "../seeded.ts";

interface Message {
  readonly id: number;
  readonly body: string;
  visible_at_ms: number;
  received: number;
  /** The latest delivery's handle: an earlier one deletes nothing, and hiding by it is refused. */
  handle: string;
}

export interface QueueSettings {
  readonly visibility_ms: number;
  readonly receive_at_most: number;
}

/** SQS as far as the protocol uses it: standard queue, at least once, in no order, with a redrive policy. */
export class SimQueue {
  readonly #random: Seeded;
  readonly #settings: QueueSettings;
  #messages: Message[] = [];
  readonly dead: string[] = [];
  #next_id = 1;

  constructor(random: Seeded, settings: QueueSettings) {
    this.#random = random;
    this.#settings = settings;
  }

  get visibility_ms(): number {
    return this.#settings.visibility_ms;
  }

  get waiting(): number {
    return this.#messages.length;
  }

  send(body: string, visible_at_ms: number): void {
    this.#messages.push({ id: this.#next_id++, body, visible_at_ms, received: 0, handle: "" });
  }

  receive(max: number, now_ms: number): readonly ReceivedMessage[] {
    const taken: ReceivedMessage[] = [];
    const visible = this.#messages.filter((message) => message.visible_at_ms <= now_ms);
    while (visible.length > 0 && taken.length < max) {
      const [message] = visible.splice(this.#random.between(0, visible.length - 1), 1);
      if (message === undefined) break;
      if (message.received >= this.#settings.receive_at_most) {
        this.#remove(message);
        this.dead.push(message.body);
        continue;
      }
      message.received += 1;
      message.visible_at_ms = now_ms + this.#settings.visibility_ms;
      message.handle = `${message.id}-${message.received}`;
      taken.push({ body: message.body, handle: message.handle });
    }
    return taken;
  }

  /** SQS refuses this for a message that is not in flight (MessageNotInflight), which the driver tells as an outage. */
  hide(handle: string, until_ms: number, now_ms: number): void {
    const message = this.#messages.find((each) => each.handle === handle);
    if (message === undefined || message.visible_at_ms <= now_ms) throw new Outage("sqs", "message is not in flight");
    message.visible_at_ms = until_ms;
  }

  delete(handle: string): void {
    const message = this.#messages.find((each) => each.handle === handle);
    if (message !== undefined) this.#remove(message);
  }

  #remove(message: Message): void {
    this.#messages = this.#messages.filter((each) => each !== message);
  }

  /** Faults of a queue: all that is in it vanishes, comes twice, or comes later. */
  lose(): void {
    this.#messages = [];
  }

  repeat(now_ms: number): void {
    for (const { body } of this.#messages.slice()) this.send(body, now_ms);
  }

  delay(until_ms: number): void {
    for (const message of this.#messages) message.visible_at_ms = Math.max(message.visible_at_ms, until_ms);
  }
}
