import { afterAll, describe, expect, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import type { Db } from "#core/ports/db.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { type AuditCursor, sweepAudit } from "../../backend/reaper/sweeps/audit.ts";
import { claimed, complete, type Work } from "./support/close-work.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const NEVER = new AbortController().signal;

const world = await createMoneyWorld();
afterAll(() => world.close());

const begin = (): AuditCursor => ({ tenant_after: undefined, run_after: undefined });
const sweep = () => sweepAudit({ db: world.backend, ...recorder() }, begin(), NEVER);

async function completed(account: Account): Promise<Work> {
  const work = await claimed(world, account);
  expect(await complete(world, work, 7_000)).toBeDefined();
  return work;
}

const sql = (text: string, ...values: (string | number)[]) => world.owner.query(text, values);

describe("the audit, where something fails", () => {
  it("goes on behind a tenant that cannot be added up, and comes back to the rest", async () => {
    const [first = "", second = ""] = [await world.account(), await world.account()]
      .map((account) => account.tenant_id)
      .toSorted();
    await sql("UPDATE balances SET open_runs = open_runs + 1 WHERE tenant_id = $1", second);
    const heard = recorder();
    const db: Db = {
      query: (statement, values) =>
        statement.name === "audit-tenant" && values[0] === first
          ? Promise.reject(new Error("too much"))
          : world.backend.query(statement, values),
    };
    await sweepAudit({ db, ...heard }, { tenant_after: undefined, run_after: undefined }, NEVER);
    expect(heard.lines.filter(({ message }) => message === "a tenant could not be audited")).toHaveLength(1);
    expect(heard.criticals()).toMatchObject([{ fields: { tenant_id: second } }]);
  });

  it.each([
    ["is refused", new Error("refused")],
    ["times out", new Outage("database", new Error("timeout"))],
  ])("goes on behind a run whose fault cannot be recorded, for that %s", async (_, failure) => {
    const { first, second, failing } = await twoAtFault();
    const heard = recorder();
    const db = failing(failure, (run_id) => run_id === first);
    await sweepAudit({ db, ...heard }, { tenant_after: undefined, run_after: undefined }, NEVER);
    expect(heard.lines).toContainEqual(
      expect.objectContaining({
        message: "a fault of a run could not be recorded",
        fields: expect.objectContaining({ run_id: first }),
      }),
    );
    expect((await showRun(world.owner, first))?.money_state).toBe("SETTLED");
    expect((await showRun(world.owner, second))?.money_state).toBe("AUDIT_REQUIRED");
    await sweep();
    expect((await showRun(world.owner, first))?.money_state).toBe("AUDIT_REQUIRED");
  });

  it("ends its round when the store is out, and comes to the runs after those in the next", async () => {
    const { failing } = await twoAtFault();
    const turn: AuditCursor = { tenant_after: undefined, run_after: undefined };
    const db = failing(new Outage("database", new Error("down")), () => true);
    await expect(sweepAudit({ db, ...recorder() }, turn, NEVER)).rejects.toThrow(Outage);
    expect(turn.run_after).toBeDefined();
  });

  it("goes on behind runs that cannot be judged", async () => {
    const heard = recorder();
    const db: Db = {
      query: (statement, values) =>
        statement.name === "judge-runs"
          ? Promise.reject(new Error("not as expected"))
          : world.backend.query(statement, values),
    };
    const turn: AuditCursor = { tenant_after: undefined, run_after: undefined };
    await sweepAudit({ db, ...heard }, turn, NEVER);
    expect(turn).toEqual({ tenant_after: undefined, run_after: undefined });
    expect(heard.counted("runs_unjudged")).toBeGreaterThan(0);
  });

  /** Two closed runs of one account without their REFUND, and a database that fails to freeze some. */
  async function twoAtFault() {
    const account = await world.account();
    const [first = "", second = ""] = [await completed(account), await completed(account)]
      .map(({ run_id }) => run_id)
      .toSorted();
    await sql("DELETE FROM ledger_transfers WHERE run_id IN ($1, $2) AND kind = 'REFUND'", first, second);
    const failing = (failure: Error, fails: (run_id: string) => boolean): Db => ({
      query: (statement, values) =>
        statement.name === "freeze-closed-run" && fails(String(values[0]))
          ? Promise.reject(failure)
          : world.backend.query(statement, values),
    });
    return { first, second, failing };
  }
});
