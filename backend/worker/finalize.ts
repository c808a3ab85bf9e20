import type { Micros } from "#core/domain/money.ts";
import { type Receipt, readVerdict, receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { RESULT_CONTENT_TYPE } from "#core/domain/result.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { Log } from "#core/ports/log.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import type { Random } from "#core/ports/random.ts";
import { beginFinalize } from "#core/store/postgres/begin-finalize.ts";
import type { ClaimedRun } from "#core/store/postgres/claim-run.ts";
import { type ClosedRun, closeRun } from "#core/store/postgres/close-run.ts";
import { freezeRun } from "#core/store/postgres/freeze-run.ts";
import { retryOutages } from "./retry.ts";

/** Each try may last as long as the driver's own time limit; all of them end before the claimed sweep would look. */
const UPLOAD_TRIES = 6;
const CLOSE_TRIES = 4;

export interface FinalizeDeps {
  readonly db: Db;
  readonly objects: ObjectWriter;
  readonly sleeper: Sleeper;
  readonly random: Random;
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
  run: ClaimedRun,
  finalize_token: string,
  work: FinishedWork,
): Promise<ClosedRun | undefined> {
  // W3
  if ((await beginFinalize(deps.db, run, finalize_token)) === "lost") return undefined;

  const receipt: Receipt = {
    cost: work.charge,
    sha256: work.sha256,
    finalize_token,
    bytes: work.body.byteLength,
    reliability: work.reliability,
  };
  // W4
  if (!(await upload(deps, run, receipt, work.body))) return undefined;

  // W5
  return retryOutages(deps, CLOSE_TRIES, () =>
    closeRun(
      deps.db,
      run.run_id,
      { stage: "claimed", finalize_token },
      { status: "COMPLETED", receipt, attempt: run.attempt },
    ),
  );
}

/** Whether the object at this attempt's key is ours. */
async function upload(deps: FinalizeDeps, run: ClaimedRun, receipt: Receipt, body: Uint8Array): Promise<boolean> {
  const key = resultKey(run.tenant_id, run.run_id, run.attempt);
  return retryOutages(deps, UPLOAD_TRIES, async () => {
    const put = await deps.objects.create(key, body, RESULT_CONTENT_TYPE, receiptMetadata(receipt));
    if (put === "created") return true;
    const found = await deps.objects.head(key);
    if (found === undefined) return false;
    const verdict = readVerdict(found);
    if (verdict.kind === "tombstone") return false;
    if (verdict.kind === "receipt" && verdict.receipt.finalize_token === receipt.finalize_token) return true;
    await freezeRun(
      deps.db,
      { run_id: run.run_id, finalize_token: receipt.finalize_token },
      { kind: "foreign-object", detail: { key, verdict: verdict.kind } },
    );
    deps.log.error("CRITICAL: another object stands at this attempt's key", { object: key });
    return false;
  });
}
