import { randomUUID } from "node:crypto";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import type { Db } from "#core/ports/db.ts";
import { auditTenant, recordTenantDiscrepancies } from "#core/store/audit-tenant.ts";
import { listFindings } from "#core/store/audit/list-findings.ts";
import { sweepAudit } from "../../backend/reaper/sweeps/audit.ts";
import { auditedWorld, OLD, PACE } from "./support/audited-world.ts";
import { queued } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import type { MoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const { world, sql, completed, checkpoint } = await auditedWorld();

/** What the audit says, and how many transfers its statements were asked to add up. */
async function audit({ tenant_id }: Account, pace = PACE, full = false) {
  const begun: string[] = [];
  const db: Db = {
    query: (statement, values) => {
      if (statement.name === "add-transfers") begun.push(String(values[1]));
      return world.backend.query(statement, values);
    },
  };
  const found = await auditTenant(db, tenant_id, pace, full);
  if (found === undefined) throw new Error("no such tenant");
  return { ...found, begun };
}

/** An account whose audit held over four transfers and more. */
async function audited(options: Parameters<MoneyWorld["account"]>[0] = {}): Promise<Account> {
  const account = await world.account(options);
  for (let run = 0; run < 3; run++) await completed(account);
  expect(await audit(account)).toMatchObject({ faults: [] });
  expect(await checkpoint(account)).toBeDefined();
  return account;
}

describe("an audit that held", () => {
  it("notes how far, and the next one adds from there", async () => {
    const account = await audited({ key: { spending_cap: micros(500_000) } });
    const noted = await checkpoint(account);
    expect(noted).toMatchObject({ transfers: "10", reserve: "30000", charge: "21000", refund: "9000" });
    await completed(account);
    const next = await audit(account);
    expect(next).toMatchObject({ faults: [], transfers: 13, added: { reserve: 40_000n, charge: 28_000n } });
    expect(next.begun[0]).toBe(String(noted?.["through_transfer"]));
    expect(await checkpoint(account)).toMatchObject({ transfers: "13", full_at: noted?.["full_at"] });
  });

  it("says the same as one from the beginning, whatever moved since", async () => {
    const account = await audited({ key: { spending_cap: micros(500_000) } });
    await completed(account);
    await queued(world, account);
    const { begun: _, ...near } = await audit(account);
    const { begun: _begun, ...whole } = await audit(account, PACE, true);
    expect(near).toEqual(whole);
  });

  it("notes nothing of a tenant with few transfers", async () => {
    const account = await world.account();
    await queued(world, account);
    expect(await audit(account)).toMatchObject({ faults: [], transfers: 2 });
    expect(await checkpoint(account)).toBeUndefined();
  });

  it("notes nothing behind which a transfer may still appear", async () => {
    const account = await world.account();
    const slow = new pg.Client({ connectionString: world.ownerUrl });
    await slow.connect();
    await slow.query("BEGIN");
    const grant = `INSERT INTO ledger_transfers (tenant_id, grant_id, kind, debit, credit, amount_micros, created_at)
      VALUES ($1, $2, 'GRANT', 'funding', 'available', 5, wall_clock())`;
    await slow.query(grant, [account.tenant_id, randomUUID()]);
    for (let run = 0; run < 3; run++) await completed(account);
    expect(await audit(account, { ...PACE, settled_seconds: 60 })).toMatchObject({ faults: [] });
    expect(await checkpoint(account)).toBeUndefined();
    await slow.end();
  });

  it("is noted by one of two that began from the same checkpoint", async () => {
    const account = await audited();
    await completed(account);
    const audits = await Promise.all([audit(account), audit(account), audit(account, PACE, true)]);
    for (const each of audits) expect(each).toMatchObject({ faults: [], transfers: 13 });
    expect(await checkpoint(account)).toMatchObject({ transfers: "13" });
  });
});

describe("an audit that does not hold", () => {
  it("leaves the checkpoint where it was", async () => {
    const account = await audited();
    const noted = await checkpoint(account);
    await completed(account);
    await sql("UPDATE balances SET open_runs = open_runs + 1 WHERE tenant_id = $1", account.tenant_id);
    expect((await audit(account)).faults).toMatchObject([{ kind: "tenant-books" }]);
    expect(await checkpoint(account)).toEqual(noted);
  });

  it.each([
    [
      "the balance",
      "UPDATE balances SET charged = charged - 1, available = available + 1 WHERE tenant_id = $1",
      "tenant-books",
    ],
    ["usage of today", "UPDATE usage_daily SET runs = runs + 1 WHERE tenant_id = $1", "usage"],
    ["a key's spending", "UPDATE key_spending SET committed_micros = 1 WHERE spending_id = $2", "key-spending"],
  ])("finds %s from the checkpoint, and looks from the beginning before it says so", async (_, change, kind) => {
    const account = await audited({ key: { spending_cap: micros(500_000) } });
    const values = change.includes("$2") ? [account.key_id] : [account.tenant_id];
    await world.owner.query(change.replace("$2", "$1"), values);
    const { faults, begun } = await audit(account);
    expect(faults).toMatchObject([{ kind }]);
    expect(begun).toContain("0");
  });
});

/** A change of what was settled that leaves balance, usage and spending as they were, or changes them with it. */
const FORGERIES: readonly (readonly [string, string, string])[] = [
  [
    "a grant that was slipped in, and the balance with it",
    `WITH more AS (UPDATE ledger_transfers SET amount_micros = amount_micros + 5 WHERE tenant_id = $1 AND kind = 'GRANT')
     UPDATE balances SET granted = granted + 5, available = available + 5 WHERE tenant_id = $1`,
    "given",
  ],
  [
    "a charge that was lowered, and all that follows from it",
    `WITH l AS (UPDATE ledger_transfers SET amount_micros = amount_micros - 100 WHERE tenant_id = $1 AND kind = 'CHARGE'),
     r AS (UPDATE ledger_transfers SET amount_micros = amount_micros + 100 WHERE tenant_id = $1 AND kind = 'REFUND'),
     u AS (UPDATE usage_daily SET charged_micros = charged_micros - 300 WHERE tenant_id = $1),
     c AS (UPDATE runs SET charged_micros = charged_micros - 100 WHERE tenant_id = $1 AND charged_micros > 0)
     UPDATE balances SET charged = charged - 300, available = available + 300 WHERE tenant_id = $1`,
    "charge",
  ],
  ["a checkpoint that was forged", "UPDATE audit_checkpoints SET given = given + 5 WHERE tenant_id = $1", "given"],
];

describe("a full turn", () => {
  it.each(FORGERIES)("finds %s", async (_, forgery, changed) => {
    const account = await audited();
    await sql(forgery, account.tenant_id);
    const full = await audit(account, PACE, true);
    expect(full.faults).toContainEqual(
      expect.objectContaining({
        kind: "audit-checkpoint",
        detail: expect.objectContaining({ changed: expect.objectContaining({ [changed]: expect.anything() }) }),
      }),
    );
    expect(await checkpoint(account)).toBeDefined();
    await recordTenantDiscrepancies(world.backend, account.tenant_id, full);
    expect(await checkpoint(account)).toBeUndefined();
    const findings = await listFindings(world.owner, account.tenant_id);
    expect(findings.map(({ kind }) => kind)).toEqual(["audit-checkpoint"]);
    expect(await audit(account)).toMatchObject({ faults: [] });
    expect(await checkpoint(account)).toBeDefined();
  });

  it("finds a transfer that is gone from behind the checkpoint, which the turns between cannot see", async () => {
    const account = await audited();
    await sql("DELETE FROM ledger_transfers WHERE tenant_id = $1 AND kind = 'REFUND'", account.tenant_id);
    expect((await audit(account)).faults).toEqual([]);
    const { faults } = await audit(account, PACE, true);
    expect(faults.map(({ kind }) => kind)).toEqual(["audit-checkpoint", "tenant-books"]);
  });

  it("finds usage of a day before the checkpoint's", async () => {
    const account = await audited();
    await sql(
      `INSERT INTO usage_daily (tenant_id, day, pack_type, key_id, runs, completed, failed, canceled, reserved_micros, charged_micros)
       VALUES ($1, '2020-01-01', 'decision', $2, 1, 1, 0, 0, 5000, 5000)`,
      account.tenant_id,
      account.key_id,
    );
    expect((await audit(account)).faults).toEqual([]);
    expect((await audit(account, PACE, true)).faults).toMatchObject([{ kind: "usage" }]);
  });

  it("comes by itself once the last one is old, and is noted", async () => {
    const account = await audited();
    const before = await checkpoint(account);
    const { faults, begun } = await audit(account, OLD);
    expect({ faults, began: begun[0] }).toEqual({ faults: [], began: "0" });
    const after = await checkpoint(account);
    expect(Number(after?.["full_at"])).toBeGreaterThan(Number(before?.["full_at"]));
    expect(after?.["through"]).toBe(before?.["through"]);
  });

  it("of the reaper tells of what it finds, once, and begins at the beginning", async () => {
    const account = await audited();
    await sql("UPDATE audit_checkpoints SET given = given + 5 WHERE tenant_id = $1", account.tenant_id);
    const sweep = async () => {
      const heard = recorder();
      const turn = { tenant_after: undefined, run_after: undefined };
      await sweepAudit({ db: world.backend, ...heard }, turn, new AbortController().signal, PACE);
      return heard.criticals().filter(({ fields }) => fields["tenant_id"] === account.tenant_id);
    };
    expect(await sweep()).toMatchObject([{ fields: { kind: "audit-checkpoint" } }]);
    expect(await sweep()).toEqual([]);
  });
});
