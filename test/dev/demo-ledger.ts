import pg from "pg";
import { formatUsd, micros } from "#core/domain/money.ts";
import type { Decisionproof } from "../../edge/client/client.ts";
import type { DemoTenant } from "./demo-tenant.ts";
import type { System } from "./system.ts";

interface Transfer {
  readonly run_id: string | null;
  readonly kind: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount_micros: string;
}

interface Balance {
  readonly granted: string;
  readonly charged: string;
  readonly reserved: string;
  readonly available: string;
}

/** Prints every ledger line and the balance of a tenant, and throws unless they add up to the micro. */
export async function printLedger(
  system: System,
  tenant: DemoTenant,
  dpp: Decisionproof,
  charged_by_results: number,
): Promise<void> {
  const client = new pg.Client({ connectionString: system.stack.databaseUrl });
  await client.connect();
  const transfers = await client
    .query<Transfer>(
      "SELECT run_id, kind, debit, credit, amount_micros FROM ledger_transfers WHERE tenant_id = $1 ORDER BY transfer_id",
      [tenant.tenant_id],
    )
    .finally(() => client.end());

  const accounts: Record<string, number> = {};
  console.log("ledger");
  for (const { run_id, kind, debit, credit, amount_micros } of transfers.rows) {
    const amount = Number(amount_micros);
    accounts[debit] = (accounts[debit] ?? 0) - amount;
    accounts[credit] = (accounts[credit] ?? 0) + amount;
    const road = `${debit} -> ${credit}`;
    console.log(`  ${kind.padEnd(8)} ${road.padEnd(22)} $${formatUsd(micros(amount)).padStart(10)}  ${run_id ?? ""}`);
  }

  const balance = await dpp.budget();
  console.log("balance (budget)");
  const added: Record<keyof Balance, number> = {
    granted: -(accounts["funding"] ?? 0),
    charged: accounts["revenue"] ?? 0,
    reserved: accounts["reserved"] ?? 0,
    available: accounts["available"] ?? 0,
  };
  for (const name of ["granted", "charged", "reserved", "available"] as const) {
    const stated = balance[`${name}_usd`];
    const sum = formatUsd(micros(added[name]));
    console.log(
      `  ${name.padEnd(10)} $${stated.padStart(10)}  ${stated === sum ? "= the ledger's" : `but the ledger says $${sum}`}`,
    );
    if (stated !== sum) throw new Error(`${name}: the balance and the ledger differ`);
  }
  if (added.granted !== added.charged + added.reserved + added.available) throw new Error("the ledger does not add up");
  if (added.charged !== charged_by_results) throw new Error("the ledger's charges are not what the results say");
  console.log(`  granted = charged + reserved + available, and the results cost what was charged`);
}
