import { inFunction, inStatement, type Mutant, together } from "./mutant.ts";

const pastLook = inStatement(
  "retention: it is past, in the look",
  "runs-past-retention",
  "AND retention_until < (SELECT wall_clock())",
  "",
  "the same test in begin_purge",
);
const past = inFunction(
  "begin_purge: it is past",
  "begin_purge",
  "AND r.retention_until < wall_clock()",
  "",
  "the same test in the look",
);
const frozenLook = inStatement(
  "retention: what is frozen is kept, in the look",
  "runs-past-retention",
  "AND money_state IN ('SETTLED', 'REFUNDED')",
  "",
  "the same test in begin_purge",
);
const frozen = inFunction(
  "begin_purge: what is frozen is kept",
  "begin_purge",
  "AND r.money_state IN ('SETTLED', 'REFUNDED')",
  "",
  "the same test in the look, but for a freeze between the two",
);
export const RETENTION_MUTANTS: readonly Mutant[] = [
  past,
  pastLook,
  together("retention: it is past, look and decision", past, pastLook),
  frozen,
  frozenLook,
  together("retention: what is frozen is kept, look and decision", frozen, frozenLook),
  inFunction(
    "begin_purge: the version",
    "begin_purge",
    "AND r.version = p_version",
    "",
    "what is over changes by a freeze alone, and the money state tells",
  ),
  inFunction(
    "purge_run: the version",
    "purge_run",
    "AND r.version = p_version",
    "",
    "what is over changes by a freeze alone, and the money state tells",
  ),
  inFunction(
    "purge_run: its purge was begun",
    "purge_run",
    "AND r.purging_at IS NOT NULL",
    "",
    "the sweep, which begins before it ends",
  ),
];
