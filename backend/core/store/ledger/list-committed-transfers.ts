import type { TransferKind } from "../../domain/transfer.ts";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import type { Refused } from "../keys/key-refusal.ts";
import { type OwnTransfer, transferColumns } from "./list-own-transfers.ts";
import { type CommittedPage, committedPage, MAX_SCANNED, type NoPosition, type Position } from "../commit-position.ts";

export interface CommittedTransfersRequest {
  readonly after?: Position | undefined;
  readonly kinds: readonly TransferKind[];
  /** RFC 3339: this time or later. */
  readonly created_after?: string | undefined;
  /** RFC 3339: earlier than this. */
  readonly created_before?: string | undefined;
  readonly limit: number;
}

/** The transfers of the key's tenant in the order of their commits, as far as nothing can come in among them any more. */
export async function listCommittedTransfers(
  db: Db,
  key_sha256: string,
  request: CommittedTransfersRequest,
): Promise<CommittedPage<OwnTransfer> | NoPosition | Refused> {
  const { after, limit } = request;
  const values = {
    key_sha256: bytea(key_sha256),
    epoch: after?.epoch ?? null,
    order: after?.order ?? null,
    id: after?.id ?? null,
    kinds: request.kinds,
    created_after: request.created_after ?? null,
    created_before: request.created_before ?? null,
    limit,
    scan_limit: Math.max(MAX_SCANNED, limit + 1),
  };
  const rows = await fn(db, "list_committed_transfers", values, "outcome, epoch, matched, goes_on, (transfer).*");
  return committedPage(rows, { after, limit }, (row) => transferColumns.parse(row));
}
