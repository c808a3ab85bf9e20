import type { Clock } from "#core/ports/clock.ts";
import type { OpenDb } from "../../../backend/drivers/pg.ts";

/** The time of one database and of whoever is given this clock: it stands still until it is moved. */
export interface SqlClock extends Clock {
  advance(seconds: number): Promise<void>;
}

const START_MS = Date.UTC(2031, 4, 5, 12);

/** Lets every statement of a test's own database read its time, `wall_clock()`, from a row that the test moves. */
export async function installSqlClock(owner: OpenDb): Promise<SqlClock> {
  let now_ms = START_MS;
  const store = () => owner.query("UPDATE test_clock SET at = $1::timestamptz", [new Date(now_ms).toISOString()]);
  await owner.query("CREATE TABLE test_clock AS SELECT now() AS at", []);
  await store();
  await owner.query(
    `CREATE OR REPLACE FUNCTION wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER
       SET search_path = public, pg_temp AS 'SELECT at FROM test_clock'`,
    [],
  );
  return {
    now: () => now_ms,
    advance: async (seconds) => {
      now_ms += seconds * 1000;
      await store();
    },
  };
}
