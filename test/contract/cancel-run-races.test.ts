import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { cancelRun } from "#core/store/runs/cancel-run.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { requeueUncounted } from "#core/store/runs/requeue-uncounted.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { claimed, complete, fail, leased, queued, type Work } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { balanceOf, createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

const ROUNDS = 24;
let world: MoneyWorld;

beforeAll(async () => {
  world = await createMoneyWorld();
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(() => world.close());

const cancel = async (work: Work) => (await cancelRun(world.edge, work.account.key_sha256, work.run_id)).outcome;

/** As many runs, each met by two at once; every other time the other is asked first. */
async function meetings<T>(
  make: (world: MoneyWorld, account: Account) => Promise<Work>,
  other: (work: Work) => Promise<T>,
) {
  const account = await world.account();
  const works = await Promise.all(Array.from({ length: ROUNDS }, () => make(world, account)));
  const ends = await Promise.all(
    works.map(async (work, index) => {
      const first = index % 2 === 0 ? cancel(work) : undefined;
      const [answer, outcome] = await Promise.all([other(work), first ?? cancel(work)]);
      return { work, outcome, answer, run: await showRun(world.owner, work.run_id) };
    }),
  );
  return { account, ends };
}

describe("a cancel that meets", () => {
  it("15 others: one ends the run, all of them say that it is canceled, and it is charged once", async () => {
    const account = await world.account();
    const work = await leased(world, account);
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => cancel(work)));
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 15 }, () => "already-canceled"), "canceled"]);
    expect(await balanceOf(world, account)).toMatchObject({ charged: 5_000, reserved: 0, open_runs: 0 });
  });

  it("15 others on a claimed run raises its version once", async () => {
    const work = await claimed(world, await world.account());
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => cancel(work)));
    expect(new Set(outcomes)).toEqual(new Set(["requested"]));
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ version: 3, cancel_requested: true });
  });

  it("a claim ends the run: for nothing if it came first, else for the minimum fee", async () => {
    const lease_token = randomUUID();
    const { ends } = await meetings(queued, ({ run_id }) =>
      leaseRun(createLeaseBatch(world.backend), { run_id, lease_token, lease_seconds: 120, max_attempts: 3 }),
    );
    for (const { outcome, answer, run } of ends) {
      expect(outcome).toBe("canceled");
      expect(run).toMatchObject({ status: "CANCELED", charged_micros: answer.kind === "leased" ? 5_000 : 0 });
    }
  });

  it("a requeue-uncounted ends the run, at work or queued again", async () => {
    const { ends } = await meetings(leased, (work) => requeueUncounted(world.backend, work));
    for (const { outcome, answer, run } of ends) {
      expect(outcome).toBe("canceled");
      expect(run).toMatchObject({ status: "CANCELED", charged_micros: answer === "requeued" ? 0 : 5_000 });
    }
  });

  it("W3 either ends the run or asks it to stop", async () => {
    const { ends } = await meetings(leased, (work) =>
      beginFinalize(createClaimBatch(world.backend), work, work.finalize_token),
    );
    for (const { outcome, answer, run } of ends) {
      expect(outcome).toBe(answer !== "lost" ? "requested" : "canceled");
      expect(run).toMatchObject(
        answer !== "lost"
          ? { status: "PROCESSING", finalize_stage: "CLAIMED", cancel_requested: true }
          : { status: "CANCELED", charged_micros: 5_000 },
      );
    }
  });

  it("a completion loses to the receipt, whichever came first", async () => {
    const { account, ends } = await meetings(claimed, (work) => complete(world, work, 7_000));
    for (const { outcome, answer, run } of ends) {
      expect(["requested", "already-terminal"]).toContain(outcome);
      expect(answer).toMatchObject({ charged_micros: 7_000 });
      expect(run).toMatchObject({ status: "COMPLETED", charged_micros: 7_000 });
    }
    expect(await balanceOf(world, account)).toMatchObject({ charged: 7_000 * ROUNDS, open_runs: 0 });
  });

  it("a failure leaves one end and one fee", async () => {
    const { account, ends } = await meetings(leased, (work) => fail(world, work, 5_000));
    for (const { outcome, answer, run } of ends) {
      expect(outcome).toBe(answer === undefined ? "canceled" : "already-terminal");
      expect(run?.status).toBe(answer === undefined ? "CANCELED" : "FAILED");
    }
    expect(await balanceOf(world, account)).toMatchObject({ charged: 5_000 * ROUNDS, open_runs: 0 });
  });

  it("a submit of the same tenant gives back and takes from one balance, and both are done", async () => {
    const { account, ends } = await meetings(leased, ({ account: of }) => world.submit(submission(of)));
    for (const { outcome, answer } of ends) expect([outcome, answer.outcome]).toEqual(["canceled", "inserted"]);
    expect(await balanceOf(world, account)).toMatchObject({ charged: 5_000 * ROUNDS, open_runs: ROUNDS });
  });

  it("its own submit sent again is the same run, whatever it has become", async () => {
    const account = await world.account({ funds: 10_000 * ROUNDS });
    const runs = Array.from({ length: ROUNDS }, () => submission(account));
    await Promise.all(runs.map((run) => world.submit(run)));
    const answers = await Promise.all(
      runs.flatMap((run) => [
        cancelRun(world.edge, account.key_sha256, run.run_id),
        world.submit({ ...run, run_id: randomUUID() }),
      ]),
    );
    for (const [index, { outcome }] of answers.entries())
      expect(outcome).toBe(index % 2 === 0 ? "canceled" : "existing");
    expect(await balanceOf(world, account)).toMatchObject({ available: 10_000 * ROUNDS, open_runs: 0 });
  });
});
