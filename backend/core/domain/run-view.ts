import { z } from "zod";
import { keyId, minimum_fee_usd, packVersion, runId, sha256, usd, when } from "./api-values.ts";
import { formatUsd, type Micros } from "./money.ts";
import { resultDocument } from "./result.ts";
import { isExpired, isTerminal, moneyState, type RunStatus, runStatus } from "./run.ts";

/** The largest result, in bytes, that a run's response or event carries as its `output`. */
export const MAX_INLINE_BYTES = 64 * 1024;

const EXAMPLE_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";
/** Where a run is, as an example. */
const EXAMPLE_RUN = `/v1/runs/${EXAMPLE_ID}`;

const cost = z.strictObject({
  max_usd: usd.describe("The most that the run may cost, in USD: its max_cost_usd."),
  reserved_usd: usd.describe("Reserved for the run when it was accepted, in USD: max_usd."),
  actual_usd: usd
    .nullable()
    .describe(
      "What was charged, in USD; null until the run is closed, and for a key without the scope `read` (in the event at its run's own `webhook` too).",
    ),
  minimum_fee_usd,
});

const error = z.strictObject({
  reason_code: z.string().meta({ description: "UPPER_SNAKE_CASE, to be read by programs.", examples: ["CANCELED"] }),
  detail: z
    .string()
    .meta({ description: "The same in words.", examples: ["The run was canceled at its owner's request."] }),
});

const result = z.strictObject({
  sha256,
  size_bytes: z.int().meta({ description: "Size of the result, in bytes.", examples: [1834] }),
  reliability: z.number().meta({ description: "0 to 1; what it means is the pack's.", examples: [1] }),
});

const path = (description: string, rest: string) =>
  z.string().meta({ description, examples: [`${EXAMPLE_RUN}${rest}`] });
const noPath = (description: string, rest: string) =>
  z
    .string()
    .nullable()
    .meta({ description, examples: [`${EXAMPLE_RUN}${rest}`] });

const links = z.strictObject({
  self: path("The run.", ""),
  events: path("Its changes, as server-sent events.", "/events"),
  result: noPath("A presigned address of the result; null without a result.", "/result"),
  output: noPath("The bytes of the result; null without a result.", "/output"),
  receipt: noPath("The signed receipt; null until the run is over, and while it is under audit.", "/receipt"),
  cancel: noPath("Where to cancel the run; null where it can no longer be canceled.", "/cancel"),
});

const described = z.strictObject({
  run_id: runId,
  pack_type: z.string().meta({ description: "The pack that does the work.", examples: ["decision"] }),
  pack_version: packVersion,
  key_id: keyId.describe("The API key that submitted it."),
  payload_sha256: sha256.describe("SHA-256, in hex, of what was submitted, as the receipt states it."),
  status: runStatus.meta({
    description:
      "QUEUED and PROCESSING are open, the others are over; EXPIRED is a run that is past its plan's retention.",
  }),
  money_state: moneyState.describe(
    "RESERVED while the run is open; SETTLED: charged, the rest given back; REFUNDED: all given back; AUDIT_REQUIRED: held for a person to decide.",
  ),
  cost: cost.describe("The run's money."),
  attempt: z.int().meta({ description: "How often work on the run was started.", examples: [1] }),
  timebox_sec: z.int().meta({
    description: "How long the work may take, in seconds. Waiting to begin does not count.",
    examples: [90],
  }),
  min_reliability_score: z
    .number()
    .nullable()
    .meta({ description: "As submitted; null where none was.", examples: [null] }),
  metadata: z
    .record(z.string(), z.string())
    .meta({ description: "The caller's own pairs, as submitted.", examples: [{ order: "A-1" }] }),
  created_at: when.describe("When the run was accepted."),
  started_at: when.nullable().describe("When work on its last attempt began; null before."),
  finished_at: when.nullable().describe("When it ended; null before."),
  result_expires_at: when.nullable().describe("When its result and its inputs are deleted; null without a result."),
  error: error
    .nullable()
    .describe("Why it ended without a result; null where it did not, and for a key without the scope `read`."),
  result: result
    .nullable()
    .describe("What is known of the result; null without one, and for a key without the scope `read`."),
  links: links.describe("Paths of what belongs to the run; null where there is nothing."),
  inputs: z
    .record(z.string(), z.unknown())
    .nullable()
    .optional()
    .meta({
      description: "Only with `include=inputs`: what was submitted; null once it is deleted.",
      examples: [{ question: "Tea or coffee?" }],
    }),
  output: resultDocument
    .nullable()
    .optional()
    .describe(
      `Only where it is asked for: the result. Null without one, above ${MAX_INLINE_BYTES} bytes, and where it could not be read at this moment: then read \`links.output\`.`,
    ),
});

const EXAMPLE: z.input<typeof described> = {
  run_id: EXAMPLE_ID,
  pack_type: "decision",
  pack_version: "1.0.0",
  key_id: "01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64",
  payload_sha256: "4a44dc15364204a80fe80e9039455cc1608281820fe2b24f1e5233ade6af1dd5",
  status: "COMPLETED",
  money_state: "SETTLED",
  cost: { max_usd: "1.0000", reserved_usd: "1.0000", actual_usd: "0.0120", minimum_fee_usd: "0.0120" },
  attempt: 1,
  timebox_sec: 90,
  min_reliability_score: null,
  metadata: { order: "A-1" },
  created_at: "2026-11-21T09:30:00.000Z",
  started_at: "2026-11-21T09:30:00.120Z",
  finished_at: "2026-11-21T09:30:00.310Z",
  result_expires_at: "2026-12-21T09:30:00.310Z",
  error: null,
  result: {
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    size_bytes: 1834,
    reliability: 1,
  },
  links: {
    self: EXAMPLE_RUN,
    events: `${EXAMPLE_RUN}/events`,
    result: `${EXAMPLE_RUN}/result`,
    output: `${EXAMPLE_RUN}/output`,
    receipt: `${EXAMPLE_RUN}/receipt`,
    cancel: null,
  },
};

/** A run, the same in every response and event that shows one. */
export const runView = described.meta({ examples: [EXAMPLE] });
export type RunView = z.input<typeof runView>;

/** A run as its row says it. */
export interface RunRow {
  readonly run_id: string;
  readonly pack_type: string;
  readonly pack_version: string;
  readonly key_id: string;
  readonly payload_sha256: string;
  readonly status: RunStatus;
  readonly expired: boolean;
  readonly money_state: z.infer<typeof moneyState>;
  readonly reserved_micros: Micros;
  readonly charged_micros: Micros | null;
  readonly minimum_fee_micros: Micros;
  readonly attempt: number;
  readonly timebox_sec: number;
  readonly min_reliability: number | null;
  readonly metadata: Record<string, string>;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly retention_until: Date | null;
  readonly reason_code: string | null;
  readonly reason_detail: string | null;
  readonly result_sha256: string | null;
  readonly result_bytes: number | null;
  readonly reliability: number | null;
}

/** What an API key of its owner sees of a run, with the parts that were asked for. */
export function viewRun(run: RunRow, asked: Pick<RunView, "inputs" | "output"> = {}): RunView {
  const { run_id, pack_type, pack_version, key_id, payload_sha256, attempt, timebox_sec, metadata } = run;
  return {
    run_id,
    pack_type,
    pack_version,
    key_id,
    payload_sha256,
    status: isExpired(run) ? "EXPIRED" : run.status,
    money_state: run.money_state,
    cost: viewCost(run),
    attempt,
    timebox_sec,
    min_reliability_score: run.min_reliability,
    metadata,
    created_at: run.created_at.toISOString(),
    started_at: run.started_at?.toISOString() ?? null,
    finished_at: run.finished_at?.toISOString() ?? null,
    result_expires_at: run.result_sha256 === null ? null : (run.retention_until?.toISOString() ?? null),
    error: run.reason_code === null ? null : { reason_code: run.reason_code, detail: run.reason_detail ?? "" },
    result: viewResult(run),
    links: viewLinks(run),
    ...asked,
  };
}

function viewCost({ reserved_micros, charged_micros, minimum_fee_micros }: RunRow): RunView["cost"] {
  return {
    max_usd: formatUsd(reserved_micros),
    reserved_usd: formatUsd(reserved_micros),
    actual_usd: charged_micros === null ? null : formatUsd(charged_micros),
    minimum_fee_usd: formatUsd(minimum_fee_micros),
  };
}

function viewResult(run: RunRow): RunView["result"] {
  const { result_sha256, result_bytes, reliability } = run;
  if (run.status !== "COMPLETED" || isExpired(run)) return null;
  if (result_sha256 === null || result_bytes === null || reliability === null) return null;
  return { sha256: result_sha256, size_bytes: result_bytes, reliability };
}

function viewLinks(run: RunRow): RunView["links"] {
  const self = `/v1/runs/${run.run_id}`;
  const isFrozen = run.money_state === "AUDIT_REQUIRED";
  const hasResult = viewResult(run) !== null;
  return {
    self,
    events: `${self}/events`,
    result: hasResult ? `${self}/result` : null,
    output: hasResult ? `${self}/output` : null,
    receipt: isTerminal(run.status) && !isFrozen ? `${self}/receipt` : null,
    cancel: isTerminal(run.status) || isFrozen ? null : `${self}/cancel`,
  };
}
