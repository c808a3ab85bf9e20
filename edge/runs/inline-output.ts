import type { ResultDocument } from "#core/domain/result.ts";
import type { Log } from "#core/ports/log.ts";
import type { ObjectDownloader } from "#core/ports/objects.ts";
import { readOutput } from "#core/store/read-output.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";

export interface InlineOutputDeps {
  readonly objects: ObjectDownloader;
  readonly log: Log;
}

/** The `output` of a run's response. Null also where it cannot be read: nothing else of the run is kept back for that. */
export async function inlineOutput(deps: InlineOutputDeps, run: FoundRun): Promise<ResultDocument | null> {
  try {
    return await readOutput(deps.objects, run);
  } catch (error) {
    deps.log.error("the result of a run could not be read", { error, run_id: run.run_id });
    return null;
  }
}
