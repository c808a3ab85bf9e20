import { z } from "zod";
import { moneyState, runStatus } from "#core/domain/run.ts";
import { minimum_fee_usd, sha256, usd, when } from "./figures.ts";
import { next_cursor } from "./listings.ts";

export const accepted = z.strictObject({
  run_id: z.uuid(),
  status: runStatus,
  created_at: when,
  reserved_cost_usd: usd,
  minimum_fee_usd,
  poll: z.strictObject({
    href: z.string().describe("Where to ask for the run."),
    recommended_interval_ms: z.int(),
  }),
});

export const runView = z.strictObject({
  run_id: z.uuid(),
  pack_type: z.string(),
  status: runStatus,
  money_state: moneyState,
  cost: z.strictObject({
    reserved_usd: usd,
    actual_usd: usd.nullable().describe("Null until the run is closed."),
    minimum_fee_usd,
  }),
  attempt: z.int(),
  timebox_sec: z.int(),
  metadata: z.record(z.string(), z.string()),
  created_at: when,
  started_at: when.nullable(),
  finished_at: when.nullable(),
  error: z.strictObject({ reason_code: z.string(), detail: z.string() }).nullable(),
  result: z
    .strictObject({
      sha256,
      size_bytes: z.int(),
      reliability: z.number().describe("0 to 1; what it means is the pack's."),
      href: z.string().describe("Where to ask for the result's download."),
    })
    .nullable(),
});

export const resultView = z.strictObject({
  url: z.url().describe("Presigned; needs no API key. Whoever has it can download the result until it expires."),
  sha256,
  size_bytes: z.int(),
  content_type: z.string(),
  expires_at: when,
});

export const runList = z.strictObject({ runs: z.array(runView), next_cursor });
