import { createHash } from "node:crypto";
import pg from "pg";
import accountsSql from "./load-accounts.sql";
import eventsSql from "./load-events.sql";
import ledgerSql from "./load-ledger.sql";
import runsSql from "./load-runs.sql";

const TENANTS = 100;
/** Runs that stand in every way there is, of the tenant that has half of all runs. The load makes as many of each. */
const STANDINGS = ["queued", "leased", "lapsed", "claimed", "stale", "frozen", "completed", "contradicted", "outlived"];

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const asUuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

/** Ids and hashes follow from names, in SQL (`md5(name)::uuid`) as here, so that nothing is read back. */
export const idOf = (name: string): string => asUuid(createHash("md5").update(name).digest("hex"));
export const keyHash = (tenant: number): string => digest(`key ${tenant}`);
/** Inserts come in this order: what is loaded is the same for the same number of runs. */
const STEPS = [accountsSql, runsSql, ledgerSql, eventsSql];

/**
 * Loads so many closed runs, with their transfers, events and deliveries, into an empty database: 100 tenants, of which
 * the first has half of it; keys, endpoints, queued runs and resolved findings in proportion; and, however many runs
 * there are, the same few that are due. The owner must be a superuser: triggers and foreign keys are passed by.
 */
export async function loadHistory(ownerUrl: string, runs: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(
      `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '128MB';
       SET work_mem = '64MB'; SET timezone = 'UTC'`,
    );
    await client.query(
      "CREATE TEMP TABLE load AS SELECT $1::integer AS runs, $2::integer AS tenants, $3::text[] AS standings",
      [runs, TENANTS, STANDINGS],
    );
    const { rows: indexes } = await client.query<{ indexname: string; indexdef: string }>(
      `SELECT i.indexname, i.indexdef FROM pg_indexes i
        WHERE i.schemaname = 'public' AND i.tablename IN ('runs', 'ledger_transfers', 'outbox_events', 'webhook_deliveries')
          AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)`,
    );
    for (const { indexname } of indexes) await client.query(`DROP INDEX ${client.escapeIdentifier(indexname)}`);
    for (const step of STEPS) await client.query(step);
    for (const { indexdef } of indexes) await client.query(indexdef);
    await client.query("VACUUM (ANALYZE)");
  } finally {
    await client.end();
  }
}
