import type { Micros } from "#core/domain/money.ts";
import { type Receipt, readVerdict, receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { RESULT_CONTENT_TYPE } from "#core/domain/result.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import { beginFinalize } from "#core/store/runs/begin-finalize.ts";
import type { ClosedRun } from "#core/store/runs/close-run.ts";
import { completeRun } from "#core/store/runs/complete-run.ts";
import type { RunBatches } from "#core/store/runs/run-batches.ts";
import { freezeRun } from "#core/store/audit/freeze-run.ts";
import type { HeldRun } from "./lease.ts";
import { type RetryDeps, retryOutages } from "./retry.ts";

/** The share of the claimed sweep's patience in which W4 and W5 begin a try: a later one would meet its tombstone. */
const CLAIM_SHARE = 0.9;

export interface FinalizeDeps extends RetryDeps {
  readonly db: Db;
  readonly batches: RunBatches;
  readonly objects: ObjectWriter;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface FinishedWork {
  readonly body: Uint8Array;
  readonly sha256: string;
  readonly charge: Micros;
  readonly reliability: number;
}

/** W3 to W5. Undefined: somebody else decides this run; nothing is undone. */
export async function finalize(
  deps: FinalizeDeps,
  run: HeldRun,
  finalize_token: string,
  work: FinishedWork,
  claimed_seconds: number,
): Promise<ClosedRun | undefined> {
  // W3
  const until_ms = await claim(deps, run, finalize_token, claimed_seconds);
  if (until_ms === "lost") return undefined;

  const receipt: Receipt = {
    cost: work.charge,
    sha256: work.sha256,
    finalize_token,
    bytes: work.body.byteLength,
    reliability: work.reliability,
  };
  // W4
  if (!(await upload(deps, run, receipt, work.body, until_ms))) return undefined;

  // W5
  return retryOutages(deps, until_ms, () => completeRun(deps.batches.completions, run, receipt));
}

/** W3, and until when by this worker's clock the claim is worth something. */
async function claim(
  deps: FinalizeDeps,
  run: HeldRun,
  finalize_token: string,
  claimed_seconds: number,
): Promise<(() => number) | "lost"> {
  return retryOutages(
    deps,
    () => run.lease.held_until_ms,
    async () => {
      const asked_at_ms = deps.clock.now();
      const claimed = await beginFinalize(deps.batches.claims, run, finalize_token);
      if (claimed === "lost") return "lost";
      const until_ms = asked_at_ms + (claimed_seconds * CLAIM_SHARE - claimed.seconds) * 1000;
      return () => until_ms;
    },
  );
}

/** Whether the object at this attempt's key is ours. */
async function upload(
  deps: FinalizeDeps,
  run: HeldRun,
  receipt: Receipt,
  body: Uint8Array,
  until_ms: () => number,
): Promise<boolean> {
  const key = resultKey(run.tenant_id, run.run_id, run.attempt);
  return retryOutages(deps, until_ms, async () => {
    const put = await deps.objects.create(key, body, RESULT_CONTENT_TYPE, receiptMetadata(receipt));
    if (put === "created") return true;
    const found = await deps.objects.head(key);
    if (found === undefined) return false;
    const verdict = readVerdict(found);
    if (verdict.kind === "tombstone") return false;
    if (verdict.kind === "receipt" && verdict.receipt.finalize_token === receipt.finalize_token) return true;
    const frozen = await freezeRun(
      deps.db,
      { run_id: run.run_id, finalize_token: receipt.finalize_token },
      { kind: "foreign-object", detail: { key, verdict: verdict.kind } },
    );
    if (frozen !== "lost") deps.metrics.count("audit_required");
    deps.log.error("CRITICAL: another object stands at this attempt's key", { object: key });
    return false;
  });
}
