import { z } from "zod";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS, minimumFee } from "#core/domain/money.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { moneyState, runStatus } from "#core/domain/run.ts";

/** What the routes answer: the documentation is made from these, and the routes are typed by them. */
const usd = z
  .string()
  .regex(/^\d+\.\d{4,6}$/)
  .describe("USD, as a decimal string.");
const feeOf = (reserved: number) => formatUsd(minimumFee(micros(reserved)));
const minimum_fee_usd = usd.describe(
  "What the run costs if it fails after work began, in USD; never part of what a success costs. " +
    `min(max(${feeOf(MIN_COST_MICROS)}, 2% of the reservation), ${feeOf(MAX_COST_MICROS)}, reservation).`,
);
const when = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

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

export const budgetView = z.strictObject({
  granted_usd: usd,
  charged_usd: usd,
  reserved_usd: usd.describe("Held by open runs."),
  available_usd: usd.describe("granted = charged + reserved + available"),
  open_runs: z.int(),
  max_open_runs: z.int().nullable().describe("Null where the account has no plan."),
  key: z
    .strictObject({ cap_usd: usd, committed_usd: usd, available_usd: usd })
    .nullable()
    .describe("The API key's own budget, if it has one."),
});

export const health = z.strictObject({ status: z.literal("healthy"), version: z.string() });

const storeState = z.string().regex(/^(up|down: [a-z-]+)$/);
export const readiness = z.strictObject({
  status: z.enum(["ready", "not-ready"]),
  database: storeState,
  redis: storeState,
  sqs: storeState,
  s3: storeState,
});

export const problem = z.looseObject({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  trace_id: z.string(),
  errors: z
    .array(
      z.strictObject({
        detail: z.string(),
        pointer: z.string().optional().describe("RFC 6901 JSON Pointer into the body."),
        parameter: z.string().optional().describe("Name of a path or query parameter."),
        header: z.string().optional().describe("Name of a header."),
      }),
    )
    .optional(),
});

export const index = z.strictObject({
  name: z.literal("Decisionproof"),
  links: z.strictObject({ openapi: z.string(), health: z.string(), readyz: z.string(), problems: z.string() }),
});

export const problemKind = z.strictObject({
  type: z.url(),
  slug: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]),
  title: z.string(),
  status: z.int(),
  meaning: z.string(),
  what_to_do: z.string(),
});

export const problemList = z.strictObject({ problems: z.array(problemKind) });
