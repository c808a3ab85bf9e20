import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { packVersion, runId, sha256, usd, when } from "./api-values.ts";
import { canonicalJson } from "./idempotency.ts";
import { formatUsd, type Micros } from "./money.ts";
import type { PackOffer, Units } from "./pack.ts";
import { catalog } from "./packs/catalog.ts";

/** The largest result object, in bytes. */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024;
export const RESULT_CONTENT_TYPE = "application/json";

const artifact = z.strictObject({
  name: z.string().meta({ description: "Its file name.", examples: ["portrait.svg"] }),
  content_type: z.string().meta({ description: "Its media type.", examples: ["image/svg+xml"] }),
  text: z.string().optional().describe("Its content, of a text."),
  base64: z.string().optional().describe("Its content in base64, of anything else."),
});

const cost = z.strictObject({
  max_usd: usd.describe("The most that the run might cost, in USD: its max_cost_usd."),
  reserved_usd: usd.describe("Reserved for the run when it was accepted, in USD: max_usd."),
  actual_usd: usd.describe("What was charged, in USD."),
  minimum_fee_usd: usd.describe(
    "What it would have cost if it had failed after work began, a model's tokens aside, in USD.",
  ),
});

/** The result of a run of one pack: what its sha256 is taken of. */
function documentOf({ type, data }: PackOffer) {
  return z.strictObject({
    schema_version: z.literal("1").describe("The form of this document."),
    run_id: runId,
    pack_type: z.literal(type).describe("The pack that did the work."),
    pack_version: packVersion,
    status: z.literal("COMPLETED").describe("Always COMPLETED: no other run has a result."),
    generated_at: when.describe("When it was written."),
    cost: cost.describe("The run's money."),
    units: z
      .record(z.string(), z.int().min(0))
      .meta({ description: "The units of work that were charged.", examples: [{ base: 1 }] }),
    reliability: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: "What it means is the pack's.", examples: [1] }),
    data: data.describe("What the pack found."),
    artifacts: z.array(artifact).meta({ description: "Files that the pack made.", examples: [[]] }),
    meta: z
      .strictObject({
        trace_id: z
          .string()
          .meta({ description: "The trace of its submit.", examples: ["4bf92f3577b34da6a3ce929d0e0e4736"] }),
        payload_sha256: sha256.describe("SHA-256, in hex, of what was submitted."),
      })
      .describe("About the document."),
  });
}

/** The documents by pack type. */
export const resultDocuments: ReadonlyMap<string, ReturnType<typeof documentOf>> = new Map(
  [...catalog.values()].map((offer) => [offer.type, documentOf(offer)]),
);

const [first, ...others] = resultDocuments.values();
if (first === undefined) throw new Error("no pack in the catalogue");

/** The result of a run of any pack, as it is stored. */
export const resultDocument = z
  .discriminatedUnion("pack_type", [first, ...others])
  .describe("The result, as it is stored; its `data` depends on the pack.");
export type ResultDocument = z.input<typeof resultDocument>;

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
  const money = canonicalJson({
    max_usd: formatUsd(parts.reserved),
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
    utf8ToBytes(`,"cost":${money},"data":`),
    parts.data,
    utf8ToBytes(`,${rest.slice(1)}`),
  );
}
