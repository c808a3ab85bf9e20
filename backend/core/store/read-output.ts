import { sha256Hex } from "../domain/hash.ts";
import { readVerdict, resultKey } from "../domain/receipt.ts";
import type { ResultDocument } from "../domain/result.ts";
import { MAX_INLINE_BYTES } from "../domain/run-view.ts";
import { isExpired, type RunStatus } from "../domain/run.ts";
import type { ObjectMetadata } from "../domain/object-metadata.ts";
import type { ObjectDownloader } from "../ports/objects.ts";

/** What the row of a run says of its result. */
export interface RunWithResult {
  readonly tenant_id: string;
  readonly run_id: string;
  readonly status: RunStatus;
  readonly expired: boolean;
  readonly result_attempt: number | null;
  readonly result_sha256: string | null;
  readonly result_bytes: number | null;
}

/** Where the result of a run is, and what it must be. */
export interface StoredResult {
  readonly key: string;
  readonly sha256: string;
  readonly size_bytes: number;
}

/** Undefined: the run has none, or none any more. */
export function storedResult(run: RunWithResult): StoredResult | undefined {
  if (run.status !== "COMPLETED" || isExpired(run)) return undefined;
  const { tenant_id, run_id, result_attempt, result_sha256: sha256, result_bytes: size_bytes } = run;
  if (result_attempt === null || sha256 === null || size_bytes === null) {
    throw new Error(`the completed run ${run_id} says nothing of its result`);
  }
  return { key: resultKey(tenant_id, run_id, result_attempt), sha256, size_bytes };
}

/** Throws where an object's settlement receipt is not that of this result. */
export function checkReceipt({ key, sha256, size_bytes }: StoredResult, metadata: ObjectMetadata): void {
  const verdict = readVerdict(metadata);
  if (verdict.kind !== "receipt" || verdict.receipt.sha256 !== sha256 || verdict.receipt.bytes !== size_bytes) {
    throw new Error(`the object ${key} is not the result of its run`);
  }
}

/**
 * The result of a run, checked by its hash; null where it has none, or one of more than MAX_INLINE_BYTES. Throws an Outage
 * where it cannot be read, and an error where what is read is not the run's.
 */
export async function readOutput(objects: ObjectDownloader, run: RunWithResult): Promise<ResultDocument | null> {
  const result = storedResult(run);
  if (result === undefined || result.size_bytes > MAX_INLINE_BYTES) return null;
  const found = await objects.download(result.key, result.size_bytes);
  if (found === undefined) throw new Error(`the object ${result.key} is gone`);
  checkReceipt(result, found.metadata);
  if (sha256Hex(found.text) !== result.sha256) throw new Error(`the bytes of ${result.key} are not those of its run`);
  return JSON.parse(found.text) as ResultDocument;
}
