import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { DatabaseMutation } from "../stores/host.ts";

/** A text that stands in a source file exactly once, and what stands there instead. */
interface SourceMutation {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** The product without one of its guards, or without a pair that back each other. */
export interface Mutant {
  readonly name: string;
  readonly sources?: readonly SourceMutation[];
  readonly database?: readonly DatabaseMutation[];
  /** Why nobody can see that it is gone, as long as what backs it stands. */
  readonly backed_by?: string;
}

const STORE = "backend/core/store/";

/** The file of a statement, which names are unique in. */
function fileOf(statement: string): string {
  const found = readdirSync(STORE, { encoding: "utf8", recursive: true }).find(
    (file) => basename(file) === `${statement}.sql`,
  );
  if (found === undefined) throw new Error(`no statement ${statement}`);
  return STORE + found;
}

/** A test left out of a statement. */
export const inStatement = (name: string, statement: string, find: string, put = "", backed_by?: string): Mutant => ({
  name,
  sources: [{ file: fileOf(statement), find, put }],
  ...(backed_by === undefined ? {} : { backed_by }),
});

/** A test left out of a function of the database. */
export const inFunction = (name: string, in_function: string, find: string, put = "", backed_by?: string): Mutant => ({
  name,
  database: [{ in_function, find, put }],
  ...(backed_by === undefined ? {} : { backed_by }),
});

/** Code without a step. */
export const inCode = (name: string, file: string, find: string, put: string, backed_by?: string): Mutant => ({
  name,
  sources: [{ file, find, put }],
  ...(backed_by === undefined ? {} : { backed_by }),
});

/** Several at once: a pair that back each other. */
export const together = (name: string, ...mutants: readonly Mutant[]): Mutant => ({
  name,
  sources: mutants.flatMap((mutant) => mutant.sources ?? []),
  database: mutants.flatMap((mutant) => mutant.database ?? []),
});
