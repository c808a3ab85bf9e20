import pg from "pg";

/** Does `work` while a transaction of another session has done `sql` and holds its locks; then that is undone. */
export async function holding<T>(
  databaseUrl: string,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  work: () => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query(sql, [...values]);
    return await work();
  } finally {
    await client.end();
  }
}

/**
 * Does `work` while a transaction of another session has done `sql`; then that is committed, and answered. `isWaitedFor`
 * ends when some session waits for a lock that this one holds, or the promise has settled.
 */
export async function committing(
  databaseUrl: string,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  work: (isWaitedFor: (other: Promise<unknown>) => Promise<void>) => Promise<void>,
): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const waiters = "SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
  try {
    await client.query("BEGIN");
    const result = await client.query(sql, [...values]);
    await work(async (other) => {
      let isOver = false;
      const done = () => (isOver = true);
      void other.then(done, done);
      while (!isOver && (await client.query(waiters)).rowCount === 0);
    });
    await client.query("COMMIT");
    return result;
  } finally {
    await client.end();
  }
}
