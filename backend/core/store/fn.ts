import type { Db, Row, SqlValue } from "../ports/db.ts";

/** In order; where there are more than five, by the names of the parameters, without their `p_`. */
export type FnArguments = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

/**
 * Calls a function of migrations/functions, whose header says what it does, takes and answers: one statement, named after
 * it in kebab-case. `columns` expands a row that is one of its columns: "outcome, (run).*".
 */
export function fn(db: Db, name: string, args: FnArguments, columns = "*"): Promise<readonly Row[]> {
  return db.query({ name: name.replaceAll("_", "-"), text: callText(name, args, columns) }, Object.values(args));
}

/** Types are left to the function's signature: drivers send text, and an overloaded function would be ambiguous. */
export function callText(name: string, args: FnArguments, columns: string): string {
  const isNamed = !Array.isArray(args);
  const list = Object.keys(args).map((key, index) => `${isNamed ? `p_${key} => ` : ""}$${index + 1}`);
  return `SELECT ${columns} FROM ${name}(${list.join(", ")})`;
}

/** A hash, in hex, as a parameter of type bytea. */
export const bytea = (hex: string): string => `\\x${hex}`;
