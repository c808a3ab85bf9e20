import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { encodeSignal } from "#core/domain/message.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createSqsDeadLetters } from "../../backend/drivers/sqs-dead-letters.ts";
import { createSqsQueue } from "../../backend/drivers/sqs.ts";
import { newDeadLettersSeen, sweepDeadLetters } from "../../backend/reaper/sweeps/dead-letters.ts";
import { type CliWorld, createCliWorld, sha256 } from "./support/cli-world.ts";
import { claimed, complete, leased, queued } from "./support/close-work.ts";
import { createMoneyWorld, type MoneyWorld } from "./support/money-world.ts";
import { createQueue } from "./support/queue.ts";
import { recorder } from "./support/recorder.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const NEVER = new AbortController().signal;
const stack = inject("stack");
const aws = awsSettings(stack);
const client = () => awsClient(aws, stack.sqsEndpoint, { request_ms: 10_000, attempts: 3 });
const open: { close(): Promise<void> | void }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});

const STANDS = { now: () => 0 };

const signalOf = (run_id: string) => encodeSignal({ run_id, traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });

/** A signal queue and a dead-letter queue of the test's own. */
async function queues() {
  const [main, dlq] = [await createQueue(stack), await createQueue(stack)];
  const dead = createSqsDeadLetters({ client: client(), queue_url: main.queue_url, dlq_url: dlq.queue_url });
  const sendTo = (queue_url: string) => createSqsQueue({ client: client(), queue_url, visibility_seconds: 30 });
  const [signals, grave] = [sendTo(main.queue_url), sendTo(dlq.queue_url)];
  open.push(dead, signals, grave);
  const env = { ...aws, SQS_ENDPOINT: stack.sqsEndpoint, SQS_QUEUE_URL: main.queue_url, SQS_DLQ_URL: dlq.queue_url };
  return { main, dlq, dead, signals, bury: (bodies: readonly string[]) => grave.send(bodies), env };
}

describe("the dead letters", () => {
  it("are counted and looked at, more of them than SQS gives at once, and stay", async () => {
    const { dead, dlq, bury } = await queues();
    expect([await dead.count(), await dead.peek(100)]).toEqual([0, []]);
    const bodies = Array.from({ length: 23 }, (_, index) => `body ${index}`);
    await bury(bodies);
    expect(await dead.count()).toBe(23);
    const seen = await dead.peek(100);
    expect(seen.map(({ body }) => body).toSorted()).toEqual(bodies.toSorted());
    expect(seen[0]).toMatchObject({ times_received: 1, sent_at: expect.any(Date) });
    expect(await dlq.depth()).toEqual({ visible: 23, hidden: 0 });
    expect(await dead.peek(3)).toHaveLength(3);
    expect(await dlq.depth()).toEqual({ visible: 23, hidden: 0 });
  });

  it("that are chosen go to the signal queue, and the others stay", async () => {
    const { dead, main, dlq, signals, bury } = await queues();
    await bury(Array.from({ length: 15 }, (_, index) => `body ${index}`));
    expect(await dead.redrive(({ body }) => body === "body 7")).toBe(1);
    expect(await dlq.depth()).toEqual({ visible: 14, hidden: 0 });
    expect(await signals.receive(10, 1, NEVER)).toMatchObject([{ body: "body 7" }]);
    expect(await dead.redrive(() => true)).toBe(14);
    expect(await dlq.depth()).toEqual({ visible: 0, hidden: 0 });
    expect(await main.depth()).toEqual({ visible: 14, hidden: 1 });
  });

  it("are told of when they become more, and touched by no sweep", async () => {
    const { dead, dlq, bury } = await queues();
    const heard = recorder();
    const seen = newDeadLettersSeen();
    const db = { query: () => Promise.reject(new Error("there is no run to ask for")) };
    const sweep = () => sweepDeadLetters({ db, dead_letters: dead, clock: STANDS, ...heard }, seen);
    const criticals: number[] = [];
    for (const bodies of [[], ["one", "two"], [], ["three"]]) {
      await bury(bodies);
      await sweep();
      criticals.push(heard.criticals().length);
    }
    expect(criticals).toEqual([0, 1, 1, 2]);
    expect(heard.last("dead_letters")).toBe(3);
    expect(await dlq.depth()).toEqual({ visible: 3, hidden: 0 });
    await sweepDeadLetters({ db, dead_letters: undefined, clock: STANDS, ...heard }, seen);
    expect(heard.counted("dead_letters")).toBe(4);
  });
});

describe("a dead letter of a run", () => {
  let world: MoneyWorld;
  beforeAll(async () => {
    world = await createMoneyWorld();
  });
  afterAll(() => world.close());

  const criticalsAfter = async (...run_ids: readonly string[]) => {
    const { dead, bury } = await queues();
    await bury(run_ids.map(signalOf));
    const heard = recorder();
    const deps = { db: world.backend, dead_letters: dead, clock: STANDS, ...heard };
    await sweepDeadLetters(deps, newDeadLettersSeen());
    expect(heard.last("dead_letters")).toBe(run_ids.length);
    return heard.criticals().length;
  };

  it("that is at work, however long, or over, is no alarm", async () => {
    const account = await world.account();
    const atWork = await leased(world, account);
    const finished = await claimed(world, account);
    await complete(world, finished, 5_000);
    const claimedNow = await claimed(world, account);
    const { run_id } = await queued(world, account);
    await cancelRun(world.edge, account.key_sha256, run_id);
    expect(await criticalsAfter(atWork.run_id, finished.run_id, claimedNow.run_id, run_id, randomUUID())).toBe(0);
  });

  it("that is queued, or whose worker was lost, is one", async () => {
    const account = await world.account();
    const { run_id } = await queued(world, account);
    expect(await criticalsAfter(run_id)).toBe(1);
    const lost = await leased(world, account);
    const past = "UPDATE runs SET lease_expires_at = wall_clock() - interval '1 second' WHERE run_id = $1";
    await world.owner.query(past, [lost.run_id]);
    expect(await criticalsAfter(lost.run_id)).toBe(1);
  });
});

describe("dpp dlq", () => {
  let cli: CliWorld;
  beforeAll(async () => {
    cli = await createCliWorld();
  });
  afterAll(() => cli.close());

  it("lists them with their runs, and tells what is no signal by its hash alone", async () => {
    const { dlq, bury, env } = await queues();
    const dpp = (...args: string[]) => cli.run(["dlq", ...args], { env: { ...cli.stores, ...env } });
    expect(await dpp("list")).toEqual({ code: 0, out: "there is no dead letter\n", err: "" });
    const { run_id } = await queued(cli.world, await cli.world.account());
    const gone = randomUUID();
    await bury([signalOf(run_id), signalOf(gone), "hunter2 {"]);
    const { code, out } = await dpp("list", "--json");
    expect(code).toBe(0);
    const { count, dead_letters } = JSON.parse(out) as { count: number; dead_letters: unknown[] };
    expect(count).toBe(3);
    expect(dead_letters).toHaveLength(3);
    const common = { times_received: expect.any(Number), sent_at: expect.any(String) };
    expect(dead_letters).toEqual(
      expect.arrayContaining([
        { ...common, run_id, status: "QUEUED" },
        { ...common, run_id: gone, status: "no such run" },
        { ...common, bytes: 9, sha256: sha256("hunter2 {") },
      ]),
    );
    const text = await dpp("list");
    expect(text.out).toMatch(new RegExp(`^${run_id} +QUEUED +\\d+ `, "m"));
    expect(text.out).not.toContain("hunter2");
    expect(await dlq.depth()).toEqual({ visible: 3, hidden: 0 });
  });

  it("sends the signals of one run again, or all, and leaves what is no signal", async () => {
    const { main, dlq, bury, env } = await queues();
    const dpp = (...args: string[]) => cli.run(["dlq", "redrive", ...args], { env: { ...cli.stores, ...env } });
    const [one, two] = [randomUUID(), randomUUID()];
    await bury([signalOf(one), signalOf(one), signalOf(two), "nonsense"]);
    const first = await dpp(one, "--json");
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toEqual({ redriven: 2, left: 2 });
    expect(await dpp(one)).toMatchObject({ code: 1, err: expect.stringContaining(`no dead letter of run ${one}`) });
    expect(await dpp("--all")).toMatchObject({ code: 0, out: "sent again: 1; left: about 1\n" });
    expect(await main.depth()).toEqual({ visible: 3, hidden: 0 });
    expect(await dlq.depth()).toEqual({ visible: 1, hidden: 0 });
    for (const args of [[], [one, "--all"], ["nonsense"]])
      expect(await dpp(...args)).toMatchObject({ code: 2, out: "" });
  });

  it("says what the environment lacks", async () => {
    const { code, err } = await cli.dpp("dlq", "list");
    expect(code).toBe(2);
    expect(err).toContain("this command needs AWS_REGION and SQS_QUEUE_URL and SQS_DLQ_URL in the environment");
  });
});
