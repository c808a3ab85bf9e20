import type { RunStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import type { Refused } from "../keys/key-refusal.ts";
import { type FoundRun, foundRun } from "./find-run.ts";
import type { OwnRunsRequest } from "./list-own-runs.ts";
import { type CommittedPage, committedPage, MAX_SCANNED, type NoPosition, type Position } from "../commit-position.ts";

export interface CommittedRunsRequest extends Omit<OwnRunsRequest, "after" | "statuses"> {
  readonly after?: Position | undefined;
  /** By what: each run comes when its creation, or its end, was committed. */
  readonly by: "accepted" | "ended";
  readonly statuses?: readonly RunStatus[] | undefined;
}

/** The runs of the key's tenant in the order of commits, as far as nothing can come in among them any more. */
export async function listCommittedRuns(
  db: Db,
  key_sha256: string,
  request: CommittedRunsRequest,
): Promise<CommittedPage<FoundRun> | NoPosition | Refused> {
  const { after, limit } = request;
  const values = {
    key_sha256: bytea(key_sha256),
    epoch: after?.epoch ?? null,
    order: after?.order ?? null,
    id: after?.id ?? null,
    ended: request.by === "ended",
    statuses: request.statuses ?? null,
    pack_type: request.pack_type ?? null,
    of_key: request.key_id ?? null,
    created_after: request.created_after ?? null,
    created_before: request.created_before ?? null,
    metadata: request.metadata === undefined ? null : JSON.stringify(request.metadata),
    limit,
    scan_limit: MAX_SCANNED,
  };
  const rows = await fn(
    db,
    "list_committed_runs",
    values,
    "outcome, epoch, matched, goes_on, commit_order, transfer_id, (run).*",
  );
  return committedPage(rows, { after, limit }, (row) => foundRun.parse(row));
}
