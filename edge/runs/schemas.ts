import { z } from "zod";
import { estimateView } from "./estimate-schema.ts";
import { moneyState, runStatus } from "#core/domain/run.ts";
import { minimum_fee_usd, next_cursor, next_position, runId, sha256, usd, when } from "../openapi/values.ts";

const RUN = "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541";
const status = runStatus.meta({
  description: "QUEUED and PROCESSING are open, the others are over; EXPIRED is a COMPLETED run whose result is gone.",
});

export const accepted = z
  .strictObject({
    run_id: runId,
    status: status.describe("Of a replay, the run's status of now."),
    created_at: when.describe("When the run was first accepted."),
    reserved_cost_usd: usd.describe("Held for the run: its max_cost_usd."),
    minimum_fee_usd,
    poll: z
      .strictObject({
        href: z.string().meta({ description: "Where to ask for the run.", examples: [RUN] }),
        recommended_interval_ms: z
          .int()
          .meta({ description: "How long to wait between two questions, in milliseconds.", examples: [1000] }),
      })
      .describe("How to follow the run."),
  })
  .meta({
    examples: [
      {
        run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541",
        status: "QUEUED",
        created_at: "2026-11-21T09:30:00.000Z",
        reserved_cost_usd: "1.0000",
        minimum_fee_usd: "0.0120",
        poll: { href: RUN, recommended_interval_ms: 1000 },
      },
    ],
  });

const result = z.strictObject({
  sha256,
  size_bytes: z.int().meta({ description: "Size of the result, in bytes.", examples: [1834] }),
  reliability: z.number().meta({ description: "0 to 1; what it means is the pack's.", examples: [1] }),
  href: z.string().meta({ description: "Where to ask for the result's download.", examples: [`${RUN}/result`] }),
});

const cost = z.strictObject({
  reserved_usd: usd.describe("Held for the run when it was accepted."),
  actual_usd: usd.nullable().describe("What was charged, in USD; null until the run is closed."),
  minimum_fee_usd,
});

const error = z.strictObject({
  reason_code: z.string().meta({ description: "UPPER_SNAKE_CASE, to be read by programs.", examples: ["CANCELED"] }),
  detail: z
    .string()
    .meta({ description: "The same in words.", examples: ["The run was canceled at its owner's request."] }),
});

export const runView = z
  .strictObject({
    run_id: runId,
    pack_type: z.string().meta({ description: "The pack that does the work.", examples: ["decision"] }),
    status,
    money_state: moneyState.describe(
      "RESERVED while the run is open; SETTLED: charged, the rest given back; REFUNDED: all given back; AUDIT_REQUIRED: held for a person to decide.",
    ),
    cost: cost.describe("The run's money."),
    attempt: z.int().meta({ description: "How often work on the run was started.", examples: [1] }),
    timebox_sec: z.int().meta({
      description: "How long the work may take, in seconds. Waiting to begin does not count.",
      examples: [90],
    }),
    metadata: z
      .record(z.string(), z.string())
      .meta({ description: "The caller's own pairs, as submitted.", examples: [{ order: "A-1" }] }),
    created_at: when.describe("When the run was accepted."),
    started_at: when.nullable().describe("When work on its last attempt began; null before."),
    finished_at: when.nullable().describe("When it ended; null before."),
    error: error.nullable().describe("Why it ended without a result; null where it did not."),
    result: result.nullable().describe("What is known of the result; null without one."),
  })
  .meta({
    examples: [
      {
        run_id: "01a1fa37-24d5-77a5-b92c-ccf601371541",
        pack_type: "decision",
        status: "COMPLETED",
        money_state: "SETTLED",
        cost: { reserved_usd: "1.0000", actual_usd: "0.0120", minimum_fee_usd: "0.0120" },
        attempt: 1,
        timebox_sec: 90,
        metadata: { order: "A-1" },
        created_at: "2026-11-21T09:30:00.000Z",
        started_at: "2026-11-21T09:30:00.120Z",
        finished_at: "2026-11-21T09:30:00.310Z",
        error: null,
        result: {
          sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          size_bytes: 1834,
          reliability: 1,
          href: `${RUN}/result`,
        },
      },
    ],
  });

export const resultView = z.strictObject({
  url: z.url().meta({
    description: "Presigned; needs no API key. Anyone who has it can download the result until it expires.",
    examples: ["https://results.example/results/1/01a1fa37.json?X-Amz-Expires=900&X-Amz-Signature=5d41402a"],
  }),
  sha256,
  size_bytes: z.int().meta({ description: "Size of the result, in bytes.", examples: [1834] }),
  content_type: z.string().meta({ description: "Media type of the result.", examples: ["application/json"] }),
  expires_at: when.describe("Until when the address is good."),
});

export const runList = z.strictObject({
  runs: z.array(runView).describe("Newest first, or in the order that was asked for."),
  next_cursor,
  next_position,
});

/** By their names in the document. */
export const SCHEMAS = {
  RunAccepted: accepted,
  Run: runView,
  RunList: runList,
  Result: resultView,
  Estimate: estimateView,
};
