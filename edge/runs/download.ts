import type { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { RESULT_CONTENT_TYPE } from "#core/domain/result.ts";
import { isExpired, isTerminal } from "#core/domain/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { ObjectPresigner } from "#core/ports/objects.ts";
import { type StoredResult, storedResult } from "#core/store/read-output.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { resultView } from "./schemas.ts";

const URL_SECONDS = 900;

export interface DownloadDeps {
  readonly clock: Clock;
  readonly objects: ObjectPresigner;
}

/** Where a run's result can be had for the next 15 minutes. Throws the problem of a run without one. */
export async function downloadOf(deps: DownloadDeps, run: FoundRun): Promise<z.input<typeof resultView>> {
  const { key, sha256, size_bytes } = resultOf(run);
  const expires_at = expiryOf(deps.clock.now());
  const url = await deps.objects.presign(key, URL_SECONDS, `${run.run_id}.json`);
  return { url, sha256, size_bytes, content_type: RESULT_CONTENT_TYPE, expires_at };
}

/** A signature has its time in whole seconds: the address lives from the second in which it is signed. */
const expiryOf = (now_ms: number): string => new Date((Math.floor(now_ms / 1000) + URL_SECONDS) * 1000).toISOString();

/** Where a run's result is. Throws the problem of a run without one. */
export function resultOf(run: FoundRun): StoredResult {
  if (isExpired(run)) throw new Problem("result-expired");
  if (!isTerminal(run.status)) {
    throw new Problem("run-not-completed", `The run is ${run.status}.`, { retry_after_s: 1 });
  }
  const result = storedResult(run);
  if (result === undefined) throw new Problem("run-not-completed", `The run ended ${run.status}, without a result.`);
  return result;
}
