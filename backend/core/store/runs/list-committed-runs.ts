import type { RunStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import type { Refused } from "../keys/caller-columns.ts";
import { type FoundRun, foundRun } from "./find-run.ts";
import sql from "./list-committed-runs.sql";
import type { OwnRunsWanted } from "./list-own-runs.ts";
import { type CommittedPage, committedPage, MOST_LOOKED_AT, type NoPosition, type Position } from "../position.ts";

export interface CommittedRunsWanted extends Omit<OwnRunsWanted, "after" | "statuses"> {
  readonly after?: Position | undefined;
  /** By what: each run comes when its creation, or its end, was committed. */
  readonly by: "accepted" | "ended";
  readonly statuses?: readonly RunStatus[] | undefined;
}

/** The runs of the key's tenant in the order of commits, as far as nothing can come in among them any more. */
export async function listCommittedRuns(
  db: Db,
  key_sha256: string,
  wanted: CommittedRunsWanted,
): Promise<CommittedPage<FoundRun> | NoPosition | Refused> {
  const { after, limit } = wanted;
  const rows = await db.query({ name: "list-committed-runs", text: sql }, [
    key_sha256,
    after?.epoch ?? null,
    after?.order ?? null,
    after?.id ?? null,
    wanted.by === "ended",
    wanted.statuses ?? null,
    wanted.pack_type ?? null,
    wanted.created_after ?? null,
    wanted.created_before ?? null,
    wanted.metadata === undefined ? null : JSON.stringify(wanted.metadata),
    limit,
    MOST_LOOKED_AT,
  ]);
  return committedPage(rows, { after, limit }, (row) => foundRun.parse(row));
}
