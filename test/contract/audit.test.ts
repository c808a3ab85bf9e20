import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { listFindings } from "#core/store/audit/list-findings.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { type AuditCursor, sweepAudit } from "../../backend/reaper/sweeps/audit.ts";
import { cancelQueued, claimed, complete, fail, freeze, leased, queued, type Work } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, isDatabaseError, type MoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const NEVER = new AbortController().signal;
/** All that is committed is settled, and added up two at a time. */
const PIECES = { settled_seconds: 0, batch_size: 2, full_seconds: 0 };

const world = await createMoneyWorld();
afterAll(() => world.close());

async function sweep(): Promise<ReturnType<typeof recorder>> {
  const heard = recorder();
  const turn: AuditCursor = { tenant_after: undefined, run_after: undefined };
  await sweepAudit({ db: world.backend, ...heard }, turn, NEVER);
  expect(turn).toEqual({ tenant_after: undefined, run_after: undefined });
  return heard;
}

/** All but that of the run that was frozen to begin with. */
const findings = async (account: Account) =>
  (await listFindings(world.owner, account.tenant_id)).filter(({ kind }) => kind !== "TEST");
const kinds = async (account: Account) => (await findings(account)).map(({ kind }) => kind).toSorted();

async function completed(account: Account, charge = 7_000): Promise<Work> {
  const work = await claimed(world, account);
  expect(await complete(world, work, charge)).toBeDefined();
  return work;
}

/** Every way in which a run may stand. */
async function busy(change: Parameters<MoneyWorld["account"]>[0] = {}): Promise<Account> {
  const account = await world.account(change);
  await completed(account);
  await completed(account, 10_000);
  await completed(account, 0);
  await fail(world, await leased(world, account), 5_000);
  await cancelQueued(world, await queued(world, account), 1);
  await freeze(world, await claimed(world, account));
  await Promise.all([queued(world, account), leased(world, account), claimed(world, account)]);
  return account;
}

const sql = (text: string, ...values: (string | number)[]) => world.owner.query(text, values);

describe("the audit", () => {
  it("finds nothing where everything adds up, in pieces or at once", async () => {
    const account = await busy({ key: { spending_cap: micros(500_000) } });
    const heard = await sweep();
    expect(heard.criticals()).toEqual([]);
    expect(await findings(account)).toEqual([]);
    const whole = await auditTenant(world.backend, account.tenant_id);
    expect(whole).toMatchObject({ transfers: 17, faults: [], added: { given: 1_000_000n, reserve: 90_000n } });
    expect(await auditTenant(world.backend, account.tenant_id, PIECES)).toEqual(whole);
    expect(await auditTenant(world.backend, randomUUID())).toBeUndefined();
  });

  it("finds two tenants whose errors cancel out", async () => {
    const [rich, poor] = [await busy(), await busy()];
    const give = "UPDATE balances SET granted = granted + $2, available = available + $2 WHERE tenant_id = $1";
    await sql(give, rich.tenant_id, 100);
    await sql(give, poor.tenant_id, -100);
    await sweep();
    for (const [account, granted] of [
      [rich, "1000100"],
      [poor, "999900"],
    ] as const) {
      expect(await findings(account)).toMatchObject([
        { kind: "tenant-books", run_id: null, detail: { balance: { granted }, transfers: { granted: "1000000" } } },
      ]);
    }
  });

  it.each([
    ["a charge that went back to the tenant", "charged = charged - 1, available = available + 1"],
    ["money held that no run holds", "reserved = reserved + 1, available = available - 1"],
    ["open runs that are not there", "open_runs = open_runs + 1"],
  ])("finds %s, in pieces too", async (_, change) => {
    const account = await busy();
    await sql(`UPDATE balances SET ${change} WHERE tenant_id = $1`, account.tenant_id);
    const pieces = await auditTenant(world.backend, account.tenant_id, PIECES);
    expect(pieces?.faults).toMatchObject([{ kind: "tenant-books" }]);
    await sweep();
    expect(await kinds(account)).toEqual(["tenant-books"]);
  });

  it("finds a tenant without a balance", async () => {
    const account = await busy();
    await sql("DELETE FROM balances WHERE tenant_id = $1", account.tenant_id);
    await sweep();
    expect(await findings(account)).toMatchObject([{ kind: "tenant-books", detail: { balance: null } }]);
  });

  it.each([
    ["a missing CHARGE", "DELETE FROM ledger_transfers WHERE run_id = $1 AND kind = 'CHARGE'", ["CHARGE"]],
    ["a missing REFUND", "DELETE FROM ledger_transfers WHERE run_id = $1 AND kind = 'REFUND'", ["REFUND"]],
    ["no transfer at all", "DELETE FROM ledger_transfers WHERE run_id = $1", ["RESERVE", "CHARGE", "REFUND"]],
    [
      "a wrong amount",
      "UPDATE ledger_transfers SET amount_micros = 6999 WHERE run_id = $1 AND kind = 'CHARGE'",
      ["CHARGE"],
    ],
    [
      "a charge above its reservation",
      "UPDATE ledger_transfers SET amount_micros = 10001 WHERE run_id = $1 AND kind = 'CHARGE'",
      ["CHARGE"],
    ],
  ])("finds a closed run with %s, and freezes it once", async (_, corrupt, wrong) => {
    const account = await busy();
    const { run_id } = await completed(account);
    const before = await showRun(world.owner, run_id);
    await sql(corrupt, run_id);
    const heard = await sweep();
    expect(heard.criticals().map(({ fields }) => fields["run_id"])).toContain(run_id);
    expect(heard.counted("audit_required")).toBe(1);
    expect(heard.counted("audit_finding")).toBe(2);
    expect(await kinds(account)).toEqual(["run-books", "tenant-books"]);
    expect(await findings(account)).toContainEqual(
      expect.objectContaining({ run_id, detail: expect.objectContaining({ wrong, reserved_micros: "10000" }) }),
    );
    const frozen = { ...before, money_state: "AUDIT_REQUIRED", version: (before?.version ?? 0) + 1 };
    expect(await showRun(world.owner, run_id)).toEqual(frozen);

    const again = await sweep();
    expect(again.criticals()).toEqual([]);
    expect(again.last("audit_findings_open")).toBe(heard.last("audit_findings_open"));
    expect(await showRun(world.owner, run_id)).toEqual(frozen);
  });

  it("finds a transfer of another tenant", async () => {
    const [account, other] = [await busy(), await busy()];
    const { run_id } = await completed(account);
    const swap = "UPDATE ledger_transfers SET tenant_id = $2 WHERE run_id = $1 AND kind = 'CHARGE'";
    await sql(swap, run_id, other.tenant_id);
    await sweep();
    expect(await findings(account)).toContainEqual(
      expect.objectContaining({ run_id, detail: expect.objectContaining({ wrong: ["a transfer of another tenant"] }) }),
    );
    expect([await kinds(account), await kinds(other)]).toEqual([["run-books", "tenant-books"], ["tenant-books"]]);
  });

  it("finds an open run that the ledger closed, and leaves it to the protocol", async () => {
    const account = await busy();
    const work = await leased(world, account);
    const insert = `INSERT INTO ledger_transfers (tenant_id, run_id, kind, debit, credit, amount_micros, created_at)
      VALUES ($1, $2, 'CHARGE', 'reserved', 'revenue', 1, now())`;
    await sql(insert, account.tenant_id, work.run_id);
    await expect(sql(insert, account.tenant_id, work.run_id)).rejects.toSatisfy(
      (error) => isDatabaseError(error) && error.code === "23505",
    );
    const heard = await sweep();
    expect(heard.counted("audit_required")).toBe(0);
    expect(await kinds(account)).toEqual(["run-books", "tenant-books"]);
    expect(await showRun(world.owner, work.run_id)).toMatchObject({ status: "PROCESSING", money_state: "RESERVED" });
  });

  it("finds usage that is not what the runs say, in pieces too", async () => {
    const account = await busy();
    await sql("UPDATE usage_daily SET charged_micros = charged_micros + 1 WHERE tenant_id = $1", account.tenant_id);
    const pieces = await auditTenant(world.backend, account.tenant_id, PIECES);
    expect(pieces?.faults).toMatchObject([{ kind: "usage", subject: expect.stringContaining(account.key_id) }]);
    await sweep();
    expect(await kinds(account)).toEqual(["usage"]);
    await sql("DELETE FROM usage_daily WHERE tenant_id = $1", account.tenant_id);
    expect((await auditTenant(world.backend, account.tenant_id))?.faults).toMatchObject([{ detail: { usage: [] } }]);
  });

  it("finds a chain of keys whose spending is not what its runs say, in pieces too", async () => {
    const account = await busy({ key: { spending_cap: micros(500_000) } });
    await sql("UPDATE key_spending SET committed_micros = committed_micros - 1 WHERE spending_id = $1", account.key_id);
    const pieces = await auditTenant(world.backend, account.tenant_id, PIECES);
    expect(pieces?.faults).toMatchObject([{ kind: "key-spending", subject: account.key_id, difference: "-1" }]);
    await sweep();
    expect(await kinds(account)).toEqual(["key-spending"]);
  });
});
