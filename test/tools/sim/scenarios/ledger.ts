import { micros } from "#core/domain/money.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { decideRun } from "#core/store/audit/decide-run.ts";
import { listFindings, resolveFinding } from "#core/store/audit/list-findings.ts";
import { command, createAccount } from "../actors/tenants.ts";
import type { World } from "../world.ts";
import { DAY_AND_MORE_MS, type Scenario, SLOW_SWEEPS, type Stage } from "./stage.ts";

/** A statement of the database's owner, past all functions and guards. */
const tamper = ({ world, act }: Stage, sql: string, values: readonly string[]) =>
  act(async () => {
    world.isTampered = true;
    await world.stores.postgres.query("owner", sql, values, world.scheduler.now());
    await world.look();
  });

const expectFinding = (world: World, kind: string, tenant_id: string): void => {
  const isFound = world.snapshot.findings.some((finding) => finding.kind === kind && finding.tenant_id === tenant_id);
  if (!isFound) world.violate(`3: nobody found it: ${kind} of tenant ${tenant_id}`);
};

/** What contradicts itself, and what a person decides. */
export const LEDGER_SCENARIOS: readonly Scenario[] = [
  {
    name: "a transfer that is not its run's is found, and the frozen run outlives its retention",
    funds: 100_000,
    settings: SLOW_SWEEPS,
    mayFreeze: true,
    play: async (stage) => {
      const { world, account, intent, ask, wait, act, run } = stage;
      await ask(intent("tampered-with"));
      await wait(60_000);
      const sql =
        "UPDATE ledger_transfers SET amount_micros = amount_micros + 1 WHERE kind = 'CHARGE' AND run_id = $1::uuid";
      await tamper(stage, sql, [run().run_id]);
      await wait(2 * 3_600_000);
      await act(() => world.look());
      expectFinding(world, "run-books", account.tenant_id);
      if (run().money_state !== "AUDIT_REQUIRED") world.violate("3: a run whose books contradict it is not frozen");
      await wait(DAY_AND_MORE_MS);
      await act(() => world.look());
      if (run().purged_at !== null || !run().has_inputs || world.stores.objects.all.size !== 1) {
        world.violate("3: the evidence of a frozen run was not kept");
      }
    },
  },
  {
    name: "the errors of two tenants do not cancel out",
    funds: 100_000,
    settings: SLOW_SWEEPS,
    mayFreeze: true,
    play: async (stage) => {
      const { world, account, wait, act } = stage;
      const wishes = { funds: 100_000, max_open_runs: 5, spending_cap: undefined };
      const other = await act(() => createAccount(world, wishes));
      const sql =
        "UPDATE balances SET granted = granted + $2::bigint, available = available + $2::bigint WHERE tenant_id = $1::uuid";
      await tamper(stage, sql, [account.tenant_id, "5"]);
      await tamper(stage, sql, [other.tenant_id, "-5"]);
      await wait(2 * 3_600_000);
      await act(() => world.look());
      expectFinding(world, "tenant-books", account.tenant_id);
      expectFinding(world, "tenant-books", other.tenant_id);
    },
  },
  {
    name: "a frozen run is left to a person, who decides it once",
    funds: 100_000,
    mayFreeze: true,
    play: async ({ world, account, edge, intent, ask, wait, act, run }) => {
      const run_id = (await ask(intent("stranger-s-object", { ms: 5_000 }))).slice(4);
      const key = resultKey(account.tenant_id, run_id, 1);
      await act(async () => world.stores.objects.create(key, { body: new Uint8Array([0]), metadata: {} }));
      await wait(600_000);
      if (run().money_state !== "AUDIT_REQUIRED") world.violate("3: a run with a stranger's object is not frozen");
      await edge.cancel({ key_sha256: account.key_sha256, address: "192.0.2.1" }, run_id);
      const seen = { run_id, version: run().version };
      const decision = { charge: micros(1_000), reason_detail: "Decided.", note: "looked at" };
      await command(world, account, (db) => decideRun(db, { ...seen, version: seen.version - 1 }, decision));
      if (run().status !== "PROCESSING") world.violate("2: a run was decided by what it no longer was");
      await command(world, account, (db) => decideRun(db, seen, decision));
      await command(world, account, (db) => decideRun(db, seen, decision));
      await wait(5_000);
      if (run().status !== "FAILED" || run().charged_micros !== 1_000)
        world.violate("2: the decision was not carried out");
      const open = await act(() =>
        listFindings({
          query: (statement, values) => world.stores.postgres.query("owner", statement, values, world.scheduler.now()),
        }),
      );
      if (open.length > 0) world.violate("3: what was decided still waits for a person");
      await command(world, account, (db) => resolveFinding(db, "1", "again"));
    },
  },
  {
    name: "what no worker can read ends among the dead letters, and is told of",
    funds: 100_000,
    play: async ({ world, intent, ask, wait, act }) => {
      await act(async () => world.stores.queue.send("no signal at all"));
      await ask(intent("beside-it"));
      await wait(1_200_000);
      const { dead } = world.stores.queue;
      if (dead.length !== 1) world.violate(`0: there are ${dead.length} dead letters`);
      if (!world.lines.some((line) => line.includes("CRITICAL: the queue gave up"))) {
        world.violate("3: nobody was told of a dead letter");
      }
    },
  },
];
