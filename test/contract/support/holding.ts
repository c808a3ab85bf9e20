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
