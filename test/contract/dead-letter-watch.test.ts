import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { encodeSignal } from "#core/domain/message.ts";
import type { DeadLetter } from "#core/ports/queue.ts";
import { newDeadLettersSeen, READ_AGAIN_MS, sweepDeadLetters } from "../../backend/reaper/sweeps/dead-letters.ts";
import { virtualTime } from "../unit/virtual-time.ts";
import { leased, queued } from "./support/close-work.ts";
import { createMoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

const signalOf = (run_id: string) => encodeSignal({ run_id, traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });

/** A sweep before a queue that a test fills, by a clock that it moves. */
function watched() {
  const time = virtualTime();
  const heard = recorder();
  const queue: DeadLetter[] = [];
  let reads = 0;
  const peek = async (max: number) => {
    reads += 1;
    return queue.slice(0, max);
  };
  const dead_letters = { count: async () => queue.length, peek, redrive: () => Promise.reject(new Error("no")) };
  const seen = newDeadLettersSeen();
  const letter = (body: string): DeadLetter => ({ body, times_received: 1, sent_at: new Date(time.clock.now()) });
  return {
    put: (...bodies: readonly string[]) => queue.splice(0, queue.length, ...bodies.map(letter)),
    pass: (ms: number) => time.pass(ms),
    async sweep() {
      await sweepDeadLetters({ db: world.backend, dead_letters, clock: time.clock, ...heard }, seen);
      return { criticals: heard.criticals().length, reads };
    },
  };
}

describe("as many dead letters as before", () => {
  it("are read again after ten minutes, so that an alarming one in another's place is told", async () => {
    const account = await world.account();
    const [over, lost, another] = [randomUUID(), await queued(world, account), await queued(world, account)];
    const { put, pass, sweep } = watched();
    put(signalOf(over));
    expect(await sweep()).toEqual({ criticals: 0, reads: 1 });
    put(signalOf(lost.run_id));
    await pass(READ_AGAIN_MS - 1);
    expect(await sweep()).toEqual({ criticals: 0, reads: 1 });
    await pass(1);
    expect(await sweep()).toEqual({ criticals: 1, reads: 2 });
    await pass(READ_AGAIN_MS);
    expect(await sweep()).toEqual({ criticals: 1, reads: 3 });
    put(signalOf(another.run_id));
    await pass(READ_AGAIN_MS);
    expect(await sweep()).toEqual({ criticals: 2, reads: 4 });
  });

  it("tell of a run that lost its worker since", async () => {
    const atWork = await leased(world, await world.account());
    const { put, pass, sweep } = watched();
    put(signalOf(atWork.run_id));
    expect(await sweep()).toEqual({ criticals: 0, reads: 1 });
    const past = "UPDATE runs SET lease_expires_at = wall_clock() - interval '1 second' WHERE run_id = $1";
    await world.owner.query(past, [atWork.run_id]);
    await pass(READ_AGAIN_MS);
    expect(await sweep()).toEqual({ criticals: 1, reads: 2 });
  });

  it("that are none are never read", async () => {
    const { put, pass, sweep } = watched();
    expect(await sweep()).toEqual({ criticals: 0, reads: 0 });
    put("nonsense");
    expect(await sweep()).toEqual({ criticals: 1, reads: 1 });
    put();
    await pass(READ_AGAIN_MS);
    expect(await sweep()).toEqual({ criticals: 1, reads: 1 });
    put("nonsense");
    expect(await sweep()).toEqual({ criticals: 2, reads: 2 });
  });

  it("than can be read are told of when they become more, not when others of them are read", async () => {
    const { put, pass, sweep } = watched();
    const many = (from: number) => Array.from({ length: 150 }, (_, index) => `nonsense ${from + index}`);
    put(...many(0));
    expect(await sweep()).toEqual({ criticals: 1, reads: 1 });
    put(...many(75));
    await pass(READ_AGAIN_MS);
    expect(await sweep()).toEqual({ criticals: 1, reads: 2 });
    put(...many(0), "one more");
    expect(await sweep()).toEqual({ criticals: 2, reads: 3 });
  });
});
