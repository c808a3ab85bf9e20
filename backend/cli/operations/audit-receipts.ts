import { readVerdict, resultKey } from "#core/domain/receipt.ts";
import type { Db } from "#core/ports/db.ts";
import type { ObjectReader } from "#core/ports/objects.ts";
import { type CompletedRun, completedRuns } from "#core/store/audit/completed-runs.ts";
import { recordRunDiscrepancy, type Recorded } from "#core/store/audit/record-finding.ts";

/** How many objects are read at once, of how many runs. */
const BATCH = 16;
const RUNS = 500;

/** Compares the receipt of every result that must be there with its run: how many, and how each fault was recorded. */
export async function auditReceipts(
  db: Db,
  objects: ObjectReader,
  tenant_id: string | undefined,
): Promise<{ readonly receipts: number; readonly recorded: readonly Recorded[] }> {
  let receipts = 0;
  const recorded: Recorded[] = [];
  for (let after: string | undefined; ;) {
    const { runs, last } = await completedRuns(db, after, RUNS, tenant_id);
    for (let from = 0; from < runs.length; from += BATCH) {
      const batch = runs.slice(from, from + BATCH);
      const judged = await Promise.all(batch.map(async (run) => ({ run, detail: await contradiction(objects, run) })));
      for (const { run, detail } of judged)
        if (detail !== undefined)
          recorded.push(await recordRunDiscrepancy(db, "result-contradicts-run", { ...run, detail }));
    }
    receipts += runs.length;
    if (last === undefined) return { receipts, recorded };
    after = last;
  }
}

/** Undefined: the result is there, and its hash, size, cost and token are those of the run. */
async function contradiction(objects: ObjectReader, run: CompletedRun): Promise<Record<string, unknown> | undefined> {
  const object = resultKey(run.tenant_id, run.run_id, run.result_attempt ?? 0);
  const found = await objects.head(object);
  const verdict = found === undefined ? undefined : readVerdict(found);
  if (verdict?.kind !== "receipt") return { object, wrong: [verdict?.kind ?? "missing"] };
  const { receipt } = verdict;
  const wrong = [
    ...(receipt.cost === run.charged_micros ? [] : ["cost"]),
    ...(receipt.sha256 === run.result_sha256 ? [] : ["sha256"]),
    ...(receipt.bytes === run.result_bytes ? [] : ["bytes"]),
    ...(receipt.finalize_token === run.finalize_token ? [] : ["finalize_token"]),
  ];
  if (wrong.length === 0) return undefined;
  const { cost, sha256, bytes } = receipt;
  return { object, wrong, receipt: { cost_micros: String(cost), sha256, bytes } };
}
