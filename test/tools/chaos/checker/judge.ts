import type { Event } from "../history.ts";
import { admissionsInTime, judgeRefusals, type Refusals, statesFollow } from "./admissions.ts";
import { auditAgrees, ledgerBalances, chargedOnce, drift, grantedOnce, sideLedgerBalances } from "./ledger-totals.ts";
import { takenOnce } from "./clawbacks.ts";
import type { Evidence, Violation } from "./evidence.ts";
import {
  conflictsAreReal,
  endingsStand,
  neverDenied,
  nothingLost,
  oneRunPerKey,
  refusalsBindNothing,
  refusalsHaveCause,
} from "./promises.ts";
import { atRest } from "./rest.ts";
import { downloadsAreTrue, oneResult, tenantsApart } from "./results.ts";

type Rule = (evidence: Evidence, history: readonly Event[]) => readonly Violation[];

const RULES: readonly Rule[] = [
  ledgerBalances,
  grantedOnce,
  takenOnce,
  sideLedgerBalances,
  auditAgrees,
  statesFollow,
  chargedOnce,
  nothingLost,
  endingsStand,
  oneRunPerKey,
  refusalsBindNothing,
  neverDenied,
  conflictsAreReal,
  refusalsHaveCause,
  admissionsInTime,
  oneResult,
  downloadsAreTrue,
  tenantsApart,
  atRest,
];

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly refusals: Refusals;
  readonly drift_micros: number;
}

/** Holds what the clients learned against what the stores say: section 8 of PROTOCOL.md. */
export function judge(evidence: Evidence, history: readonly Event[]): Verdict {
  const { refusals, violations } = judgeRefusals(evidence, history);
  return {
    violations: [...RULES.flatMap((rule) => rule(evidence, history)), ...violations],
    refusals,
    drift_micros: drift(evidence),
  };
}
