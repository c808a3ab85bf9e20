import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { transferKind } from "#core/domain/transfer.ts";
import { listCommittedRuns } from "#core/store/runs/list-committed-runs.ts";
import { listCommittedTransfers } from "#core/store/ledger/list-committed-transfers.ts";
import { listOwnTransfers } from "#core/store/ledger/list-own-transfers.ts";
import type { Position } from "#core/store/commit-position.ts";
import { migrate } from "../../backend/migrate/migrate.ts";
import { cancelQueued, claimed, complete, queued } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

const WRITERS = 8;
const kinds = transferKind.options;

let world: MoneyWorld;
const clients: pg.Client[] = [];
beforeAll(async () => {
  world = await createMoneyWorld();
  for (let count = 0; count < WRITERS; count++) clients.push(new pg.Client({ connectionString: world.ownerUrl }));
  await Promise.all(clients.map((client) => client.connect()));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await world.close();
});

type Ask = (after: Position | undefined) => Promise<{ ids: string[]; position: Position | undefined }>;

class Reader {
  readonly seen: string[] = [];
  position: Position | undefined;
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async readOn(): Promise<void> {
    const { ids, position } = await this.#ask(this.position);
    this.seen.push(...ids);
    this.position = position;
  }

  /** What is there is final once no older transaction of any database on this server is in progress. */
  async readUntil(count: number): Promise<void> {
    while (this.seen.length < count) await this.readOn();
  }
}

const transfersOf = ({ key_sha256 }: Account, limit = 7) =>
  new Reader(async (after) => {
    const found = await listCommittedTransfers(world.edge, key_sha256, { after, kinds, limit });
    if (found.kind !== "found") throw new Error(found.kind);
    return { ids: found.entries.map(({ transfer_id }) => transfer_id), position: found.position };
  });

const runsOf = ({ key_sha256 }: Account, by: "accepted" | "ended") =>
  new Reader(async (after) => {
    const found = await listCommittedRuns(world.edge, key_sha256, { after, by, limit: 7 });
    if (found.kind !== "found") throw new Error(found.kind);
    return { ids: found.entries.map(({ run_id }) => run_id), position: found.position };
  });

const idsOf = async ({ tenant_id }: Account, table: "ledger_transfers" | "runs", id: string) =>
  sorted(
    (await world.owner.query(`SELECT * FROM ${table} WHERE tenant_id = $1`, [tenant_id])).map((row) => String(row[id])),
  );
const ledgerOf = (account: Account) => idsOf(account, "ledger_transfers", "transfer_id");
const sorted = (ids: readonly string[]) => ids.toSorted((a, b) => a.localeCompare(b));

/** A writer's transaction, open: a transfer is written, and nobody sees it yet. */
async function write(client: pg.Client, { tenant_id }: Account, name: string): Promise<void> {
  await client.query("BEGIN");
  await client.query(
    `INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
     VALUES ($1, $2, 'GRANT', 'funding', 'available', 1, clock_timestamp())`,
    [tenant_id, `${name} ${tenant_id}`],
  );
}

describe("a reader that goes on in commit order", () => {
  it("sees each transfer once beside eight writers that commit in any order", async () => {
    const anyOrder = fc.shuffledSubarray(
      Array.from({ length: WRITERS }, (_, index) => index),
      { minLength: WRITERS },
    );
    const watch = async (order: readonly number[]) => {
      const account = await world.account({ funds: 0 });
      const reader = transfersOf(account, 3);
      for (const [index, client] of clients.entries()) await write(client, account, `${index}`);
      for (const index of order) {
        await clients[index]?.query("COMMIT");
        await reader.readOn();
      }
      await reader.readUntil(WRITERS);
      expect(sorted(reader.seen)).toEqual(await ledgerOf(account));
    };
    await fc.assert(fc.asyncProperty(anyOrder, watch), { numRuns: 20, seed: 20_261_129 });
  });

  it("waits where one that goes on by time or by id has passed over what is committed late", async () => {
    const account = await world.account({ funds: 0 });
    const [late, soon] = clients as [pg.Client, pg.Client];
    await write(late, account, "late");
    await write(soon, account, "soon");
    await soon.query("COMMIT");
    const newest = () => listOwnTransfers(world.edge, account.key_sha256, { kinds, limit: 9 });
    const before = await newest();
    const reader = transfersOf(account);
    await reader.readOn();
    expect(reader.seen).toEqual([]);
    await late.query("COMMIT");
    const after = await newest();
    if (before.kind !== "found" || after.kind !== "found") throw new Error("not found");
    // The one that came late stands behind the one that was there.
    expect(after.transfers[0]?.transfer_id).toBe(before.transfers[0]?.transfer_id);
    expect(after.transfers).toHaveLength(2);
    await reader.readUntil(2);
    expect(reader.seen.toReversed()).toEqual(after.transfers.map(({ transfer_id }) => transfer_id));
  });

  it("sees 600 transfers and 300 runs, each once, beside eight writers at work", async () => {
    const account = await world.account({ funds: 100_000_000 });
    const [ledger, accepted, ended] = [transfersOf(account), runsOf(account, "accepted"), runsOf(account, "ended")];
    const RUNS = 300;
    let [left, working] = [RUNS, true];
    const writer = async () => {
      while (left > 0) {
        left -= 1;
        const charged = left % 3 === 0;
        if (charged) await complete(world, await claimed(world, account), 10_000);
        else await cancelQueued(world, await queued(world, account), 1);
      }
    };
    const reading = [ledger, accepted, ended].map(async (reader) => {
      while (working) await reader.readOn();
    });
    await Promise.all(Array.from({ length: WRITERS }, writer));
    working = false;
    await Promise.all(reading);
    await ledger.readUntil(2 * RUNS + 1);
    await accepted.readUntil(RUNS);
    await ended.readUntil(RUNS);
    expect(sorted(ledger.seen)).toEqual(await ledgerOf(account));
    const run_ids = await idsOf(account, "runs", "run_id");
    expect([sorted(accepted.seen), sorted(ended.seen)]).toEqual([run_ids, run_ids]);
  });

  it("sees no run as ended that is open, and one once whether it was charged in part, wholly or not", async () => {
    const account = await world.account();
    const open = await queued(world, account);
    const whole = await claimed(world, account);
    const part = await claimed(world, account);
    const nothing = await queued(world, account);
    await cancelQueued(world, nothing, 1);
    await complete(world, part, 7_000);
    await complete(world, whole, 10_000);
    const [accepted, ended] = [runsOf(account, "accepted"), runsOf(account, "ended")];
    await accepted.readUntil(4);
    await ended.readUntil(3);
    await ended.readOn();
    expect(accepted.seen).toEqual([open, whole, part, nothing].map(({ run_id }) => run_id));
    expect(ended.seen).toEqual([nothing, part, whole].map(({ run_id }) => run_id));
  });

  it("goes on past what fits no filter, a bounded number of transfers at a time", async () => {
    const account = await world.account();
    await world.owner.query(
      `INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
       SELECT $1::uuid, 'many-' || n || '-' || $1, 'GRANT', 'funding', 'available', n, now() FROM generate_series(1, 5500) n`,
      [account.tenant_id],
    );
    await world.submit(submission(account));
    const all = transfersOf(account, 200);
    await all.readUntil(5_502);
    const ask = (after: Position | undefined) =>
      listCommittedTransfers(world.edge, account.key_sha256, { after, kinds: ["RESERVE"], limit: 10 });
    const first = await ask(undefined);
    if (first.kind !== "found") throw new Error(first.kind);
    expect([first.entries, first.more]).toEqual([[], true]);
    expect(await ask(first.position)).toMatchObject({ entries: [{ kind: "RESERVE" }], more: false });
  });
});

describe("a position", () => {
  const ask = ({ key_sha256 }: Account, after?: Position) =>
    listCommittedTransfers(world.edge, key_sha256, { after, kinds, limit: 10 });

  it("of another account, or of a transfer that a failover has lost, is refused", async () => {
    const [mine, theirs] = [await world.account(), await world.account()];
    const reader = transfersOf(theirs);
    await reader.readUntil(1);
    expect(await ask(mine, reader.position)).toEqual({ kind: "no-position" });
    expect(await ask(theirs, { epoch: 1, order: "0", id: reader.position?.id ?? "" })).toEqual({ kind: "no-position" });
    expect(await ask(theirs, reader.position)).toMatchObject({ entries: [], position: reader.position, more: false });
    await world.owner.query("DELETE FROM ledger_transfers WHERE tenant_id = $1", [theirs.tenant_id]);
    expect(await ask(theirs, reader.position)).toEqual({ kind: "no-position" });
  });

  it("of another cluster is refused, and a reader that begins again there misses nothing", async () => {
    const own = await createMoneyWorld();
    try {
      const account = await own.account();
      const list = (after?: Position) =>
        listCommittedTransfers(own.edge, account.key_sha256, { after, kinds, limit: 10 });
      const until = async (count: number, after?: Position) => {
        for (;;) {
          const found = await list(after);
          if (found.kind !== "found") throw new Error(found.kind);
          if (found.entries.length >= count) return found;
        }
      };
      const before = await until(1);
      expect(await own.owner.query("SELECT adopt_cluster() AS epoch", [])).toEqual([{ epoch: null }]);

      // A dump restored: what is there was written by transactions with ids that are far ahead here.
      await own.owner.query("UPDATE commit_epoch SET system_identifier = 1", []);
      await own.owner.query("UPDATE ledger_transfers SET commit_order = commit_order + (1::bigint << 40)", []);
      await own.submit(submission(account));
      await expect(list()).rejects.toThrow(Outage);
      const lines: string[] = [];
      await migrate(own.ownerUrl, { log: (line) => lines.push(line) });
      expect(lines).toEqual(["adopted this cluster: epoch 2; readers in commit order begin again"]);

      expect(await list(before.position)).toEqual({ kind: "no-position" });
      const again = await until(2);
      await own.submit(submission(account));
      expect((await until(1, again.position)).entries).toMatchObject([{ kind: "RESERVE" }]);
    } finally {
      await own.close();
    }
  });

  it("is no matter of money: without its epoch transfers are written, and readers are refused", async () => {
    const own = await createMoneyWorld();
    try {
      const account = await own.account();
      await own.owner.query("DELETE FROM commit_epoch", []);
      expect(await own.submit(submission(account))).toMatchObject({ outcome: "inserted" });
      const list = () => listCommittedTransfers(own.edge, account.key_sha256, { kinds, limit: 10 });
      await expect(list()).rejects.toThrow(Outage);
      expect(await own.owner.query("SELECT adopt_cluster() AS epoch", [])).toEqual([{ epoch: 2 }]);
      expect(await list()).toMatchObject({ kind: "found" });
    } finally {
      await own.close();
    }
  });
});
