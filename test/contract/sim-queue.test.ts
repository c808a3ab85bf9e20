import { GetQueueAttributesCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { afterAll, expect, inject, test } from "vitest";
import type { ReceivedMessage } from "#core/ports/queue.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createSqsDeadLetters } from "../../backend/drivers/sqs-dead-letters.ts";
import { createSqsQueue } from "../../backend/drivers/sqs.ts";
import { Later } from "../tools/sim/network.ts";
import { Seeded } from "../tools/sim/seeded.ts";
import type { WaitingRoom } from "../tools/sim/stores/waiting-room.ts";
import { createQueue } from "./support/queue.ts";
import {
  type Answer,
  drawsFor,
  HIDDEN_SECONDS,
  NEVER,
  noted,
  openSim,
  MAX_RECEIVED,
  refused,
  type Step,
} from "./support/queue-worlds.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const SEED = 20_261_122;
const MAX_SENT = 5;

const stack = inject("stack");
const aws = awsSettings(stack);
const client = () => awsClient(aws, stack.sqsEndpoint, { request_ms: 30_000, attempts: 1 });
const raw = new SQSClient(client());
afterAll(() => raw.destroy());

/** The server's two queues, and how a message goes from one to the other. */
async function openServer() {
  const [main, grave] = [await createQueue(stack), await createQueue(stack)];
  const asked = new GetQueueAttributesCommand({ QueueUrl: grave.queue_url, AttributeNames: ["QueueArn"] });
  const deadLetterTargetArn = (await raw.send(asked)).Attributes?.["QueueArn"];
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVED });
  await raw.send(new SetQueueAttributesCommand({ QueueUrl: main.queue_url, Attributes: { RedrivePolicy } }));
  const { queue_url } = main;
  const queue = createSqsQueue({ client: client(), queue_url, visibility_seconds: HIDDEN_SECONDS });
  const letters = createSqsDeadLetters({ client: client(), queue_url, dlq_url: grave.queue_url });
  const handles: string[] = [];
  let dead: readonly string[] = [];
  return {
    queue,
    take: async (step: Step): Promise<Answer> => {
      if (step.kind === "receive") return noted(await queue.receive(step.max, 0, NEVER), handles);
      if (step.kind === "send") return queue.send(step.bodies).then(() => "done");
      const handle = handles[step.delivery] ?? "";
      const call = step.kind === "hide" ? queue.hide(handle, step.seconds) : queue.delete(handle);
      return call.then(() => "done" as const, refused);
    },
    waiting: async () => Object.values(await main.depth()).reduce((sum, count) => sum + count),
    dead: async () => {
      const count = await letters.count();
      if (count > dead.length) dead = (await letters.peek(count)).map(({ body }) => body).toSorted();
      return dead;
    },
    close: async () => {
      letters.close();
      await queue.close();
    },
  };
}

interface Wish {
  readonly kind: Step["kind"];
  readonly count: number;
  /** Which delivery, from the latest one back. */
  readonly back: number;
  readonly seconds: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom("send", "receive", "receive", "receive", "hide", "hide", "hide", "delete"),
  count: fc.constantFrom(1, 1, 2, 3, 10),
  back: fc.nat(6),
  seconds: fc.constantFrom(0, 0, 0, HIDDEN_SECONDS),
});

test("whatever the server does with a trace, the simulator's queue has a world in which it does the same", async () => {
  const reached = new Set<string>();
  const compare = async (wishes: readonly Wish[]) => {
    const server = await openServer();
    const trace: Step[] = [];
    /** Whose deliveries they were, and which of them are the last of a message that was given back since. */
    const deliveries: string[] = [];
    const returned = new Set<number>();
    let draws: readonly number[] = [];
    let sent = 0;
    const take = async (step: Step) => {
      trace.push(step);
      const answer = await server.take(step);
      // What a step did to the rest is looked at with the next receive: each look costs calls.
      const rest = step.kind === "receive" ? { waiting: await server.waiting(), dead: await server.dead() } : {};
      draws = drawsFor(trace, draws, { answer, ...rest });
      const stale = "delivery" in step && deliveries.lastIndexOf(deliveries[step.delivery] ?? "") > step.delivery;
      reached.add(`${step.kind}${stale ? " by an old handle" : ""}: ${typeof answer === "string" ? answer : "some"}`);
      if (Array.isArray(answer)) deliveries.push(...(answer as string[]));
      if (step.kind === "hide" && step.seconds === 0 && answer === "done") returned.add(step.delivery);
      if ((rest?.dead ?? []).length > 0) reached.add("redrive");
    };
    const stepOf = ({ kind, count, back, seconds }: Wish): Step | undefined => {
      if (kind === "receive") return { kind, max: count };
      if (kind === "send") {
        const bodies = Array.from({ length: Math.min(count, MAX_SENT - sent) }, () => `body ${++sent}`);
        return bodies.length === 0 ? undefined : { kind, bodies };
      }
      const delivery = deliveries.length - 1 - back;
      if (delivery < 0) return undefined;
      if (kind === "hide") return { kind, delivery, seconds };
      // SQS and the simulator delete a message that was given back, by its last handle; the emulator keeps it.
      const isFree = returned.has(delivery) && deliveries.lastIndexOf(deliveries[delivery] ?? "") === delivery;
      return isFree ? undefined : { kind, delivery };
    };
    try {
      for (const each of [{ kind: "send", count: 3, back: 0, seconds: 0 } as const, ...wishes]) {
        const step = stepOf(each);
        if (step !== undefined) await take(step);
      }
      // Gives everything back until it is dead: the counts of receives agree too.
      for (let round = 0; round <= MAX_RECEIVED; round++) {
        for (const [delivery, body] of deliveries.slice().entries()) {
          const isLast = deliveries.lastIndexOf(body) === delivery;
          await take(isLast || round % 2 > 0 ? { kind: "hide", delivery, seconds: 0 } : { kind: "delete", delivery });
        }
        await take({ kind: "receive", max: 10 });
      }
      expect(await server.waiting()).toBe(0);
    } finally {
      await server.close();
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(wish, { minLength: 10, maxLength: 25 }), compare), {
    numRuns: 15,
    seed: SEED,
    endOnFailure: true,
  });
  const plain = ["send: done", "receive: some", "hide: done", "hide: refused", "delete: done", "redrive"];
  const old = ["hide by an old handle: refused", "delete by an old handle: done"];
  expect([...reached]).toEqual(expect.arrayContaining([...plain, ...old]));
});

test("a poll that waits is served by what comes, and one that was called off takes nothing", async () => {
  const server = await openServer();
  const { room, scheduler } = openSim(new Seeded(SEED));
  const simPoll = async (found: ReturnType<WaitingRoom["receive"]>) => {
    let served: readonly ReceivedMessage[] | undefined = found instanceof Later ? undefined : found;
    if (found instanceof Later) found.answer(async (outcome) => void ("value" in outcome && (served = outcome.value)));
    while (served === undefined && (await scheduler.step()));
    return served ?? [];
  };
  const bodies = (messages: readonly ReceivedMessage[]) => messages.map(({ body }) => body);

  const waiting = { server: server.queue.receive(1, 20, NEVER), sim: room.receive(1, 20_000, NEVER) };
  await server.queue.send(["sent"]);
  room.send("sent");
  const [first, simFirst] = [await waiting.server, await simPoll(waiting.sim)];
  expect([bodies(first), bodies(simFirst)]).toEqual([["sent"], ["sent"]]);

  const again = { server: server.queue.receive(1, 20, NEVER), sim: room.receive(1, 20_000, NEVER) };
  await server.queue.hide(first[0]?.handle ?? "", 0);
  room.hide(simFirst[0]?.handle ?? "", 0);
  const [second, simSecond] = [await again.server, await simPoll(again.sim)];
  expect([bodies(second), bodies(simSecond)]).toEqual([["sent"], ["sent"]]);
  await server.queue.delete(second[0]?.handle ?? "");
  room.delete(simSecond[0]?.handle ?? "");

  const stop = new AbortController();
  const called = { server: server.queue.receive(1, 20, stop.signal), sim: room.receive(1, 20_000, stop.signal) };
  stop.abort();
  expect(await called.server).toEqual([]);
  await server.queue.send(["later"]);
  room.send("later");
  expect(await simPoll(called.sim)).toEqual([]);
  const next = { server: server.queue.receive(1, 5, NEVER), sim: room.receive(1, 0, NEVER) };
  expect([bodies(await next.server), bodies(await simPoll(next.sim))]).toEqual([["later"], ["later"]]);
  await server.close();
});
