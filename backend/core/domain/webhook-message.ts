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

const usd = z.string().describe("USD, as a decimal string.");
const timestamp = z.iso.datetime().describe("When it happened.");

/** What webhooks are told, by kind of event. */
export const webhookEvents = {
  run: z.strictObject({
    type: z.enum(["run.completed", "run.failed", "run.canceled"]),
    timestamp,
    data: z.strictObject({
      run_id: z.uuid(),
      pack_type: z.string(),
      status: runStatus,
      reserved_usd: usd,
      charged_usd: usd,
      reason_code: z.string().nullable(),
      metadata: metadataOf.describe("As it was submitted."),
      href: z.string().describe("Where to ask for the run."),
      result_href: z.string().nullable().describe("Where to ask for its result; null where it has none."),
    }),
  }),
  budget: z.strictObject({
    type: z.literal("budget.threshold"),
    timestamp,
    data: z.strictObject({
      threshold_percent: z.int().describe("50, 80 or 100: what is charged has come to this part of what is granted."),
      granted_usd: usd,
      charged_usd: usd,
    }),
  }),
  key: z.strictObject({
    type: z.literal("key.revoked"),
    timestamp,
    data: z.record(z.string(), z.unknown()).describe("The API key that was revoked: its id and name."),
  }),
};

/** What a webhook is told of an event: the body, as JSON text. Throws ZodError for an event that is not its type's. */
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
