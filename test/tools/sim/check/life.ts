import { readVerdict, resultKey } from "#core/domain/receipt.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { z } from "zod";
import { UNIT_MICROS } from "../actors/pack.ts";
import type { SimObjects } from "../stores/objects.ts";
import { isClosed, type RunRow, type Snapshot } from "./snapshot.ts";

/** What a result says was used; the simulated pack has one price. */
const resultUnits = z.object({ units: z.object({ unit: z.number().default(0) }) });

export interface LifeLaws {
  readonly now_ms: number;
  readonly max_attempts: number;
  readonly lease_seconds: number;
  readonly objects: SimObjects;
  readonly mayFreeze: boolean;
  /** The statement that was applied. */
  readonly operation: string;
}

const state = (run: RunRow): string =>
  run.money_state === "AUDIT_REQUIRED" ? "FROZEN" : run.finalize_stage === "CLAIMED" ? "CLAIMED" : run.status;

/** The state machine of section 2: where a run may go from where, in one step. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  QUEUED: ["QUEUED", "PROCESSING", "CANCELED"],
  PROCESSING: ["PROCESSING", "CLAIMED", "QUEUED", "FAILED", "CANCELED"],
  CLAIMED: ["CLAIMED", "COMPLETED", "QUEUED", "FAILED", "CANCELED", "FROZEN"],
  COMPLETED: ["COMPLETED"],
  FAILED: ["FAILED"],
  CANCELED: ["CANCELED"],
  FROZEN: ["FROZEN"],
};

/** What one applied statement may have done to each run, and what may not have happened. */
export function lifeFaults(before: Snapshot, after: Snapshot, laws: LifeLaws): readonly string[] {
  const now = new Map(after.runs.map((run) => [run.run_id, run]));
  return [
    ...before.runs.flatMap((run) => {
      const then = now.get(run.run_id);
      if (then === undefined) return [`3: run ${run.run_id} is gone`];
      return JSON.stringify(run) === JSON.stringify(then) ? [] : stepFaults(run, then, laws);
    }),
    ...after.runs.flatMap((run) => resultFaults(run, laws)),
    ...(laws.mayFreeze ? [] : after.findings.filter(({ kind }) => kind !== "clawback-short")).map(
      (finding) => `3: a finding where nothing contradicts itself: ${finding.kind}`,
    ),
  ];
}

function stepFaults(run: RunRow, then: RunRow, laws: LifeLaws): readonly string[] {
  const from = state(run);
  const to = state(then);
  const expired = run.lease_expires_at !== null && Date.parse(run.lease_expires_at) < laws.now_ms;
  const handedBack = then.uncounted_requeues === run.uncounted_requeues + 1;
  const used = run.attempt - run.uncounted_requeues;
  const isTakenAway = from === "PROCESSING" && (to === "QUEUED" || then.attempt > run.attempt);
  const isUndone = from === "CLAIMED" && ["QUEUED", "FAILED", "CANCELED"].includes(to);
  // A person's decision, and nothing else, ends what is frozen.
  const isDecided = from === "FROZEN" && to === "FAILED" && laws.operation === "decide-run";
  const checks: readonly (readonly [holds: boolean, law: string])[] = [
    [NEXT[from]?.includes(to) === true || isDecided, `${from} does not lead to ${to}`],
    [then.version > run.version || from === to, "a change raises the version"],
    [then.attempt >= run.attempt && then.attempt <= run.attempt + 1, "attempts rise by one"],
    [
      !isTakenAway || expired || handedBack || laws.operation === "requeue-attempt",
      "a live lease is nobody else's to take",
    ],
    [from !== "CLAIMED" || to !== "CLAIMED" || then.attempt === run.attempt, "nobody starts what is claimed"],
    [leaseEndsInTime(then, laws), "a lease ends with its timebox"],
    [to !== "QUEUED" || !then.cancel_requested, "what is to be canceled is not started again"],
    [!run.cancel_requested || to !== "FAILED", "a cancel that was asked for is honoured"],
    [!isUndone || isTombstone(run, laws), "a claim is undone only after its tombstone"],
    [
      then.reason_code !== "LEASE_EXPIRED" || from === to || used >= laws.max_attempts,
      "it fails when its attempts are used",
    ],
    [then.reason_code !== "LEASE_EXPIRED" || from !== "PROCESSING" || expired, "it fails when its lease has passed"],
    [then.attempt - then.uncounted_requeues <= laws.max_attempts, "no attempt too many"],
    [
      to !== "COMPLETED" || from !== "CLAIMED" || receiptToken(run, laws) === run.finalize_token,
      "its own receipt decides",
    ],
    [
      to !== "QUEUED" || (then.lease_token ?? then.finalize_token ?? then.finalize_stage) === null,
      "a requeue clears its tokens",
    ],
    [
      !isTerminal(from) || JSON.stringify({ ...run, ...FADED }) === JSON.stringify({ ...then, ...FADED }),
      "what ended stays as it ended",
    ],
  ];
  return checks.flatMap(([holds, law]) => (holds ? [] : [`3: run ${run.run_id}, ${from} -> ${to}: not so: ${law}`]));
}

/** How long a run of these worlds waits its turn at most, which its timebox does not count. */
const MAX_WAIT_SECONDS = 62;
/** The same of one that went back three times. */
const LAST_WAIT_SECONDS = 86_402;

/** A lease may reach one lease beyond the timebox and the waits, as the heartbeat has it. */
function leaseEndsInTime(
  { lease_expires_at, started_at, timebox_sec, uncounted_requeues }: RunRow,
  { lease_seconds }: LifeLaws,
): boolean {
  if (lease_expires_at === null || started_at === null) return true;
  const wait_seconds = uncounted_requeues < 3 ? MAX_WAIT_SECONDS : LAST_WAIT_SECONDS;
  const most_ms = (timebox_sec + lease_seconds + wait_seconds) * 1000;
  return Date.parse(lease_expires_at) <= Date.parse(started_at) + most_ms;
}

/** What retention may take from a run that ended. */
const FADED = { purging_at: null, purged_at: null, has_inputs: null, plan: null, version: 0 };
const isTerminal = (name: string): boolean => ["COMPLETED", "FAILED", "CANCELED"].includes(name);

const keyOf = (run: RunRow, attempt: number): string => resultKey(run.tenant_id, run.run_id, attempt);

function isTombstone(run: RunRow, { objects }: LifeLaws): boolean {
  const found = objects.all.get(keyOf(run, run.attempt));
  return found !== undefined && readVerdict(found.metadata).kind === "tombstone";
}

function receiptToken(run: RunRow, { objects }: LifeLaws): string | undefined {
  const found = objects.all.get(keyOf(run, run.attempt));
  const verdict = found === undefined ? undefined : readVerdict(found.metadata);
  return verdict?.kind === "receipt" ? verdict.receipt.finalize_token : undefined;
}

/** Invariant 5, and what a run that is past its retention leaves behind. */
function resultFaults(run: RunRow, { objects, now_ms }: LifeLaws): readonly string[] {
  if (run.purged_at !== null) {
    return isClosed(run) && !run.has_inputs ? [] : [`5: run ${run.run_id} was purged, and it is not over`];
  }
  if (run.status !== "COMPLETED") return [];
  const found = objects.all.get(keyOf(run, run.result_attempt ?? 0));
  // Between the deletion of its object and its mark a run past retention has none.
  if (found === undefined && Date.parse(run.retention_until ?? "") < now_ms) return [];
  const verdict = found === undefined ? undefined : readVerdict(found.metadata);
  if (found === undefined || verdict?.kind !== "receipt") return [`5: run ${run.run_id} has no receipt`];
  const { receipt } = verdict;
  const written = resultUnits.safeParse(JSON.parse(new TextDecoder().decode(found.body)));
  if (!written.success) return [`5: the result of run ${run.run_id} does not say its units`];
  const same =
    receipt.cost === written.data.units.unit * UNIT_MICROS &&
    receipt.cost === run.charged_micros &&
    `\\x${receipt.sha256}` === run.result_sha256 &&
    sha256Hex(found.body) === receipt.sha256;
  return same ? [] : [`5: run ${run.run_id} and its receipt say different things`];
}
