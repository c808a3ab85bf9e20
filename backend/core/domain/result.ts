import { canonicalJson } from "./idempotency.ts";
import { formatUsd, type Micros } from "./money.ts";
import type { Artifact, Units } from "./pack.ts";

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
  readonly data: unknown;
  readonly artifacts: readonly Artifact[];
  readonly trace_id: string;
  readonly payload_sha256: string;
}

/** The result object as canonical JSON text: what its sha256 is taken of and what the caller downloads. */
export function resultText(parts: ResultParts): string {
  return canonicalJson({
    schema_version: "1",
    run_id: parts.run_id,
    pack_type: parts.pack_type,
    pack_version: parts.pack_version,
    status: "COMPLETED",
    generated_at: new Date(parts.generated_at_ms).toISOString(),
    cost: {
      reserved_usd: formatUsd(parts.reserved),
      actual_usd: formatUsd(parts.charge),
      minimum_fee_usd: formatUsd(parts.minimum_fee),
    },
    units: parts.units,
    reliability: parts.reliability,
    data: parts.data,
    artifacts: parts.artifacts,
    meta: { trace_id: parts.trace_id, payload_sha256: parts.payload_sha256 },
  });
}
