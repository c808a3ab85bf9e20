import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "./idempotency.ts";
import { formatUsd, type Micros } from "./money.ts";
import type { Units } from "./pack.ts";

/** The largest result object, in bytes. */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024;
export const RESULT_CONTENT_TYPE = "application/json";

export interface ResultParts {
  readonly run_id: string;
  readonly pack_type: string;
  readonly pack_version: string;
  readonly generated_at_ms: number;
  readonly reserved: Micros;
  readonly charge: Micros;
  readonly minimum_fee: Micros;
  readonly units: Units;
  readonly reliability: number;
  /** Canonical JSON in UTF-8. */
  readonly data: Uint8Array;
  /** The list of artifacts, likewise. */
  readonly artifacts: Uint8Array;
  readonly trace_id: string;
  readonly payload_sha256: string;
}

/**
 * The result object as canonical JSON text in UTF-8: what its sha256 is taken of and what the caller downloads. What may
 * be large is written already and is only copied to its place: `artifacts`, `cost` and `data` are first in RFC 8785's order.
 */
export function resultBytes(parts: ResultParts): Uint8Array {
  const cost = canonicalJson({
    reserved_usd: formatUsd(parts.reserved),
    actual_usd: formatUsd(parts.charge),
    minimum_fee_usd: formatUsd(parts.minimum_fee),
  });
  const rest = canonicalJson({
    schema_version: "1",
    run_id: parts.run_id,
    pack_type: parts.pack_type,
    pack_version: parts.pack_version,
    status: "COMPLETED",
    generated_at: new Date(parts.generated_at_ms).toISOString(),
    units: parts.units,
    reliability: parts.reliability,
    meta: { trace_id: parts.trace_id, payload_sha256: parts.payload_sha256 },
  });
  return concatBytes(
    utf8ToBytes('{"artifacts":'),
    parts.artifacts,
    utf8ToBytes(`,"cost":${cost},"data":`),
    parts.data,
    utf8ToBytes(`,${rest.slice(1)}`),
  );
}
