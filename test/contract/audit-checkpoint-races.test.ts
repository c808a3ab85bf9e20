import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { type Checkpoint, dropCheckpoint, findCheckpoint, noteCheckpoint } from "#core/store/audit/audit-checkpoint.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { auditedWorld, OLD, PACE } from "./support/audited-world.ts";
import { committing } from "./support/holding.ts";
import type { Account } from "../dev/add-tenant.ts";
import type { MoneyWorld } from "./support/money-world.ts";

const { world, completed, checkpoint } = await auditedWorld();

/** As an audit finds it. */
async function noted({ tenant_id }: Account): Promise<Checkpoint> {
  const found = await findCheckpoint(world.backend, tenant_id, PACE.full_seconds);
  if (found === undefined) throw new Error("no checkpoint");
  return found;
}

async function audit({ tenant_id }: Account, pace = PACE) {
  const found = await auditTenant(world.backend, tenant_id, pace);
  if (found === undefined) throw new Error("no such tenant");
  return found;
}

/** An account whose audit held over four transfers and more. */
async function audited(options: Parameters<MoneyWorld["account"]>[0] = {}): Promise<Account> {
  const account = await world.account(options);
  for (let run = 0; run < 3; run++) await completed(account);
  expect(await audit(account)).toMatchObject({ faults: [] });
  expect(await checkpoint(account)).toBeDefined();
  return account;
}

describe("a checkpoint", () => {
  it("is not replaced by what was added up from one that is there no more", async () => {
    const account = await audited();
    const stale = await noted(account);
    await audit(account, OLD);
    const fresh = await checkpoint(account);
    expect(fresh?.["version"]).not.toBe(stale.version);
    await noteCheckpoint(world.backend, account.tenant_id, stale.settled, stale);
    expect(await checkpoint(account)).toEqual(fresh);
    await dropCheckpoint(world.backend, account.tenant_id, stale.version);
    expect(await checkpoint(account)).toEqual(fresh);
    await dropCheckpoint(world.backend, account.tenant_id, String(fresh?.["version"]));
    await noteCheckpoint(world.backend, account.tenant_id, stale.settled, stale);
    expect(await checkpoint(account)).toBeUndefined();
  });

  it("is not brought back by an audit that goes on from it while another drops it", async () => {
    const account = await audited();
    const begun = await noted(account);
    const noting: Promise<void>[] = [];
    const dropped = await committing(
      world.ownerUrl,
      { sql: "SELECT version FROM drop_audit_checkpoint($1, $2)", values: [account.tenant_id, begun.version] },
      async (isWaitedFor) => {
        const note = noteCheckpoint(world.backend, account.tenant_id, begun.settled, begun);
        noting.push(note);
        await isWaitedFor(note);
      },
    );
    expect(dropped.rows).toEqual([{ version: begun.version }]);
    await Promise.all(noting);
    expect(await checkpoint(account)).toBeUndefined();
  });

  it("that was moved on while an audit was about to drop it stays, for the next full audit to judge", async () => {
    const account = await audited();
    const begun = await noted(account);
    const note = {
      sql: "SELECT version FROM note_audit_checkpoint($1, $2, $3, $4, 1, 0, 0, 0, 0, 0, '{}', '{}')",
      values: [account.tenant_id, begun.version, begun.settled.through, begun.settled.before],
    };
    const dropping: Promise<void>[] = [];
    const moved = await committing(world.ownerUrl, note, async (isWaitedFor) => {
      const drop = dropCheckpoint(world.backend, account.tenant_id, begun.version);
      dropping.push(drop);
      await isWaitedFor(drop);
    });
    await Promise.all(dropping);
    expect(await checkpoint(account)).toMatchObject({ version: moved.rows[0]?.version });
  });

  it.each([
    ["a moment that is still to come", { before: "2100-01-01T00:00:00Z" }],
    ["a moment that never comes", { before: "infinity" }],
    ["a transfer that nobody has", { through: "9000000000000000000" }],
  ])("does not reach %s, whether it begins or goes on", async (_, beyond) => {
    const account = await audited();
    const before = await checkpoint(account);
    const begun = await noted(account);
    const far = { ...begun.settled, ...beyond };
    await noteCheckpoint(world.backend, account.tenant_id, far, begun);
    await noteCheckpoint(world.backend, account.tenant_id, far, undefined);
    expect(await checkpoint(account)).toEqual(before);
    await dropCheckpoint(world.backend, account.tenant_id, begun.version);
    await noteCheckpoint(world.backend, account.tenant_id, far, undefined);
    expect(await checkpoint(account)).toBeUndefined();
  });

  it("does not reach a transfer that only another tenant has", async () => {
    const account = await audited();
    const begun = await noted(account);
    const other = await audited();
    const { through } = (await noted(other)).settled;
    expect(BigInt(through)).toBeGreaterThan(BigInt(begun.settled.through));
    await noteCheckpoint(world.backend, account.tenant_id, { ...begun.settled, through }, begun);
    expect(await noted(account)).toEqual(begun);
  });

  it("is not replaced by one that reaches less far", async () => {
    const account = await audited();
    const before = await noted(account);
    await completed(account);
    await audit(account);
    const further = await checkpoint(account);
    await noteCheckpoint(world.backend, account.tenant_id, before.settled, undefined);
    expect(await checkpoint(account)).toEqual(further);
  });
});

it("no traffic makes an audit from a checkpoint say that something is wrong", async () => {
  const accounts = await Promise.all([audited({ funds: 3_000_000 }), audited({ funds: 3_000_000 })]);
  const places = await Promise.all(accounts.map(checkpoint));
  let busy = true;
  const client = async (account: Account) => {
    for (let step = 0; step < 25; step++) {
      await completed(account);
      const grant = { tenant_id: account.tenant_id, grant_id: randomUUID(), amount: micros(30_000) };
      await grantCredit(world.owner, grant);
    }
  };
  const traffic = Promise.all(accounts.flatMap((account) => [client(account), client(account)])).finally(() => {
    busy = false;
  });
  // Nothing that is younger than an hour is settled: all of it is added in one statement with the rows.
  do {
    for (const account of accounts) {
      expect(await audit(account, { ...PACE, settled_seconds: 3_600 })).toMatchObject({ faults: [] });
    }
  } while (busy);
  await traffic;
  expect(await Promise.all(accounts.map(checkpoint))).toEqual(places);
  for (const account of accounts) expect(await audit(account)).toMatchObject({ faults: [], transfers: 10 + 4 * 50 });
});
