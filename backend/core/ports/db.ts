/** A parameter of a statement; amounts go as decimal text, hashes as hex (to a function by `bytea`), timestamps as RFC 3339. */
export type SqlValue = string | number | boolean | null | readonly string[];

/** A row as the driver gives it: BIGINT as text, timestamptz as Date, jsonb parsed. Every wrapper parses it by a schema. */
export type Row = Readonly<Record<string, unknown>>;

/** A statement and its name, by which tests, simulations and metrics know it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * One statement in one round trip, in its own transaction. Throws {@link Outage} when the outcome is unknown or the
 * store cannot be reached; any other error is a fault of the statement.
 */
export interface Db {
  query(statement: Statement, values: readonly SqlValue[]): Promise<readonly Row[]>;
}
