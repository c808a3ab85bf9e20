import { z } from "zod";
import type { RunStatus } from "../../domain/run.ts";
import type { Db } from "../../ports/db.ts";
import { bytea, fn } from "../fn.ts";
import { type Refused, refusalOf } from "../keys/key-refusal.ts";
import { type FoundRun, foundRun } from "./find-run.ts";
import { pageOf, type KeysetPosition, positionAt } from "../keyset-position.ts";

/** How many runs one page reads, whatever its filters. */
const MAX_SCANNED = 20_000;

export interface OwnRunsRequest {
  readonly after?: KeysetPosition | undefined;
  readonly statuses?: readonly RunStatus[] | undefined;
  readonly pack_type?: string | undefined;
  /** Only those that this key submitted. */
  readonly key_id?: string | undefined;
  /** RFC 3339: this time or later. */
  readonly created_after?: string | undefined;
  /** RFC 3339: earlier than this. */
  readonly created_before?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly limit: number;
}

const listed = foundRun.extend({ matched: z.boolean(), last_scanned: z.boolean(), place_at: positionAt });

export type ListOwnRuns =
  | Refused
  | {
      readonly kind: "found";
      readonly runs: readonly FoundRun[];
      /** Undefined: there are no more. A page may have fewer runs than asked for, or none, and still not be the last. */
      readonly next: KeysetPosition | undefined;
    };

/** Checks the key and lists the runs of its tenant in one statement, so that no other tenant's can ever be read. */
export async function listOwnRuns(db: Db, key_sha256: string, request: OwnRunsRequest): Promise<ListOwnRuns> {
  const values = {
    key_sha256: bytea(key_sha256),
    at: request.after?.at ?? null,
    id: request.after?.id ?? null,
    statuses: request.statuses ?? null,
    pack_type: request.pack_type ?? null,
    of_key: request.key_id ?? null,
    created_after: request.created_after ?? null,
    created_before: request.created_before ?? null,
    metadata: request.metadata === undefined ? null : JSON.stringify(request.metadata),
    limit: request.limit,
    scan_limit: MAX_SCANNED,
  };
  const rows = await fn(db, "list_own_runs", values, "outcome, matched, last_scanned, place_at, (run).*");
  const refusal = refusalOf(rows[0]);
  if (refusal !== undefined) return refusal;
  const found = rows.filter((row) => row["run_id"] !== null).map((row) => listed.parse(row));
  const placeOf = ({ place_at, run_id }: z.output<typeof listed>): KeysetPosition => ({ at: place_at, id: run_id });
  const { page, next } = pageOf(found, request.limit, placeOf);
  const last = page.at(-1);
  const goes_on = last?.last_scanned === true ? placeOf(last) : undefined;
  return { kind: "found", runs: page.filter(({ matched }) => matched), next: next ?? goes_on };
}
