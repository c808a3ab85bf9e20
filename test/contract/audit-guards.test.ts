import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import type { Db } from "#core/ports/db.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { decideRun } from "#core/store/audit/decide-run.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { judgeRuns, nextRuns, type RunDiscrepancy } from "#core/store/audit/judge-runs.ts";
import { listFindings, resolveFinding } from "#core/store/audit/list-findings.ts";
import { recordRunDiscrepancy } from "#core/store/audit/record-finding.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { claimed, complete, freeze, queued, type Work } from "./support/close-work.ts";
import { holding } from "./support/holding.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld } from "./support/money-world.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

async function completed(account: Account): Promise<Work> {
  const work = await claimed(world, account);
  await complete(world, work, 7_000);
  return work;
}

const judgeAll = async () => judgeRuns(world.backend, (await nextRuns(world.backend, undefined, 1_000)).run_ids);
const sql = (text: string, ...values: (string | number)[]) => world.owner.query(text, values);

describe("the audit, where a transfer is committed after one with a higher number", () => {
  /** Looks while a grant with a lower number than the last one is committed between the pieces and the last statement. */
  async function lookAcross(settled_seconds: number) {
    const account = await world.account();
    const { tenant_id } = account;
    await Promise.all([queued(world, account), queued(world, account)]);
    const slow = new pg.Client({ connectionString: world.ownerUrl });
    await slow.connect();
    await slow.query("BEGIN");
    await slow.query(
      `INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
       VALUES ($1, $2, 'GRANT', 'funding', 'available', 5, wall_clock())`,
      [tenant_id, randomUUID()],
    );
    await grantCredit(world.owner, { tenant_id, grant_id: randomUUID(), amount: micros(1_000) });
    let looks = 0;
    const db: Db = {
      query: async (statement, values) => {
        if (statement.name === "audit-tenant" && (looks += 1) === 1) {
          await slow.query(
            "UPDATE balances SET granted = granted + 5, available = available + 5 WHERE tenant_id = $1",
            [tenant_id],
          );
          await slow.query("COMMIT");
        }
        return world.backend.query(statement, values);
      },
    };
    const audit = await auditTenant(db, tenant_id, { settled_seconds, batch_size: 2, full_seconds: 0 });
    await slow.end();
    return { looks, faults: audit?.faults, given: audit?.added.given };
  }

  it("adds up no transfer in advance that is younger than a transaction may live", async () => {
    expect(await lookAcross(60)).toEqual({ looks: 1, faults: [], given: 1_001_005n });
  });

  it("looks again before it calls a difference a fault", async () => {
    expect(await lookAcross(0)).toEqual({ looks: 2, faults: [], given: 1_001_005n });
  });
});

describe("a finding about a closed run", () => {
  it("freezes nothing that has moved on since it was seen", async () => {
    const { run_id } = await completed(await world.account());
    const seen = await showRun(world.owner, run_id);
    if (seen === undefined) throw new Error("no run");
    const { tenant_id, status, money_state } = seen;
    const fault: RunDiscrepancy = { run_id, tenant_id, version: String(seen.version), status, money_state, detail: {} };
    for (const stale of [{ version: "1" }, { money_state: "REFUNDED" }, { money_state: "AUDIT_REQUIRED" }] as const)
      expect(await recordRunDiscrepancy(world.backend, "run-books", { ...fault, ...stale })).toBe("lost");
    expect(await showRun(world.owner, run_id)).toEqual(seen);
    expect(await recordRunDiscrepancy(world.backend, "run-books", fault)).toBe("found");
    expect(await recordRunDiscrepancy(world.backend, "run-books", fault)).toBe("lost");
    const now: RunDiscrepancy = { ...fault, version: String(seen.version + 1), money_state: "AUDIT_REQUIRED" };
    expect(await recordRunDiscrepancy(world.backend, "run-books", now)).toBe("known");
    expect(await recordRunDiscrepancy(world.backend, "result-contradicts-run", now)).toBe("found");
  });
});

/** One statement of this name waits for a lock. */
const waiting = (name: string) =>
  expect
    .poll(() =>
      sql(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1",
        `%${name}%`,
      ),
    )
    .toHaveLength(1);

describe("a person's decision", () => {
  it("waits for a run's finding without holding the tenant's balance", async () => {
    const work = await claimed(world, await world.account());
    await freeze(world, work);
    const seen = await showRun(world.owner, work.run_id);
    if (seen === undefined) throw new Error("no run");
    let deciding: ReturnType<typeof decideRun> | undefined;
    const finding = { sql: "SELECT FROM audit_findings WHERE run_id = $1 FOR UPDATE", values: [work.run_id] };
    await holding(world.ownerUrl, finding, async () => {
      deciding = decideRun(world.owner, seen, { charge: micros(1), reason_detail: "x", note: "x" });
      await waiting("decide_run");
      await sql("SELECT FROM balances WHERE tenant_id = $1 FOR UPDATE NOWAIT", work.account.tenant_id);
    });
    expect(await deciding).toMatchObject({ run_id: work.run_id, charged_micros: 1 });
  });

  it("waits for a run without holding its finding", async () => {
    const work = await claimed(world, await world.account());
    await freeze(world, work);
    const [finding] = await listFindings(world.owner, work.account.tenant_id);
    const finding_id = finding?.finding_id ?? "";
    let resolving: ReturnType<typeof resolveFinding> | undefined;
    const run = { sql: "SELECT FROM runs WHERE run_id = $1 FOR UPDATE", values: [work.run_id] };
    await holding(world.ownerUrl, run, async () => {
      resolving = resolveFinding(world.owner, finding_id, "x");
      await waiting("resolve_finding");
      await sql("SELECT FROM audit_findings WHERE finding_id = $1 FOR UPDATE NOWAIT", finding_id);
    });
    expect(await resolving).toMatchObject({ outcome: "money-held" });
  });

  it("lets a closed run go with the last of its findings", async () => {
    const account = await world.account();
    const { run_id } = await completed(account);
    for (const kind of ["run-books", "result-contradicts-run"]) {
      const run = await showRun(world.owner, run_id);
      if (run === undefined) throw new Error("no run");
      expect(
        await recordRunDiscrepancy(world.backend, kind, { ...run, version: String(run.version), detail: {} }),
      ).toBe("found");
    }
    const states: (string | undefined)[] = [];
    for (const { finding_id } of await listFindings(world.owner, account.tenant_id)) {
      expect(await resolveFinding(world.owner, finding_id, "x")).toMatchObject({ outcome: "resolved", run_id });
      states.push((await showRun(world.owner, run_id))?.money_state);
    }
    expect(states).toEqual(["AUDIT_REQUIRED", "SETTLED"]);
  });

  it("ends no frozen run that has moved on since it was seen", async () => {
    const work = await claimed(world, await world.account());
    await freeze(world, work);
    const seen = await showRun(world.owner, work.run_id);
    const decision = { charge: micros(1), reason_detail: "x", note: "x" };
    const stale = { run_id: work.run_id, version: (seen?.version ?? 0) - 1 };
    expect(await decideRun(world.owner, stale, decision)).toBeUndefined();
    expect(await showRun(world.owner, work.run_id)).toEqual(seen);
  });
});

it("a clawback waits for another of its id, whosever it is", async () => {
  const [first, second] = [await world.account(), await world.account({ funds: 0 })];
  const clawback_id = randomUUID();
  const slow = new pg.Client({ connectionString: world.ownerUrl });
  await slow.connect();
  await slow.query("BEGIN");
  await slow.query("SELECT * FROM clawback_credit($1, $2, 5)", [first.tenant_id, clawback_id]);
  const other = clawbackCredit(world.owner, { tenant_id: second.tenant_id, clawback_id, amount: micros(5) });
  await slow.query("COMMIT");
  await slow.end();
  expect(await other).toMatchObject({ tenant_id: first.tenant_id, already: true });
});

describe("the audit of a database that lost its own guards", () => {
  beforeAll(async () => {
    await sql(`DO $$ DECLARE c record; BEGIN
      FOR c IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
        WHERE conrelid IN ('runs'::regclass, 'ledger_transfers'::regclass) AND contype = 'c' OR conname = 'ledger_transfers_run_id_kind_key'
      LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.of, c.conname); END LOOP; END $$`);
  });

  it.each([
    [
      "a charge in two transfers",
      `WITH half AS (UPDATE ledger_transfers SET amount_micros = 3000 WHERE run_id = $1 AND kind = 'CHARGE' RETURNING *)
       INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at)
       SELECT tenant_id, run_id, kind, debit, credit, 4000, created_at FROM half`,
      ["the number of transfers"],
    ],
    [
      "a charge above its reservation, in the ledger too",
      `WITH l AS (UPDATE ledger_transfers SET amount_micros = 10001 WHERE run_id = $1 AND kind = 'CHARGE')
       UPDATE runs SET charged_micros = 10001 WHERE run_id = $1`,
      ["REFUND", "charged_micros"],
    ],
    ["a charge of nothing known", "UPDATE runs SET charged_micros = NULL WHERE run_id = $1", ["CHARGE", "REFUND"]],
    ["money that is still held", "UPDATE runs SET money_state = 'RESERVED' WHERE run_id = $1", ["money_state"]],
    ["money that was refunded", "UPDATE runs SET money_state = 'REFUNDED' WHERE run_id = $1", ["money_state"]],
  ])("finds a closed run with %s", async (_, corrupt, wrong) => {
    const { run_id } = await completed(await world.account());
    await sql(corrupt, run_id);
    const { faults } = await judgeAll();
    const mine = faults.find((fault) => fault.run_id === run_id);
    expect(mine?.detail["wrong"]).toEqual(expect.arrayContaining(wrong));
  });

  it.each([
    ["settled money", "UPDATE runs SET money_state = 'SETTLED' WHERE run_id = $1", ["money_state"]],
    ["a charge", "UPDATE runs SET charged_micros = 1 WHERE run_id = $1", ["charged_micros"]],
  ])("finds an open run with %s", async (_, corrupt, wrong) => {
    const { run_id } = await queued(world, await world.account());
    await sql(corrupt, run_id);
    const { faults } = await judgeAll();
    expect(faults.find((fault) => fault.run_id === run_id)?.detail["wrong"]).toEqual(wrong);
  });
});
