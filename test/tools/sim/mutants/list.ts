import { CLOSING_MUTANTS } from "./closing.ts";
import { CODE_MUTANTS } from "./code.ts";
import type { Mutant } from "./mutant.ts";
import { RETENTION_MUTANTS } from "./retention.ts";
import { STATEMENT_MUTANTS } from "./statements.ts";
import { SUBMIT_MUTANTS } from "./submit.ts";

/** Every guard of the protocol, taken away in turn; those that back each other also together. */
export const MUTANTS: readonly Mutant[] = [
  ...SUBMIT_MUTANTS,
  ...CLOSING_MUTANTS,
  ...STATEMENT_MUTANTS,
  ...RETENTION_MUTANTS,
  ...CODE_MUTANTS,
];

export function mutationOf(name: string): Mutant {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`no such mutant: ${name}`);
  return mutant;
}
