import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import { beginFinalize, createClaimBatch } from "#core/store/runs/begin-finalize.ts";
import { completeRun, createCompletionBatch } from "#core/store/runs/complete-run.ts";
import { createLeaseBatch, leaseRun } from "#core/store/runs/lease-run.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { createPgDb, type PgDb } from "../../backend/drivers/pg.ts";
import { balanceOf, createMoneyWorld, isDatabaseError, type MoneyWorld, submission } from "./support/money-world.ts";
import { claimed, complete, leased, queued, type Work } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";

let world: MoneyWorld;
let lookup: PgDb;
beforeAll(async () => {
  world = await createMoneyWorld();
  const url = new URL(world.urls.backend);
  url.searchParams.set("options", "-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off");
  const limits = { max: 12, statement_timeout_ms: 60_000, connect_timeout_ms: 60_000 };
  lookup = createPgDb({ connectionString: url.href, application_name: "test", ...limits });
});
afterEach(async () => {
  expect(await world.imbalances()).toEqual([]);
});
afterAll(async () => {
  await lookup.close();
  await world.close();
});

/** A worker's statements, and how many runs each was about. */
function watched() {
  const sizes: number[] = [];
  const db: Db = {
    query: (statement, values) => {
      sizes.push(Array.isArray(values[0]) ? values[0].length : 1);
      return world.backend.query(statement, values);
    },
  };
  return { db, sizes };
}

const receiptOf = ({ finalize_token }: Work, cost: number) => ({
  cost: micros(cost),
  sha256: "ef".repeat(32),
  finalize_token,
  bytes: 123,
  reliability: 0.9,
});
const LEASE = { lease_seconds: 120, max_attempts: 3 };
const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/** What a batch does for each of these runs; a refusal by its SQLSTATE. */
function completeAll(db: Db, asked: readonly (readonly [work: Work, cost: number])[]): Promise<unknown[]> {
  const completions = createCompletionBatch(db);
  return Promise.all(
    asked.map(([work, cost]) =>
      completeRun(completions, work, receiptOf(work, cost)).then(
        (closed) => closed?.charged_micros ?? "lost",
        (error: unknown) => (isDatabaseError(error) ? error.code : error),
      ),
    ),
  );
}

describe("runs that are completed together", () => {
  it("of one tenant move its balance, its usage and its events as one by one", async () => {
    const account = await world.account();
    const works = await times(8, () => claimed(world, account));
    const { db, sizes } = watched();
    expect(
      await completeAll(
        db,
        works.map((work, nth) => [work, 1_000 * (nth + 1)] as const),
      ),
    ).toEqual(works.map((_, nth) => 1_000 * (nth + 1)));
    expect(sizes).toEqual([8]);
    expect(await balanceOf(world, account)).toMatchObject({ charged: 36_000, reserved: 0, open_runs: 0 });
    const sql = "SELECT runs, completed, reserved_micros, charged_micros FROM usage_daily WHERE tenant_id = $1";
    expect(await world.owner.query(sql, [account.tenant_id])).toEqual([
      { runs: "8", completed: "8", reserved_micros: "80000", charged_micros: "36000" },
    ]);
    const events =
      "SELECT count(*)::integer AS events FROM outbox_events WHERE tenant_id = $1 AND type = 'run.completed'";
    expect(await world.owner.query(events, [account.tenant_id])).toEqual([{ events: 8 }]);
    for (const { run_id } of works) {
      expect(await showRun(world.owner, run_id)).toMatchObject({ status: "COMPLETED", result_sha256: "ef".repeat(32) });
    }
  });

  it("give a capped key back what was not charged, by their sum", async () => {
    const account = await world.account({ key: { spending_cap: micros(100_000) } });
    const works = await times(2, () => claimed(world, account));
    const { db, sizes } = watched();
    await completeAll(
      db,
      works.map((work) => [work, 4_000] as const),
    );
    expect(sizes).toEqual([2]);
    expect(await world.submit(submission(account, { reserve: micros(100_000) }))).toMatchObject({
      outcome: "insufficient",
      refused_by: "key",
      available_micros: 92_000,
    });
  });

  it("publish each threshold of the budget once that they cross together", async () => {
    const account = await world.account({ funds: 40_000 });
    const works = await times(4, () => claimed(world, account));
    await completeAll(
      world.backend,
      works.map((work) => [work, 9_000] as const),
    );
    const sql = `SELECT payload->>'threshold_percent' AS percent FROM outbox_events
                  WHERE tenant_id = $1 AND type = 'budget.threshold' ORDER BY event_id`;
    expect(await world.owner.query(sql, [account.tenant_id])).toEqual([{ percent: "50" }, { percent: "80" }]);
  });

  it("are lost each for its own caller: by another's token, by a stage that is over, by none at all", async () => {
    const accounts = await times(3, () => world.account());
    const works = await Promise.all(accounts.map((account) => claimed(world, account)));
    const running = await leased(world, accounts[0] as Account);
    const over = await claimed(world, accounts[1] as Account);
    await complete(world, over, 5_000);
    const [first, second, third] = works as [Work, Work, Work];
    const swapped = { ...second, finalize_token: third.finalize_token };
    const { db, sizes } = watched();
    const asked = [first, swapped, running, over, { ...first, run_id: randomUUID() }, third];
    expect(
      await completeAll(
        db,
        asked.map((work) => [work, 7_000] as const),
      ),
    ).toEqual([7_000, "lost", "lost", "lost", "lost", 7_000]);
    expect(sizes).toEqual([6]);
    expect(await showRun(world.owner, second.run_id)).toMatchObject({ status: "PROCESSING", money_state: "RESERVED" });
  });

  it("fail alone: one that is charged above its reservation takes none of the others with it", async () => {
    const accounts = await times(3, () => world.account());
    const works = await Promise.all(accounts.map((account) => claimed(world, account)));
    const { db, sizes } = watched();
    const costs = [7_000, 10_001, 6_000];
    expect(
      await completeAll(
        db,
        works.map((work, nth) => [work, costs[nth] ?? 0] as const),
      ),
    ).toEqual([7_000, "23514", 6_000]);
    expect(sizes).toEqual([3, 1, 1, 1]);
    expect(
      await completeAll(
        db,
        works.map((work) => [work, 8_000] as const),
      ),
    ).toEqual(["lost", 8_000, "lost"]);
  });

  it("raise and do nothing where one has no charge", async () => {
    const account = await world.account();
    const [one, other] = (await times(2, () => claimed(world, account))) as [Work, Work];
    const sql = `SELECT FROM complete_runs(ARRAY[$1, $2]::uuid[], ARRAY[$3, $4]::uuid[], ARRAY[5000, NULL]::bigint[],
      ARRAY[1, 1], ARRAY['\\xab', '\\xab']::bytea[], ARRAY[1, 1]::bigint[], ARRAY[1, 1]::double precision[])`;
    const values = [one.run_id, other.run_id, one.finalize_token, other.finalize_token];
    await expect(world.backend.query(sql, values)).rejects.toMatchObject({ code: "23502" });
    expect(await balanceOf(world, account)).toMatchObject({ charged: 0, reserved: 20_000, open_runs: 2 });
  });
});

describe("runs that are leased or claimed together", () => {
  it("are each leased under their own token, or answered what they are", async () => {
    const account = await world.account();
    const [waiting, another, twice] = await Promise.all([1, 2, 3].map(() => queued(world, account)));
    const running = await leased(world, account);
    const over = await claimed(world, account);
    await complete(world, over, 5_000);
    const { db, sizes } = watched();
    const leases = createLeaseBatch(db);
    const asked = [waiting, another, twice, twice, running, over] as Work[];
    const tokens = asked.map(() => randomUUID());
    const answers = await Promise.all(
      [...asked.map(({ run_id }) => run_id), randomUUID()].map((run_id, nth) =>
        leaseRun(leases, { run_id, lease_token: tokens[nth] ?? randomUUID(), ...LEASE }),
      ),
    );
    expect(sizes).toEqual([7]);
    const kinds = answers.map(({ kind }) => kind);
    // Of two signals of one run either may have it.
    expect(kinds.slice(2, 4).toSorted()).toEqual(["busy", "leased"]);
    expect([...kinds.slice(0, 2), ...kinds.slice(4)]).toEqual(["leased", "leased", "busy", "over", "over"]);
    for (const answer of answers) {
      if (answer.kind !== "leased") continue;
      const [row] = await world.owner.query("SELECT lease_token, attempt FROM runs WHERE run_id = $1", [
        answer.run.run_id,
      ]);
      expect(row).toEqual({ lease_token: answer.run.lease_token, attempt: 1 });
    }
  });

  it("are each claimed under their own lease and attempt, or lost for their own caller", async () => {
    const account = await world.account();
    const works = await times(3, () => leased(world, account));
    const [mine, strange, late] = works as [Work, Work, Work];
    const { db, sizes } = watched();
    const claims = createClaimBatch(db);
    const asked = [mine, { ...strange, lease_token: late.lease_token }, { ...late, attempt: 2 }];
    const answers = await Promise.all(asked.map((work) => beginFinalize(claims, work, work.finalize_token)));
    expect(sizes).toEqual([3]);
    expect(answers).toEqual([{ seconds: expect.any(Number) }, "lost", "lost"]);
    expect(await showRun(world.owner, strange.run_id)).toMatchObject({ finalize_stage: null });
  });
});

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Outage && isDatabaseError(error.cause) && error.cause.code === code;

/**
 * A batch repeats one by one what a deadlock has rolled back: here it is seen. On the few runs of a test a join would read
 * the whole table, in one order; here it looks them up in the order in which they were asked for.
 */
function deadlocksSeen() {
  let deadlocks = 0;
  const db: Db = {
    query: async (statement, values) => {
      try {
        return await lookup.db.query(statement, values);
      } catch (error) {
        if (isCode(error, "40P01")) deadlocks += 1;
        throw error;
      }
    },
  };
  return { db, count: () => deadlocks };
}

/** Repeated when a crowded machine let a lock wait too long; a deadlock is looked for sooner, and is an error. */
async function unlessTimedOut<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isCode(error, "55P03")) throw error;
    }
  }
}

/** Lets two statements about these runs, in opposite orders, begin while a third session holds the run in the middle. */
async function meetInOppositeOrders(
  works: readonly Work[],
  call: (db: Db, works: readonly Work[]) => Promise<unknown>,
) {
  const seen = deadlocksSeen();
  const holder = new pg.Client({ connectionString: world.ownerUrl });
  holder.on("error", () => undefined);
  await holder.connect();
  const sorted = works.toSorted((a, b) => (a.run_id < b.run_id ? -1 : 1));
  await holder.query("BEGIN");
  await holder.query("SELECT FROM runs WHERE run_id = $1 FOR UPDATE", [sorted[works.length >> 1]?.run_id]);
  const both = Promise.all([sorted, sorted.toReversed()].map((each) => unlessTimedOut(() => call(seen.db, each))));
  both.catch(() => undefined);
  const waiting = `SELECT count(*)::integer AS waiting FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while (Number((await world.owner.query(waiting, []))[0]?.["waiting"]) < 2);
  await holder.query("COMMIT");
  await holder.end();
  const answers = await both;
  expect(seen.count()).toBe(0);
  return answers;
}

describe("batches in opposite orders never deadlock", () => {
  it("at W1", async () => {
    const account = await world.account();
    const works = await times(6, () => queued(world, account));
    const answers = await meetInOppositeOrders(works, (db, each) => {
      const leases = createLeaseBatch(db);
      return Promise.all(each.map(({ run_id }) => leaseRun(leases, { run_id, lease_token: randomUUID(), ...LEASE })));
    });
    const kinds = answers.flat().map((answer) => (answer as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === "leased")).toHaveLength(works.length);
  });

  it("at W3", async () => {
    const account = await world.account();
    const works = await times(6, () => leased(world, account));
    const answers = await meetInOppositeOrders(works, (db, each) => {
      const claims = createClaimBatch(db);
      return Promise.all(each.map((work) => beginFinalize(claims, work, randomUUID())));
    });
    expect(answers.flat().filter((answer) => answer === "lost")).toHaveLength(works.length);
  });

  it("at W5, also beside single closes: each run is closed once, whatever its tenant, key and cap", async () => {
    const accounts = await Promise.all([
      world.account(),
      world.account({ key: { spending_cap: micros(900_000) } }),
      world.account({ key: { spending_cap: micros(900_000) } }),
    ]);
    const works = (await Promise.all(accounts.map((account) => times(6, () => claimed(world, account))))).flat();
    let singles: Promise<unknown[]> | undefined;
    const answers = await meetInOppositeOrders(works, (db, each) => {
      singles ??= Promise.all(works.map((work) => unlessTimedOut(() => complete(world, work, 5_000))));
      const completions = createCompletionBatch(db);
      return Promise.all(each.map((work) => completeRun(completions, work, receiptOf(work, 5_000))));
    });
    const closed = [...answers.flat(), ...((await singles) ?? [])].filter((answer) => answer !== undefined);
    expect(closed).toHaveLength(works.length);
    for (const account of accounts) {
      expect(await balanceOf(world, account)).toMatchObject({ charged: 30_000, reserved: 0, open_runs: 0 });
    }
  });

  it("at the balances of the same tenants, under different keys", async () => {
    const accounts = await times(3, () => world.account({ key: { spending_cap: micros(900_000) } }));
    const successors = await Promise.all(
      accounts.map(async (account) => {
        const { key_sha256 } = await world.key(account.tenant_id);
        return { ...account, key_sha256 };
      }),
    );
    const mine = await Promise.all(accounts.map((account) => claimed(world, account)));
    const theirs = await Promise.all(successors.toReversed().map((account) => claimed(world, account)));
    const seen = deadlocksSeen();
    const rounds = [mine, theirs].map((works) =>
      completeAll(
        seen.db,
        works.map((work) => [work, 5_000] as const),
      ),
    );
    expect((await Promise.all(rounds)).flat()).toEqual(Array.from({ length: 6 }, () => 5_000));
    expect(seen.count()).toBe(0);
  });
});
