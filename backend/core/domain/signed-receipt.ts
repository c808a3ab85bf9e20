import { z } from "zod";
import { canonicalJson } from "./idempotency.ts";
import { formatUsd, type Micros, parseUsd } from "./money.ts";
import type { RunStatus } from "./run.ts";

/** The `typ` of a signed receipt's header, so that no other token of the same key passes for one (RFC 8725, 3.11). */
export const RECEIPT_TYP = "dpp-receipt+jwt";
/** Ed25519, as RFC 8037 names it for JOSE. */
export const RECEIPT_ALG = "EdDSA";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const usd = z.string().regex(/^\d+\.\d{4,6}$/);
const when = z.iso.datetime();
const amountOf = (text: string): number => parseUsd(text) ?? Number.NaN;

/** What a signed receipt says; a claim that is not known here is left out. */
export const receiptClaims = z
  .object({
    iss: z.url(),
    iat: z.int().nonnegative(),
    sub: z.guid(),
    tenant_id: z.guid(),
    pack_type: z.string().min(1),
    pack_version: z.string().min(1),
    status: z.enum(["COMPLETED", "FAILED", "CANCELED"]),
    payload_sha256: sha256,
    result_sha256: sha256.nullable(),
    result_bytes: z.int().nonnegative().nullable(),
    reserved_usd: usd,
    charged_usd: usd,
    minimum_fee_usd: usd,
    created_at: when,
    started_at: when.nullable(),
    finished_at: when,
    reason_code: z.string().nullable(),
  })
  .refine((claims) => claims.iat === Math.floor(Date.parse(claims.finished_at) / 1000), "iat is not finished_at")
  .refine(
    ({ status, result_sha256, result_bytes }) =>
      (status === "COMPLETED") === (result_sha256 !== null) && (result_sha256 === null) === (result_bytes === null),
    "a completed run has a result, and no other has",
  )
  .refine((claims) => amountOf(claims.charged_usd) <= amountOf(claims.reserved_usd), "more is charged than reserved");
export type ReceiptClaims = z.output<typeof receiptClaims>;

/** A run that is over, as its row says it. */
export interface ClosedRun {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly pack_type: string;
  readonly pack_version: string;
  readonly status: RunStatus;
  readonly payload_sha256: string;
  readonly result_sha256: string | null;
  readonly result_bytes: number | null;
  readonly reserved_micros: Micros;
  readonly charged_micros: Micros | null;
  readonly minimum_fee_micros: Micros;
  readonly reason_code: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/**
 * The payload of a closed run's receipt as canonical JSON (RFC 8785), issued by `iss`, an origin. Nothing in it moves
 * after the run is over, so that the same run and key always give the same bytes. Throws for a run that is not over.
 */
export function receiptPayload(iss: string, run: ClosedRun): string {
  const { run_id: sub, finished_at, charged_micros } = run;
  if (finished_at === null || charged_micros === null) throw new Error(`the run ${sub} is not over`);
  const claims: z.input<typeof receiptClaims> = {
    iss,
    iat: Math.floor(finished_at.getTime() / 1000),
    sub,
    tenant_id: run.tenant_id,
    pack_type: run.pack_type,
    pack_version: run.pack_version,
    status: receiptClaims.shape.status.parse(run.status),
    payload_sha256: run.payload_sha256,
    result_sha256: run.result_sha256,
    result_bytes: run.result_bytes,
    reserved_usd: formatUsd(run.reserved_micros),
    charged_usd: formatUsd(charged_micros),
    minimum_fee_usd: formatUsd(run.minimum_fee_micros),
    created_at: run.created_at.toISOString(),
    started_at: run.started_at?.toISOString() ?? null,
    finished_at: finished_at.toISOString(),
    reason_code: run.reason_code,
  };
  return canonicalJson(receiptClaims.parse(claims));
}
