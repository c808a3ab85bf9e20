import { randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { sweepAudit } from "../../backend/reaper/sweeps/audit.ts";
import { begin, cancelQueued, complete, fail, freeze, workOn } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, submission } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const NEVER = new AbortController().signal;
const CLIENTS = 8;
const RUNS_EACH = 60;

const world = await createMoneyWorld();
afterAll(() => world.close());

/** One client: runs that end in every way, and credit that comes and goes between them. */
async function client(accounts: readonly Account[], number: number): Promise<void> {
  for (let step = 0; step < RUNS_EACH; step++) {
    const account = accounts[(step + number) % accounts.length] as Account;
    const { tenant_id } = account;
    if (step % 10 === 0) await grantCredit(world.owner, { tenant_id, grant_id: randomUUID(), amount: micros(30_000) });
    if (step % 15 === 7)
      await clawbackCredit(world.owner, { tenant_id, clawback_id: randomUUID(), amount: micros(1_000) });
    const run = submission(account, { reserve: micros(5_000 + step) });
    if ((await world.submit(run)).outcome !== "inserted") continue;
    const work = workOn(account, run.run_id);
    const end = (step * 7 + number) % 6;
    if (end === 0) await cancelQueued(world, work, 1);
    if (end === 1) await fail(world, await begin(world, work, "leased"), 5_000);
    if (end === 2) await freeze(world, await begin(world, work, "claimed"));
    if (end > 2) await complete(world, await begin(world, work, "claimed"), step * 80);
  }
}

it("the audit goes round in pieces while everything moves, and finds nothing", async () => {
  const accounts = await Promise.all([
    world.account({ funds: 3_000_000 }),
    world.account({ funds: 3_000_000, key: { spending_cap: micros(1_500_000) } }),
    world.account({ funds: 50_000, plan: { max_open_runs: 5 } }),
  ]);
  const heard = recorder();
  const turn = { tenant_after: undefined, run_after: undefined };
  let busy = true;
  const traffic = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(accounts, number))).finally(() => {
    busy = false;
  });
  let rounds = 0;
  do {
    await sweepAudit({ db: world.backend, ...heard }, turn, NEVER, {
      settled_seconds: 0.5,
      batch_size: 10,
      full_seconds: 0,
    });
    rounds += 1;
  } while (busy);
  await traffic;
  expect(heard.lines).toEqual([]);
  expect(rounds).toBeGreaterThan(1);
  expect(heard.last("audit_findings_open")).toBeGreaterThan(0);
  for (const { tenant_id } of accounts) {
    const audit = await auditTenant(world.backend, tenant_id, { settled_seconds: 0, batch_size: 10, full_seconds: 0 });
    expect(audit).toMatchObject({ faults: [] });
    expect(audit?.transfers).toBeGreaterThan(20);
  }
});
