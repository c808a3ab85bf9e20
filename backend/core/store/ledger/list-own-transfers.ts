import { z } from "zod";
import { transferAccount, type TransferKind, transferKind } from "../../domain/transfer.ts";
import type { Db } from "../../ports/db.ts";
import { type Refused, refusalOf } from "../keys/key-refusal.ts";
import { amount, timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { pageOf, type KeysetPosition, positionAt } from "../keyset-position.ts";

export interface OwnTransfersRequest {
  readonly after?: KeysetPosition | undefined;
  readonly kinds: readonly TransferKind[];
  readonly run_id?: string | undefined;
  /** RFC 3339: this time or later. */
  readonly created_after?: string | undefined;
  /** RFC 3339: earlier than this. */
  readonly created_before?: string | undefined;
  readonly limit: number;
}

export const transferColumns = z.object({
  transfer_id: z.string(),
  kind: transferKind,
  debit: transferAccount,
  credit: transferAccount,
  amount_micros: amount,
  run_id: z.guid().nullable(),
  grant_id: z.string().nullable(),
  created_at: timestamp,
});
const listed = transferColumns.extend({ place_at: positionAt });
export type OwnTransfer = z.output<typeof transferColumns>;

export type ListOwnTransfers =
  | Refused
  | {
      readonly kind: "found";
      readonly transfers: readonly OwnTransfer[];
      /** Undefined: there are no more. */
      readonly next: KeysetPosition | undefined;
    };

/** Checks the key and lists the transfers of its tenant in one statement, so that no other tenant's can ever be read. */
export async function listOwnTransfers(
  db: Db,
  key_sha256: string,
  request: OwnTransfersRequest,
): Promise<ListOwnTransfers> {
  const values = {
    key_sha256: bytea(key_sha256),
    at: request.after?.at ?? null,
    id: request.after?.id ?? null,
    kinds: request.kinds,
    run_id: request.run_id ?? null,
    created_after: request.created_after ?? null,
    created_before: request.created_before ?? null,
    limit: request.limit,
  };
  const rows = await fn(db, "list_own_transfers", values, "outcome, place_at, (transfer).*");
  const refusal = refusalOf(rows[0]);
  if (refusal !== undefined) return refusal;
  const found = rows.filter((row) => row["transfer_id"] !== null).map((row) => listed.parse(row));
  const { page, next } = pageOf(found, request.limit, ({ place_at, transfer_id }) => ({
    at: place_at,
    id: transfer_id,
  }));
  return { kind: "found", transfers: page, next };
}
