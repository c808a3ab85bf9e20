import { inStatement, type Mutant, together } from "./mutant.ts";

/** A parameter that is left out of a statement ends it in an error: its test goes, and it stays. */
const LEASE = "AND lease_token = $2::uuid";
const UNTESTED = "AND $2::uuid IS NOT NULL";

const ONE_AFTER_THE_OTHER =
  "statements of this world run one after the other; a contract test lets batches in opposite orders meet";

const leaseStage = inStatement("W1: no stage", "lease-runs", "AND r.finalize_stage IS NULL");
const leaseMoney = inStatement(
  "W1: the money state",
  "lease-runs",
  "AND r.money_state = 'RESERVED' AND",
  "AND",
  "status and stage: what is QUEUED or PROCESSING without a stage is never frozen or closed",
);
const rowSecurity: Mutant = {
  name: "row level security: only a RESERVED run is changed",
  database: [{ statement: "ALTER POLICY backend_moves ON runs USING (true)" }],
};
const leaseStatus = inStatement(
  "W1: QUEUED or PROCESSING",
  "lease-runs",
  "(r.status = 'QUEUED' OR",
  "(r.status <> 'PROCESSING' OR",
  "the money state: what is over is not RESERVED",
);
const finalizeLease = inStatement(
  "W3: the lease token",
  "begin-finalizes",
  "AND r.lease_token = w.lease_token",
  "",
  "the attempt, which rises with every lease of another",
);
const finalizeAttempt = inStatement("W3: the attempt", "begin-finalizes", "AND r.attempt = w.attempt");
const beatLost = {
  file: "backend/worker/lease.ts",
  find: 'if (result === "lost") return until.aborted ? "ended" : "lost";',
  put: 'if (result === "lost") {\n        wait_ms = heartbeat_seconds * 1000;\n        continue;\n      }',
};

const SWEEP_SUBQUERY = "AND money_state = 'RESERVED' AND lease_expires_at < wall_clock()";
const backedByToken = "the lease token, which every other step clears or changes";
const backedByFinalizeToken = "the finalize token, which every other step clears or changes";

/** The same for each statement that names the lease token: status, stage and money state are the other half of the pair. */
const leased = (step: string, file: string, status: string, stage: string, money: string): readonly Mutant[] => [
  inStatement(`${step}: the status`, file, status, "", backedByToken),
  inStatement(`${step}: no stage`, file, stage, "", undefined),
  inStatement(`${step}: the money state`, file, money, "", backedByToken),
];

export const STATEMENT_MUTANTS: readonly Mutant[] = [
  leaseStage,
  leaseMoney,
  inStatement("W1: the lease has passed", "lease-runs", "r.lease_expires_at < wall_clock() AND "),
  inStatement("W1: a repeat is known by its token", "lease-runs", "r.lease_token = w.lease_token\n       OR (", "("),
  inStatement(
    "W1: a repeat counts no attempt",
    "lease-runs",
    "CASE WHEN r.lease_token = w.lease_token THEN r.attempt ELSE r.attempt + 1 END",
    "r.attempt + 1",
  ),
  inStatement(
    "W1: attempts are left",
    "lease-runs",
    "r.attempt - r.uncounted_requeues < w.max_attempts",
    "w.max_attempts > 0",
  ),
  leaseStatus,
  inStatement(
    "W1: each run under its own token",
    "lease-runs",
    "r.run_id = w.run_id AND r.money_state",
    "r.run_id = ANY ($1::uuid[]) AND r.money_state",
  ),
  inStatement("W1: runs in order", "lease-runs", "   ORDER BY r.run_id\n", "", ONE_AFTER_THE_OTHER),
  inStatement("W3: runs in order", "begin-finalizes", "   ORDER BY r.run_id\n", "", ONE_AFTER_THE_OTHER),
  together(
    "W1: the status, the money state, and the row level security behind them",
    leaseMoney,
    leaseStatus,
    rowSecurity,
  ),
  inStatement(
    "W2: the lease token",
    "extend-lease",
    LEASE,
    UNTESTED,
    "W3's: a stranger's beat lengthens a lease that another holds, within its bound, and its own work is thrown away",
  ),
  inStatement("W2: the status", "extend-lease", "AND status = 'PROCESSING'", "", backedByToken),
  inStatement(
    "W2: no stage",
    "extend-lease",
    "AND finalize_stage IS NULL",
    "",
    "whoever claims stops its heartbeat; the claimed sweep asks no lease",
  ),
  inStatement("W2: the money state", "extend-lease", "\n   AND money_state = 'RESERVED'", "", backedByToken),
  inStatement(
    "W2: never past the timebox",
    "extend-lease",
    "least(wall_clock() + make_interval(secs => $3::double precision),\n         started_at + make_interval(secs => timebox_sec + $4::double precision))",
    "wall_clock() + make_interval(secs => $3::double precision + 0 * $4::double precision)",
  ),
  finalizeLease,
  finalizeAttempt,
  inStatement("W3: the status", "begin-finalizes", "AND r.status = 'PROCESSING'", "", backedByToken),
  inStatement(
    "W3: no stage",
    "begin-finalizes",
    "AND (r.finalize_stage IS NULL OR (r.finalize_stage = 'CLAIMED' AND r.finalize_token = w.finalize_token))",
    "",
    "a worker asks under one lease token for one finalize token alone",
  ),
  inStatement(
    "W3: a repeat is known by its finalize token",
    "begin-finalizes",
    "AND r.finalize_token = w.finalize_token",
    "",
    "a worker asks under one lease token for one finalize token alone; a contract test asks for another",
  ),
  inStatement(
    "W3: a repeat finds its claim",
    "begin-finalizes",
    " OR (r.finalize_stage = 'CLAIMED' AND r.finalize_token = w.finalize_token)",
  ),
  inStatement("W3: the money state", "begin-finalizes", "\n   AND r.money_state = 'RESERVED'", "", backedByToken),
  together(
    "W3: the lease token and the attempt, and the heartbeat that says a lease is lost",
    finalizeLease,
    finalizeAttempt,
    {
      name: "",
      sources: [beatLost],
    },
  ),
  inStatement("requeue-uncounted: the lease token", "requeue-uncounted", LEASE, UNTESTED),
  ...leased(
    "requeue-uncounted",
    "requeue-uncounted",
    "AND status = 'PROCESSING'",
    "AND finalize_stage IS NULL",
    "\n   AND money_state = 'RESERVED'",
  ).map((mutant) =>
    mutant.name.endsWith("no stage") ? { ...mutant, backed_by: "a worker that finalizes does not hand back" } : mutant,
  ),
  inStatement(
    "requeue-uncounted: at most five",
    "requeue-uncounted",
    "AND uncounted_requeues < 5",
    "",
    "CHECK (uncounted_requeues BETWEEN 0 AND 5), which would raise",
  ),
  inStatement(
    "killed process: attempts are left",
    "requeue-attempt",
    "AND attempt - uncounted_requeues < $3::integer",
    "AND $3::integer > 0",
  ),
  ...twice("lease sweep, again", "requeue-expired"),
  ...last("lease sweep, failed", "fail-expired"),
  inStatement(
    "lease sweep, failed: the house pays",
    "fail-expired",
    "CASE WHEN $5::boolean THEN due.minimum_fee_micros ELSE 0 END",
    "CASE WHEN $5::boolean IS NOT NULL THEN due.minimum_fee_micros ELSE 0 END",
  ),
  inStatement(
    "claimed sweep, failed: the house pays",
    "close-after-tombstone",
    "due.cancel_requested OR $5::boolean",
    "due.cancel_requested OR $5::boolean IS NOT NULL",
  ),
  inStatement("roll back: the finalize token", "roll-back", "AND finalize_token = $2::uuid", UNTESTED),
  inStatement("roll back: the stage", "roll-back", "AND finalize_stage = 'CLAIMED'", "", backedByFinalizeToken),
  inStatement("roll back: the status", "roll-back", "AND status = 'PROCESSING'", "", backedByFinalizeToken),
  inStatement(
    "roll back: the money state",
    "roll-back",
    "\n   AND money_state = 'RESERVED'",
    "",
    "row level security: the backend changes no run but a RESERVED one",
  ),
  inStatement("roll back: no cancel was asked for", "roll-back", "AND NOT cancel_requested"),
  inStatement(
    "close buried: a cancel is honoured",
    "close-after-tombstone",
    "CASE WHEN due.cancel_requested THEN 'CANCELED' ELSE 'FAILED' END",
    "'FAILED'",
  ),
];

/** Each test of the requeue stands twice, in the look that locks and in the UPDATE. */
function twice(step: string, file: string): readonly Mutant[] {
  const lapse = inStatement(`${step}: the lease has passed`, file, "AND lease_expires_at < wall_clock() ");
  const token = inStatement(
    `${step}: the lease token of the look`,
    file,
    LEASE,
    UNTESTED,
    "the same test in the UPDATE",
  );
  const tokenBelow = inStatement(
    `${step}: the lease token of the UPDATE`,
    file,
    "AND r.lease_token = $2::uuid",
    UNTESTED,
    "the same test in the look, under its lock",
  );
  return [
    lapse,
    token,
    tokenBelow,
    {
      ...together(`${step}: the lease token`, token, tokenBelow),
      backed_by: "the lease's own time: whoever's lease has passed, the run is to be had",
    },
    inStatement(
      `${step}: attempts are left`,
      file,
      "AND attempt - uncounted_requeues < $3::integer",
      "AND $3::integer > 0",
      "the sweep, which sends what has none left another way; attempts only rise",
    ),
    inStatement(
      `${step}: the money state of the look`,
      file,
      SWEEP_SUBQUERY,
      "AND lease_expires_at < wall_clock()",
      "the same test in the UPDATE",
    ),
  ];
}

function last(step: string, file: string): readonly Mutant[] {
  return [
    inStatement(`${step}: the lease has passed`, file, "AND lease_expires_at < wall_clock() "),
    inStatement(
      `${step}: the lease token`,
      file,
      LEASE,
      UNTESTED,
      "the lease's own time; close_run is given the token that stands in the row",
    ),
    inStatement(
      `${step}: attempts are used`,
      file,
      "AND attempt - uncounted_requeues >= $3::integer",
      "AND $3::integer > 0",
      "the sweep's look: attempts used fall by a requeue-uncounted alone, and that is QUEUED",
    ),
    inStatement(
      `${step}: the money state`,
      file,
      SWEEP_SUBQUERY,
      "AND lease_expires_at < wall_clock()",
      "close_run's own test",
    ),
  ];
}
