import { z } from "zod";
import { formatUsd, micros } from "./money.ts";
import { runStatus } from "./run.ts";

const amount = z.int().min(0).transform(micros);
const ofRun = z.object({
  run_id: z.guid(),
  status: runStatus,
  reason_code: z.string().nullable(),
  charged_micros: amount,
  reserved_micros: amount,
});
const ofThreshold = z.object({ threshold_percent: z.int(), granted_micros: amount, charged_micros: amount });
const metadataOf = z.record(z.string(), z.string());

/** An event of the outbox; `pack_type` and `metadata` are those of its run, if it is of one. */
export interface OutboxEvent {
  readonly type: string;
  readonly payload: unknown;
  readonly happened_at: Date;
  readonly pack_type: string | null;
  readonly metadata: unknown;
}

const RUN = "/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541";
const usd = (description: string, example: string) => z.string().meta({ description, examples: [example] });
const timestamp = z.iso
  .datetime()
  .meta({ description: "When it happened: RFC 3339, in UTC.", examples: ["2026-11-21T09:30:00.000Z"] });

const runOutcome = z.strictObject({
  run_id: z.uuid().meta({ description: "The run's id, a UUIDv7.", examples: ["01a1fa37-24d5-77a5-b92c-ccf601371541"] }),
  pack_type: z.string().meta({ description: "The pack that did the work.", examples: ["decision"] }),
  status: runStatus.meta({ description: "How the run ended.", examples: ["COMPLETED"] }),
  reserved_usd: usd("What was held for the run, in USD.", "1.0000"),
  charged_usd: usd("What it was charged, in USD.", "0.0120"),
  reason_code: z
    .string()
    .nullable()
    .meta({ description: "Why it ended without a result; null where it did not.", examples: [null] }),
  metadata: metadataOf.meta({ description: "The caller's own pairs, as submitted.", examples: [{ order: "A-1" }] }),
  href: z.string().meta({ description: "Where to ask for the run.", examples: [RUN] }),
  result_href: z
    .string()
    .nullable()
    .meta({ description: "Where to ask for its result; null where it has none.", examples: [`${RUN}/result`] }),
});

const threshold = z.strictObject({
  threshold_percent: z.int().meta({
    description: "50, 80 or 100: what is charged has come to this part of what is granted.",
    examples: [80],
  }),
  granted_usd: usd("What is granted, in USD.", "100.0000"),
  charged_usd: usd("What is charged, in USD.", "80.0120"),
});

const revokedKey = z.strictObject({
  key_id: z
    .uuid()
    .meta({ description: "The API key's id, which is no secret.", examples: ["01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64"] }),
  name: z.string().meta({ description: "How people call it.", examples: ["ci"] }),
  revoked_at: z.iso
    .datetime()
    .meta({ description: "When it was revoked: RFC 3339, in UTC.", examples: ["2026-11-21T09:30:00.000Z"] }),
});

/** The data of each type of event. */
export const webhookEvents = {
  run: z.strictObject({
    type: z.enum(["run.completed", "run.failed", "run.canceled"]).describe("What happened."),
    timestamp,
    data: runOutcome.describe("The run that has ended."),
  }),
  budget: z.strictObject({
    type: z.literal("budget.threshold").describe("What happened."),
    timestamp,
    data: threshold.describe("The budget, as it was then."),
  }),
  key: z.strictObject({
    type: z.literal("key.revoked").describe("What happened."),
    timestamp,
    data: revokedKey.describe("The API key that was revoked."),
  }),
};

/** The body of a delivery, as JSON text. Throws ZodError if the event's data is not of its type. */
export function webhookBody(event: OutboxEvent): string {
  const { type, happened_at } = event;
  return JSON.stringify({ type, timestamp: happened_at.toISOString(), data: dataOf(event) });
}

function dataOf(event: OutboxEvent): unknown {
  if (event.type.startsWith("run.")) return runData(event);
  return event.type === "budget.threshold"
    ? thresholdData(event)
    : z.record(z.string(), z.unknown()).parse(event.payload);
}

function runData({ payload, pack_type, metadata }: OutboxEvent): z.input<typeof webhookEvents.run>["data"] {
  const { run_id, status, reason_code, charged_micros, reserved_micros } = ofRun.parse(payload);
  return {
    run_id,
    pack_type: z.string().parse(pack_type),
    status,
    reserved_usd: formatUsd(reserved_micros),
    charged_usd: formatUsd(charged_micros),
    reason_code,
    metadata: metadataOf.parse(metadata),
    href: `/v1/runs/${run_id}`,
    result_href: status === "COMPLETED" ? `/v1/runs/${run_id}/result` : null,
  };
}

function thresholdData({ payload }: OutboxEvent): z.input<typeof webhookEvents.budget>["data"] {
  const { threshold_percent, granted_micros, charged_micros } = ofThreshold.parse(payload);
  return { threshold_percent, granted_usd: formatUsd(granted_micros), charged_usd: formatUsd(charged_micros) };
}
