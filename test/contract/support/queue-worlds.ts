import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { ReceivedMessage } from "#core/ports/queue.ts";
import { Later } from "../../tools/sim/network.ts";
import { Scheduler } from "../../tools/sim/scheduler.ts";
import { Seeded } from "../../tools/sim/seeded.ts";
import { SimQueue } from "../../tools/sim/stores/queue.ts";
import { WaitingRoom } from "../../tools/sim/stores/waiting-room.ts";

export const NEVER = new AbortController().signal;
export const MAX_RECEIVED = 3;
/** Longer than any trace: what is hidden stays hidden until it is given back. */
export const HIDDEN_SECONDS = 600;

export type Step =
  | { readonly kind: "send"; readonly bodies: readonly string[] }
  | { readonly kind: "receive"; readonly max: number }
  | { readonly kind: "hide"; readonly delivery: number; readonly seconds: number }
  | { readonly kind: "delete"; readonly delivery: number };
/** The bodies that a receive brought; of any other step, whether it was done or refused. */
export type Answer = readonly string[] | "done" | "refused";

export function noted(messages: readonly ReceivedMessage[], handles: string[]): readonly string[] {
  handles.push(...messages.map(({ handle }) => handle));
  return messages.map(({ body }) => body);
}

export function refused(error: unknown): "refused" {
  if (error instanceof Outage) return "refused";
  throw error;
}

/** Draws as it was told, the first choice where it was told nothing. */
class Scripted extends Seeded {
  readonly #script: readonly number[];
  readonly drawn: { readonly choice: number; readonly choices: number }[] = [];

  constructor(script: readonly number[]) {
    super(0);
    this.#script = script;
  }

  override between(least: number, most: number): number {
    const choice = this.#script[this.drawn.length] ?? 0;
    this.drawn.push({ choice, choices: most - least + 1 });
    return least + choice;
  }

  /** The next way to draw from there on, once each; undefined after the last. */
  another(from: number): readonly number[] | undefined {
    const at = this.drawn.findLastIndex(({ choice, choices }, index) => index >= from && choice + 1 < choices);
    return at < 0 ? undefined : this.drawn.slice(0, at + 1).map(({ choice }, i) => (i === at ? choice + 1 : choice));
  }
}

export function openSim(random: Seeded) {
  const scheduler = new Scheduler();
  const queue = new SimQueue(random, { visibility_ms: HIDDEN_SECONDS * 1000, receive_at_most: MAX_RECEIVED });
  return { scheduler, queue, room: new WaitingRoom(scheduler, queue) };
}

interface Played {
  readonly answer: Answer | undefined;
  readonly waiting: number;
  readonly dead: readonly string[];
}

/** Plays the whole trace in a world of its own, and tells how its last step ended. */
function play(trace: readonly Step[], random: Seeded): Played {
  const { queue, room } = openSim(random);
  const handles: string[] = [];
  const take = (step: Step): Answer => {
    if (step.kind === "receive") {
      const found = room.receive(step.max, 0, NEVER);
      if (found instanceof Later) throw new Error("it waits although it was told not to");
      return noted(found, handles);
    }
    if (step.kind === "send") step.bodies.forEach((body) => room.send(body));
    else if (step.kind === "hide") room.hide(handles[step.delivery] ?? "", step.seconds * 1000);
    else room.delete(handles[step.delivery] ?? "");
    return "done";
  };
  const attempt = (step: Step) => {
    try {
      return take(step);
    } catch (error) {
      return refused(error);
    }
  };
  const answers = trace.map(attempt);
  return { answer: answers.at(-1), waiting: queue.waiting, dead: queue.dead.toSorted() };
}

/** The draws with which the simulator's queue does what the server did: which messages come first is free. */
export function drawsFor(
  trace: readonly Step[],
  settled: readonly number[],
  wanted: Partial<Played>,
): readonly number[] {
  const tried: unknown[] = [];
  let script: readonly number[] | undefined = settled;
  while (script !== undefined) {
    const random = new Scripted(script);
    const played = play(trace, random);
    if (isDeepStrictEqual({ ...played, ...wanted }, played)) return random.drawn.map(({ choice }) => choice);
    tried.push(played);
    script = random.another(settled.length);
  }
  expect.fail(`no world does this: ${JSON.stringify({ trace, wanted, some: tried.slice(0, 5) })}`);
}
