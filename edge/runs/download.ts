import type { z } from "zod";
import { Problem } from "#core/domain/problem.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { isExpired, isTerminal } from "#core/domain/run.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { ObjectPresigner } from "#core/ports/objects.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import type { resultView } from "./schemas.ts";

const URL_SECONDS = 900;
const CONTENT_TYPE = "application/json";

export interface DownloadDeps {
  readonly clock: Clock;
  readonly objects: ObjectPresigner;
}

/** Where a run's result can be had for the next 15 minutes. Throws the problem of a run without one. */
export async function downloadOf(deps: DownloadDeps, run: FoundRun): Promise<z.input<typeof resultView>> {
  const { key, sha256, size_bytes } = resultOf(run);
  const expires_at = expiryOf(deps.clock.now());
  const url = await deps.objects.presign(key, URL_SECONDS);
  return { url, sha256, size_bytes, content_type: CONTENT_TYPE, expires_at };
}

/** A signature has its time in whole seconds: the address lives from the second in which it is signed. */
const expiryOf = (now_ms: number): string => new Date((Math.floor(now_ms / 1000) + URL_SECONDS) * 1000).toISOString();

function resultOf(run: FoundRun): { readonly key: string; readonly sha256: string; readonly size_bytes: number } {
  if (isExpired(run)) throw new Problem("result-expired");
  if (!isTerminal(run.status)) {
    throw new Problem("run-not-completed", `The run is ${run.status}.`, { retry_after_s: 1 });
  }
  if (run.status !== "COMPLETED")
    throw new Problem("run-not-completed", `The run ended ${run.status}, without a result.`);
  const { tenant_id, run_id, result_attempt, result_sha256, result_bytes } = run;
  if (result_attempt === null || result_sha256 === null || result_bytes === null) {
    throw new Error(`the completed run ${run_id} says nothing of its result`);
  }
  return { key: resultKey(tenant_id, run_id, result_attempt), sha256: result_sha256, size_bytes: result_bytes };
}
